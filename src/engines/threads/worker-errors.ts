import { Problem } from '../../errors.js'

/** How Piscina and Node say that a thread has ended, in lower case. */
const endings = [
  'the task has been aborted',
  'stopping worker process',
  'terminating worker thread',
  'unexpected error on worker',
  'worker exited'
]

/**
 * The error that a caller gets for a failed task. A thread can end under its task: native code crashes, or memory runs
 * out. Its pool starts another, so the same call may succeed later and the answer is `unavailable`. Errors of the task
 * itself pass unchanged.
 */
export function workerError (error: unknown): unknown {
  const { code, message } = error as NodeJS.ErrnoException
  const said = String(message).toLowerCase()
  if (code !== 'ERR_WORKER_OUT_OF_MEMORY' && !endings.some(ending => said.startsWith(ending))) return error
  return new Problem('unavailable', 'the worker thread ended before the task was done; a new one takes over', {}, {
    cause: error
  })
}
