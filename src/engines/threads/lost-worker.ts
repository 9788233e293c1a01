import { Problem } from '../../errors.js'

/**
 * What a caller is told when the thread that worked for it ended: native code can end one, the memory that it asks for, or who shares the work.
 * The pool starts another, so that the same call may succeed later. Other errors stay what they are.
 */
export function lostWorker (error: unknown): unknown {
  const { code, message } = error as NodeJS.ErrnoException
  const lost = code === 'ERR_WORKER_OUT_OF_MEMORY' || /^(The task has been aborted|stopping worker process|Terminating worker thread|Unexpected error on worker|worker exited)/i.test(String(message))
  return lost ? new Problem('unavailable', 'the worker that this was given to has ended; another takes its place', {}, { cause: error }) : error
}
