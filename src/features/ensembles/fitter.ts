import { Problem } from '../../errors.js'
import type { EnsembleCard } from '../../science/cards/ensemble-card.js'
import type { EnsembleData } from '../../science/fitting/fit-ensemble.js'
import { transferable, unwrap, type Outcome } from '../../engines/threads/messages.js'
import { createThread } from '../../engines/threads/thread.js'
import { type EnsembleTask, fittingWorker } from '../maps/index.js'

/** Maximum number of fits that wait for the running one. Each holds the templates of a corpus. */
const maxWaiting = 4

export interface EnsembleFitter {
  /**
   * Fits an ensemble in a worker thread: see `fitEnsemble`.
   *
   * @param data the templates are transferred to the worker: they are empty afterwards
   * @throws Problem of `fitEnsemble`, and `overloaded` when too many wait
   */
  fit(data: EnsembleData, options: { readonly seed: number }, signal?: AbortSignal): Promise<EnsembleCard>
  /** Lets running work finish, and ends the worker. */
  close(): Promise<void>
}

/** A worker thread for ensembles, one at a time. It starts when first needed and ends after a minute without work. */
export function createEnsembleFitter ({ threads }: { readonly threads: number }): EnsembleFitter {
  const thread = createThread<EnsembleTask, Outcome<EnsembleCard>>({ worker: fittingWorker, maxWaiting, threads })
  return {
    async fit (data, options, signal) {
      if (thread.waiting() >= maxWaiting) {
        throw new Problem('overloaded', `expected fewer than ${maxWaiting} fits waiting, please try again later`)
      }
      return unwrap(
        await thread.run('ensemble', { data, options }, transferable(data.templates.map(({ data }) => data)), signal)
      )
    },
    close: thread.close
  }
}
