import type { MessagePort } from 'node:worker_threads'
import { Piscina } from 'piscina'
import { Problem } from '../../errors.js'
import { lostWorker } from './lost-worker.js'
import { createStopFlag, stop, type StopFlag } from './stop-flag.js'

/** What every task of a worker gets beside its own data. */
export interface Stoppable { readonly stop: StopFlag }

/** What the worker finds in `workerData`. */
export interface WorkerSettings {
  /** within one matrix product, and for the folds of a cross-validation */
  readonly threads: number
}

export interface ThreadOptions extends WorkerSettings {
  /** address of the worker's module, whose named exports are the tasks */
  readonly worker: URL
  /** tasks that may wait for the one that runs */
  readonly mostWaiting: number
}

/** A worker thread for long tasks, one at a time, started when first needed and ended after a minute without work. */
export function createThread<Task extends object, Result> ({ worker, mostWaiting, threads }: ThreadOptions) {
  const settings: WorkerSettings = { threads }
  const pool = new Piscina<(Task & Stoppable) | undefined, Result>({
    filename: worker.href,
    // What a thread looks for when it starts.
    name: 'nothing',
    minThreads: 0,
    maxThreads: 1,
    // One more for the task that does nothing.
    maxQueue: mostWaiting + 1,
    idleTimeout: 60_000,
    // Progress is posted while a task runs; a worker that waits in Atomics.wait would hold back what it posted.
    atomics: 'disabled',
    workerData: settings
  })

  return {
    waiting: () => pool.queueSize,

    /**
     * @param task name of the function of the worker
     * @param signal stops the task, at its next product or before its first one
     * @throws Problem `unavailable` when it was stopped, or the thread ended; what the task throws
     */
    async run (task: string, data: Task, transferList: readonly (ArrayBuffer | MessagePort)[], signal?: AbortSignal): Promise<Result> {
      const flag = createStopFlag()
      return await new Promise<Result>((resolve, reject) => {
        const end = () => {
          stop(flag)
          reject(new Problem('unavailable', 'the work was stopped before it was done'))
        }
        if (signal?.aborted === true) end()
        signal?.addEventListener('abort', end)
        pool.run({ ...data, stop: flag }, { name: task, transferList: [...transferList] }).then(resolve, (error: unknown) => {
          const failure = lostWorker(error)
          // Another thread is started for the next task only, and not for those that wait already.
          if (failure !== error) pool.run(undefined).catch(() => {})
          reject(failure)
        }).finally(() => signal?.removeEventListener('abort', end))
      })
    },

    /** Lets running tasks finish, and ends the worker. */
    close: () => pool.close()
  }
}
