/** What other features use of maps. */
export { fittingWorker } from './fitting/worker-address.js'
export type { EnsembleTask, EvaluateTask } from './fitting/worker.js'
export { type MapInFolder, readMap, readMapFolder, writeMap } from './map-files.js'
export { activateMap } from './cli.js'
export { describeMap, type MapOfService } from './map-text.js'
