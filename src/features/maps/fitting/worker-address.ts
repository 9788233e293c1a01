import { workerBeside } from '../../../engines/threads/pool.js'

/** The module whose functions run in the threads of fits and of evaluations: compiled, or the source under tsx. */
export const fittingWorker = workerBeside(import.meta.url, 'worker')
