import { MessageChannel } from 'node:worker_threads'
import { checkPairs, completeOptions, type FitOptions, type PairedTemplates } from '../../../science/alignment/pairs.js'
import { Problem } from '../../../errors.js'
import type { Route } from '../../../science/fitting/compose-map.js'
import type { Fit, FitProgress } from '../../../science/fitting/fit-map.js'
import type {
  CalibratedMap,
  DomainData,
  Recalibrated,
  RecalibrationOptions
} from '../../../science/fitting/recalibrate.js'
import type { ServingMap } from '../../../science/fitting/shadow.js'
import type { SpaceProfiles } from '../../../science/fitting/fit-profiles.js'
import type { HubData, HubOptions, MadeHub } from '../../../science/fitting/make-hub.js'
import { transferable, unwrap, type Outcome } from '../../../engines/threads/messages.js'
import type { Monitor } from '../../../engines/threads/monitor.js'
import { createThread } from '../../../engines/threads/thread.js'
import { fittingWorker } from './worker-address.js'
import type { ComposeTask, FitTask, HubTask, RecalibrateTask } from './worker.js'

export type { FitOptions, PairedTemplates } from '../../../science/alignment/pairs.js'
export type { Route } from '../../../science/fitting/compose-map.js'
export type { FitProgress } from '../../../science/fitting/fit-map.js'

/** Maximum number of fits that wait for the running one. Each holds its templates. */
const maxWaiting = 8

/**
 * Up to this many numbers are checked on the calling thread, in 4 ms or less, so that a refusal need not wait for other
 * fits.
 */
const maxCheckedDirectly = 2_000_000

export interface Fitter {
  /**
   * Fits a map, and the profiles of its two spaces, in a worker thread: see `fitMap` and `fitProfiles`.
   *
   * @param pairs the arrays are transferred to the worker: they are empty afterwards
   * @param serving the map that is active meanwhile, measured on the same people
   * @throws Problem of `checkPairs`, before any fit runs unless there are many pairs; of `requireRank`; and
   *   `overloaded` when too many fits wait
   */
  fit(
    pairs: PairedTemplates,
    options: FitOptions,
    monitor?: Monitor<FitProgress>,
    serving?: ServingMap
  ): Promise<Fit & SpaceProfiles>
  /**
   * Composes two maps into one in the same worker, see `composeMap`, with the profiles of source and target.
   *
   * @param routes at least one
   * @throws Problem as `fit`
   */
  compose(
    pairs: PairedTemplates,
    routes: readonly Route[],
    options: Pick<FitOptions, 'seed' | 'heldOutFraction'>,
    monitor?: Monitor<FitProgress>
  ): Promise<Fit & SpaceProfiles>
  /**
   * Fits a hub in the same worker, see `makeHub`.
   *
   * @param data the arrays are transferred to the worker: they are empty afterwards
   * @throws Problem `pairs-rank-deficient`; `overloaded` when too many fits wait
   */
  hub(data: HubData, options: HubOptions, signal?: AbortSignal): Promise<MadeHub>
  /**
   * Calibrates a map for the domain of some templates in the same worker, see `recalibrate`.
   *
   * @param data the arrays are transferred to the worker: they are empty afterwards
   * @throws Problem `pairs-insufficient`, `template-invalid`; `overloaded` when too many fits wait
   */
  recalibrate(
    map: CalibratedMap,
    data: DomainData,
    options: RecalibrationOptions,
    signal?: AbortSignal
  ): Promise<Recalibrated>
  /** Progress of the running fit or composition; undefined when none runs, or it has not reported any yet. */
  progress(): FitProgress | undefined
  /** Lets running fits finish, and ends the worker. */
  close(): Promise<void>
}

/**
 * A worker thread for fits, one at a time. It starts when first needed and ends after a minute without work. A fit of
 * 6,000 pairs keeps it busy for seconds; none of that runs on the thread that serves requests.
 *
 * @param threads within one matrix product, and for the folds of a cross-validation
 * @param log called when a fit or composition enters a stage
 */
export function createFitter (
  { threads, log = () => {} }: { readonly threads: number, log?(progress: FitProgress): void }
): Fitter {
  const thread = createThread<
    FitTask | ComposeTask | HubTask | RecalibrateTask,
    Outcome<Fit & SpaceProfiles> | Outcome<MadeHub> | Outcome<Recalibrated>
  >({
    worker: fittingWorker,
    maxWaiting,
    threads
  })

  function admit (pairs: PairedTemplates, options: FitOptions): void {
    const complete = completeOptions(options)
    if (pairs.source.data.length + pairs.target.data.length <= maxCheckedDirectly) checkPairs(pairs, complete)
    requirePlace()
  }

  function requirePlace (): void {
    if (thread.waiting() >= maxWaiting) {
      throw new Problem('overloaded', `expected fewer than ${maxWaiting} fits waiting, please try again later`)
    }
  }

  let current: FitProgress | undefined

  /** Runs a task whose pairs are transferred to the worker, and which posts its progress. */
  async function run (
    task: Omit<FitTask, 'progress'> | Omit<ComposeTask, 'progress'>,
    name: 'fit' | 'composeRoutes',
    { onProgress, signal }: Monitor<FitProgress> = {}
  ): Promise<Fit & SpaceProfiles> {
    const { port1, port2 } = new MessageChannel()
    port1.on('message', (progress: FitProgress) => {
      if (progress.stage !== current?.stage) log(progress)
      current = progress
      onProgress?.(progress)
    })
    const { source, target, others } = task.pairs
    const transferList = [
      ...transferable([source.data, target.data, others?.means?.source.data, others?.means?.target.data]),
      port2
    ]
    try {
      return unwrap(
        await thread.run(name, { ...task, progress: port2 }, transferList, signal) as Outcome<Fit & SpaceProfiles>
      )
    } finally {
      port1.close()
      current = undefined
    }
  }

  return {
    async fit (pairs, options, monitor, serving) {
      admit(pairs, options)
      return await run({ pairs, options, serving }, 'fit', monitor)
    },
    async compose (pairs, routes, options, monitor) {
      admit(pairs, options)
      // The numbers of the legs are copied, because those maps go on serving.
      const task: Omit<ComposeTask, 'progress'> = { pairs, options, routes }
      return await run(task, 'composeRoutes', monitor)
    },
    progress: () => current,
    async hub (data, options, signal) {
      requirePlace()
      const transferList = transferable(data.templates.map(side => side.data))
      return unwrap(await thread.run('hub', { data, options }, transferList, signal) as Outcome<MadeHub>)
    },
    async recalibrate (map, data, options, signal) {
      requirePlace()
      const transferList = transferable([data.source, data.target].map(({ templates }) => templates.data))
      return unwrap(
        await thread.run('recalibrate', { map, data, options }, transferList, signal) as Outcome<Recalibrated>
      )
    },
    close: thread.close
  }
}
