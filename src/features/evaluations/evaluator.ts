import { MessageChannel, type MessagePort } from 'node:worker_threads'
import { Problem } from '../../errors.js'
import type { ModelEvaluation } from '../../science/cards/model-evaluation.js'
import {
  checkEvaluation,
  type EvaluationData,
  type EvaluationOptions,
  type EvaluationProgress
} from '../../science/fitting/evaluate-models.js'
import { transferable, unwrap, type Outcome } from '../../engines/threads/messages.js'
import type { Monitor } from '../../engines/threads/monitor.js'
import { createThread } from '../../engines/threads/thread.js'
import { type EvaluateTask, fittingWorker } from '../maps/index.js'

/** Maximum number of evaluations that wait for the running one. Each holds the templates of one or two corpora. */
const maxWaiting = 4

export interface Evaluator {
  /**
   * Evaluates several models in a worker thread: see `evaluateModels`.
   *
   * @param data the arrays are transferred to the worker: they are empty afterwards
   * @throws Problem of `checkEvaluation`, before anything runs; of `requireRank`; and `overloaded` when too many wait
   */
  evaluate(
    data: EvaluationData,
    options: EvaluationOptions,
    monitor?: Monitor<EvaluationProgress>
  ): Promise<ModelEvaluation>
  /** Lets running work finish, and ends the worker. */
  close(): Promise<void>
}

/**
 * A worker thread for evaluations, one at a time. It starts when first needed and ends after a minute without work. It
 * is separate from that of the fits, because a fit of seconds should not wait for an evaluation of minutes.
 *
 * @param threads within one matrix product, and for the folds of a cross-validation
 */
export function createEvaluator ({ threads }: { readonly threads: number }): Evaluator {
  const thread = createThread<EvaluateTask, Outcome<ModelEvaluation>>({ worker: fittingWorker, maxWaiting, threads })

  return {
    async evaluate (data, options, { onProgress, signal } = {}) {
      checkEvaluation(data, options)
      if (thread.waiting() >= maxWaiting) {
        throw new Problem('overloaded', `expected fewer than ${maxWaiting} evaluations waiting, please try again later`)
      }
      const matrices = [...data.corpus.templates, ...data.testCorpus?.templates ?? []]
      const transferList: (ArrayBuffer | MessagePort)[] = transferable(matrices.map(matrix => matrix.data))
      const channel = onProgress === undefined ? undefined : new MessageChannel()
      if (channel !== undefined) {
        channel.port1.on('message', (progress: EvaluationProgress) => onProgress?.(progress))
        transferList.push(channel.port2)
      }
      try {
        return unwrap(await thread.run('evaluate', { data, options, progress: channel?.port2 }, transferList, signal))
      } finally {
        channel?.port1.close()
      }
    },
    close: thread.close
  }
}
