import { extname } from 'node:path'
import { MessageChannel, type MessagePort } from 'node:worker_threads'
import { Piscina } from 'piscina'
import { Problem } from '../../errors.js'
import type { ModelEvaluation } from '../../evaluation/model-evaluation.js'
import { lostWorker } from '../../lost-worker.js'
import { checkEvaluation, type EvaluationData, type EvaluationOptions, type EvaluationProgress } from './evaluate-models.js'
import { transferable, unwrap, type Outcome } from './messages.js'
import type { EvaluateTask, WorkerSettings } from './worker.js'

/** Evaluations that may wait for the one that runs. Each holds the templates of a corpus or two. */
const mostWaiting = 4

export interface Evaluator {
  /**
   * Evaluates several models in a worker thread: see `evaluateModels`.
   *
   * @param data the arrays pass to the worker: they are empty afterwards
   * @throws Problem of `checkEvaluation`, before anything runs; of `requireRank`; and `overloaded` when too many wait
   */
  evaluate(data: EvaluationData, options: EvaluationOptions, onProgress?: (progress: EvaluationProgress) => void): Promise<ModelEvaluation>
  /** Lets what runs finish, and ends the worker. */
  close(): Promise<void>
}

/**
 * A worker thread for evaluations, one at a time, started when first needed and ended after a minute without work. Apart
 * from that of the fits: a fit of seconds should not wait for an evaluation of minutes.
 *
 * @param threads within one matrix product
 */
export function createEvaluator ({ threads }: { readonly threads: number }): Evaluator {
  const settings: WorkerSettings = { threads }
  const pool = new Piscina<EvaluateTask, Outcome<ModelEvaluation>>({
    filename: new URL('./worker' + extname(import.meta.url), import.meta.url).href,
    name: 'evaluate',
    minThreads: 0,
    maxThreads: 1,
    maxQueue: mostWaiting,
    idleTimeout: 60_000,
    // Progress is posted while a task runs; a worker that waits in Atomics.wait would hold back what it posted.
    atomics: 'disabled',
    workerData: settings
  })

  return {
    async evaluate (data, options, onProgress) {
      checkEvaluation(data, options)
      if (pool.queueSize >= mostWaiting) {
        throw new Problem('overloaded', `expected fewer than ${mostWaiting} evaluations waiting, please try again later`)
      }
      const matrices = [...data.corpus.templates, ...data.testCorpus?.templates ?? []]
      const transferList: (ArrayBuffer | MessagePort)[] = transferable(matrices.map(matrix => matrix.data))
      const channel = onProgress === undefined ? undefined : new MessageChannel()
      if (channel !== undefined) {
        channel.port1.on('message', (progress: EvaluationProgress) => onProgress?.(progress))
        transferList.push(channel.port2)
      }
      try {
        return unwrap(await pool.run({ data, options, progress: channel?.port2 }, { transferList }).catch((error: unknown) => { throw lostWorker(error) }))
      } finally {
        channel?.port1.close()
      }
    },
    close: () => pool.close()
  }
}
