import { Problem } from '../../errors.js'

const lostMessages =
  /^(The task has been aborted|stopping worker process|Terminating worker thread|Unexpected error on worker|worker exited)/i

/**
 * The error that a caller gets for a failed task. A thread can end under its task: native code crashes, or memory runs
 * out. Its pool starts another, so the same call may succeed later and the answer is `unavailable`. Errors of the task
 * itself pass unchanged.
 */
export function workerError (error: unknown): unknown {
  const { code, message } = error as NodeJS.ErrnoException
  if (code !== 'ERR_WORKER_OUT_OF_MEMORY' && !lostMessages.test(String(message))) return error
  return new Problem('unavailable', 'the worker thread ended before the task was done; a new one takes over', {}, { cause: error })
}
