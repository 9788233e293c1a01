import { extname } from 'node:path'
import type { MessagePort } from 'node:worker_threads'
import { Piscina } from 'piscina'
import { lostWorker } from '../../lost-worker.js'
import type { WorkerSettings } from './worker.js'

export interface ThreadOptions {
  /** tasks that may wait for the one that runs */
  readonly mostWaiting: number
  /** within one matrix product */
  readonly threads: number
}

/** A worker thread for long tasks, one at a time, started when first needed and ended after a minute without work. */
export function createThread<Task extends object, Result> ({ mostWaiting, threads }: ThreadOptions) {
  const settings: WorkerSettings = { threads }
  const pool = new Piscina<Task | undefined, Result>({
    filename: new URL('./worker' + extname(import.meta.url), import.meta.url).href,
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
     * @param signal ends the thread in the middle of the task, or takes the task from those that wait
     * @throws Problem `unavailable` when the thread ended, so too; what the task throws
     */
    async run (task: string, data: Task, transferList: readonly (ArrayBuffer | MessagePort)[], signal?: AbortSignal): Promise<Result> {
      try {
        return await pool.run(data, { name: task, transferList: [...transferList], signal: signal ?? null })
      } catch (error) {
        const failure = lostWorker(error)
        // Another thread is started for the next task only, and not for those that wait already.
        if (failure !== error) pool.run(undefined).catch(() => {})
        throw failure
      }
    },

    /** Lets running tasks finish, and ends the worker. */
    close: () => pool.close()
  }
}
