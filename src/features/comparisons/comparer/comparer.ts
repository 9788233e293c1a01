import { createPool, workerBeside } from '../../../engines/threads/pool.js'
import type { TemplateMatrix } from '../../../science/linear-algebra/matrix.js'
import type { Scores, ScoreTask } from './worker.js'

/** A rectangle of scores. */
export interface ScoreBlock {
  /** the first probe, and the first reference */
  readonly row: number
  readonly column: number
  /** (rows, cols), row-major; whole rows, or a part of one */
  readonly scores: TemplateMatrix
}

/** The references of a comparison; one block is computed at a time. */
interface OpenReferences {
  /**
   * @param probes (p, k), in memory of their own
   * @param from the first reference to compare with
   * @param to the reference behind the last
   * @returns (p, to - from)
   */
  score(probes: TemplateMatrix, from: number, to: number): Promise<TemplateMatrix>
}

export interface Comparer {
  /** worker threads */
  readonly threads: number
  /**
   * @param references (m, k); the caller must not touch them again, since their memory moves to a worker with every
   *   block, and back with its scores: 64 MiB of references are never copied
   * @param coarse present where scores are coarsened, see `coarsen`
   */
  open(references: TemplateMatrix, coarse?: ScoreTask['coarse']): OpenReferences
  /** Lets running work finish, and ends the workers. */
  close(): Promise<void>
}

/**
 * Scores in worker threads. Blocks of several comparisons take turns, in the order in which they are asked for.
 * @param threads worker threads, one product thread each
 */
export function createComparer ({ threads }: { readonly threads: number }): Comparer {
  const pool = createPool<ScoreTask, Scores>({
    worker: workerBeside(import.meta.url, 'worker'),
    task: 'score',
    threads
  })

  return {
    threads,
    open (references, coarse) {
      let held = references.data
      return {
        async score (probes, from, to) {
          const task = { probes, references: { ...references, data: held }, from, to, coarse }
          const { scores, references: back } = await pool.run(task, { transferList: [held.buffer as ArrayBuffer] })
          held = back
          return { rows: probes.rows, cols: to - from, data: scores }
        }
      }
    },
    close: pool.close
  }
}
