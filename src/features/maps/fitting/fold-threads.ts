import { createPool, workerBeside } from '../../../engines/threads/pool.js'
import type { Estimator } from '../../../science/alignment/candidates.js'
import { foldsInTurn, type Fold, type FoldScorer, type FoldScores } from '../../../science/alignment/fold-scores.js'
import type { Products } from '../../../science/linear-algebra/matrix.js'
import type { FoldTask } from './fold-worker.js'
import type { StopFlag } from '../../../engines/threads/stop-flag.js'

/**
 * Minimum number of multiplications of a cross-validation for which starting threads pays off: half a second on one
 * thread.
 */
const minForThreads = 2 ** 32

export interface FoldThreads {
  readonly scoreFolds: FoldScorer
  /** Ends the threads. */
  close(): Promise<void>
}

/**
 * Threads for the folds of cross-validations. The work between the products of a fold, a seventh of its time
 * (`bench/fitting.ts`), runs on one thread. Folds side by side, each with single-threaded products, keep the cores
 * busy; folds in sequence with multi-threaded products leave all cores but one idle during that work.
 *
 * @param threads started when first needed, ended after ten seconds without work
 * @param products for what is faster on this thread
 * @param flag of the running task
 */
export function createFoldThreads (
  { threads, products, flag = () => undefined }: {
    readonly threads: number
    readonly products: Products
    flag?: () => StopFlag | undefined
  }
): FoldThreads {
  const inTurn = foldsInTurn(products)
  if (threads === 1) return { scoreFolds: inTurn, close: async () => {} }
  const pool = createPool<FoldTask, FoldScores>({
    worker: workerBeside(import.meta.url, 'fold-worker'),
    task: 'score',
    threads,
    idleTimeout: 10_000
  })
  return {
    async scoreFolds (folds, candidates, onProgress) {
      const [makeFirst, ...others] = folds
      if (makeFirst === undefined) return []
      const first = makeFirst()
      if (folds.length * candidates.length * multiplications(first) < minForThreads) {
        return await inTurn([() => first, ...others], candidates, onProgress)
      }
      const parts = partsOf(candidates, threads)
      const scores: FoldScores[][] = folds.map(() => [])
      const tasks = folds.flatMap((_, k) => parts.map((part, p) => ({ k, part, p })))
      let [next, done, failed] = [0, 0, false]
      let latest = { k: 0, fold: first }

      async function work (): Promise<void> {
        while (next < tasks.length && !failed) {
          const { k, part, p } = tasks[next++]!
          if (latest.k !== k) latest = { k, fold: folds[k]!() }
          try {
            scores[k]![p] = await pool.run({ fold: latest.fold, candidates: part, stop: flag() })
          } catch (error) {
            failed = true
            throw error
          }
          onProgress(++done / tasks.length)
        }
      }

      const outcomes = await Promise.allSettled(Array.from({ length: threads }, work))
      for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason
      return scores.map(parts => parts.flat())
    },
    close: pool.destroy
  }
}

/** Multiplications of one candidate: weights, translations and scores. */
function multiplications ({ probes: { rows, cols }, references: { cols: dTarget } }: Fold): number {
  return cols * cols * dTarget + rows * cols * dTarget + rows * rows * dTarget
}

/**
 * As many parts as there are threads, so that none waits for a whole fold at the end; a single part where the
 * candidates share the most expensive step.
 */
function partsOf (candidates: readonly Estimator[], threads: number): (readonly Estimator[])[] {
  if (candidates.some(({ method }) => method === 'low-rank-ridge')) return [candidates]
  const length = Math.ceil(candidates.length / threads)
  return Array.from(
    { length: Math.ceil(candidates.length / length) },
    (_, k) => candidates.slice(k * length, (k + 1) * length)
  )
}
