import { extname } from 'node:path'
import { MessageChannel, type MessagePort } from 'node:worker_threads'
import { Piscina } from 'piscina'
import { checkPairs, completeOptions, type FitOptions, type PairedTemplates } from '../../alignment/pairs.js'
import { Problem } from '../../errors.js'
import type { Fit, FitProgress } from './fit-map.js'
import type { SpaceProfiles } from './fit-profiles.js'
import { transferable, unwrap, type Outcome } from './messages.js'
import type { FitTask, WorkerSettings } from './worker.js'

export type { FitOptions, PairedTemplates } from '../../alignment/pairs.js'
export type { Fit, FitProgress } from './fit-map.js'

/** Fits that may wait for the one that runs. Each holds its templates. */
const mostWaiting = 8

/** Numbers that are checked on the calling thread, in 20 ms or less, so that a refusal need not wait for other fits. */
const mostCheckedDirectly = 10_000_000

export interface Fitter {
  /**
   * Fits a map, and the profiles of its two spaces, in a worker thread: see `fitMap` and `fitProfiles`.
   *
   * @param pairs the arrays pass to the worker: they are empty afterwards
   * @throws Problem of `checkPairs`, before any fit runs unless the pairs are many; of `requireRank`; and `unavailable` when too many fits wait
   */
  fit(pairs: PairedTemplates, options: FitOptions, onProgress?: (progress: FitProgress) => void): Promise<Fit & SpaceProfiles>
  /** Lets running fits finish, and ends the worker. */
  close(): Promise<void>
}

/**
 * A worker thread for fits, one at a time, started when first needed and ended after a minute without work. A fit of
 * 6,000 pairs keeps it busy for seconds; nothing of it runs on the thread that answers requests.
 *
 * @param threads within one matrix product
 */
export function createFitter ({ threads }: { readonly threads: number }): Fitter {
  const settings: WorkerSettings = { threads }
  const pool = new Piscina<FitTask, Outcome<Fit & SpaceProfiles>>({
    filename: new URL('./worker' + extname(import.meta.url), import.meta.url).href,
    name: 'fit',
    minThreads: 0,
    maxThreads: 1,
    maxQueue: mostWaiting,
    idleTimeout: 60_000,
    // Progress is posted while a task runs; a worker that waits in Atomics.wait would hold back what it posted.
    atomics: 'disabled',
    workerData: settings
  })

  return {
    async fit (pairs, options, onProgress) {
      const complete = completeOptions(options)
      if (pairs.source.data.length + pairs.target.data.length <= mostCheckedDirectly) checkPairs(pairs, complete)
      if (pool.queueSize >= mostWaiting) {
        throw new Problem('unavailable', `expected fewer than ${mostWaiting} fits waiting, please try again later`)
      }
      const transferList: (ArrayBuffer | MessagePort)[] = transferable([pairs.source.data, pairs.target.data])
      const channel = onProgress === undefined ? undefined : new MessageChannel()
      if (channel !== undefined) {
        channel.port1.on('message', (progress: FitProgress) => onProgress?.(progress))
        transferList.push(channel.port2)
      }
      try {
        return unwrap(await pool.run({ pairs, options, progress: channel?.port2 }, { transferList }))
      } finally {
        channel?.port1.close()
      }
    },
    close: () => pool.close()
  }
}
