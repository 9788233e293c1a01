import type { MessagePort } from 'node:worker_threads'
import { Problem } from '../../errors.js'
import { createPool } from './pool.js'
import { createStopFlag, stop, type StopFlag } from './stop-flag.js'

/** What every task of a worker gets beside its own data. */
export interface Stoppable {
  readonly stop: StopFlag
}

/** What the worker finds in `workerData`. */
export interface WorkerSettings {
  /** Threads within one matrix product, and for the folds of a cross-validation. */
  readonly threads: number
}

export interface ThreadOptions extends WorkerSettings {
  /** Address of the worker's module; its named exports are the tasks. */
  readonly worker: URL
  /** Tasks that may wait for the one that runs. */
  readonly maxWaiting: number
}

/** A worker thread for long tasks, one at a time. It starts when first needed and ends after a minute without work. */
export function createThread<Task extends object, Result> ({ worker, maxWaiting, threads }: ThreadOptions) {
  const settings: WorkerSettings = { threads }
  const pool = createPool<(Task & Stoppable) | undefined, Result>({
    worker,
    task: 'nothing',
    threads: 1,
    // One more for the task that does nothing.
    maxQueue: maxWaiting + 1,
    workerData: settings
  })

  return {
    waiting: pool.waiting,

    /**
     * @param task name of the worker's function
     * @param signal stops the task, before it starts or at its next product
     * @throws Problem `unavailable` when the task was stopped or its thread ended; what the task throws
     */
    async run (
      task: string,
      data: Task,
      transferList: readonly (ArrayBuffer | MessagePort)[],
      signal?: AbortSignal
    ): Promise<Result> {
      const flag = createStopFlag()
      return await new Promise<Result>((resolve, reject) => {
        const end = () => {
          stop(flag)
          reject(new Problem('unavailable', 'the work was stopped before it was done'))
        }
        if (signal?.aborted === true) end()
        signal?.addEventListener('abort', end)
        pool.run({ ...data, stop: flag }, { name: task, transferList }).then(resolve, (error: unknown) => {
          // Errors lose their class between threads, so a Problem is the pool's: the thread has ended. A new one is
          // started for the next call only, and tasks that wait already would wait for ever.
          if (error instanceof Problem) pool.run(undefined).catch(() => {})
          reject(error)
        }).finally(() => signal?.removeEventListener('abort', end))
      })
    },

    close: pool.close
  }
}
