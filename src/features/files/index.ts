/** What other features use of files. */
export { createFileGuard } from './file-guard.js'
export { openInputFile } from './input-file.js'
export { chooseMap, type ChosenMap, describeChosenMap } from './map-choice.js'
