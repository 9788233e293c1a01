export { answerOf, createCrosswalk, type Crosswalk, type CrosswalkOptions, type Schemas } from './client.js'
export { CrosswalkError, type KnownProblem } from './problem.js'
export { followJob, waitForJob, type JobEvent } from './jobs.js'
export {
  compareRows,
  translateRows,
  type ComparedRows,
  type ComparedSide,
  type Rows,
  type TranslatedRows,
  type TranslationOrder
} from './rows.js'
export type { components, operations, paths } from './schema.js'
