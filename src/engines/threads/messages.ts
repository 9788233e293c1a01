import { Problem, StartupError, type ErrorCode } from '../../errors.js'

/** A result, or the error that is the answer, as data: a class instance loses its class between threads. */
export type Outcome<T> =
  | { readonly value: T }
  | { readonly problem: ProblemData }
  | { readonly startupError: string }

interface ProblemData {
  readonly code: ErrorCode
  readonly detail: string
  readonly extensions: Readonly<Record<string, unknown>>
}

/** In the worker: runs the work and turns a Problem or a StartupError into data. Other errors pass as errors. */
export async function asOutcome<T> (work: () => Promise<T>): Promise<Outcome<T>> {
  try {
    return { value: await work() }
  } catch (error) {
    if (error instanceof StartupError) return { startupError: error.message }
    if (!(error instanceof Problem)) throw error
    return { problem: { code: error.code, detail: error.detail, extensions: error.extensions } }
  }
}

/** In the calling thread: the value, or the error thrown again. */
export function unwrap<T> (outcome: Outcome<T>): T {
  if ('value' in outcome) return outcome.value
  if ('startupError' in outcome) throw new StartupError(outcome.startupError)
  const { code, detail, extensions } = outcome.problem
  throw new Problem(code, detail, extensions)
}

/**
 * The buffers to transfer with a message: only those that an array fills to the last byte. Any other may hold data of
 * other owners, as Node's pool of small buffers does, and is copied.
 */
export function transferable (arrays: readonly (Float32Array | undefined)[]): ArrayBuffer[] {
  const buffers = new Set<ArrayBuffer>()
  for (const array of arrays) {
    if (array?.buffer instanceof ArrayBuffer && array.byteLength === array.buffer.byteLength) buffers.add(array.buffer)
  }
  return [...buffers]
}
