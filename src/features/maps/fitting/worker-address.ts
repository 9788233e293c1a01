import { extname } from 'node:path'

/** The module whose functions run in the threads of fits and of evaluations: compiled, or the source under tsx. */
export const fittingWorker = new URL('./worker' + extname(import.meta.url), import.meta.url)
