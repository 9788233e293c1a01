import { createPool, workerBeside } from '../../../engines/threads/pool.js'
import type { TemplateMatrix } from '../../../science/linear-algebra/matrix.js'
import { createBestSubjects, matchesOf, type BestSubjects, type SubjectMatch } from './best-subjects.js'
import type { ReferenceBatch, ReferenceSnapshot } from './reference-rows.js'
import { sharePasses } from './share-passes.js'
import { mergeRanked, type RankedLists } from './ranked-lists.js'
import type { SubjectQuery } from './subject-query.js'
import { createTurns } from '../../../platform/turns.js'
import type { BatchTask, SnapshotTask } from './worker.js'

export interface ExactSearch {
  /**
   * Compares every live reference with every probe, in worker threads. The score is the inner product; a subject's
   * score is that of its best reference. Queued searches of the same references share a pass.
   *
   * @param snapshot must stay held until the search ends
   * @returns for each probe at most the requested number of best subjects, equal scores by ordinal
   * @throws RangeError when the dimensions differ
   */
  search(snapshot: ReferenceSnapshot, query: SubjectQuery): Promise<SubjectMatch[][]>
  /**
   * Searches batches that are read once, a few of them in memory at a time.
   * @param batches their memory is transferred to the workers
   */
  stream(batches: AsyncIterable<ReferenceBatch>, query: SubjectQuery): Promise<SubjectMatch[][]>
  /** Waits for running searches, then ends the workers. */
  close(): Promise<void>
}

/** @param threads worker threads, shared by all searches */
export function createExactSearch ({ threads }: { readonly threads: number }): ExactSearch {
  const pool = createPool<SnapshotTask | BatchTask, RankedLists>({
    worker: workerBeside(import.meta.url, 'worker'),
    task: 'searchSnapshot',
    threads
  })

  const pass = sharePasses(async ({ dimension, version, blocks }, { probes, best, allowed }) => {
    const next = new Int32Array(new SharedArrayBuffer(4))
    const task: SnapshotTask = {
      probes: compact(probes),
      best,
      allowed,
      snapshot: { dimension, version, blocks },
      next
    }
    const parts = Array.from({ length: Math.min(threads, blocks.length) }, () => pool.run(task))
    return mergeRanked(await Promise.all(parts), probes.rows, best)
  })

  return {
    async search (snapshot, query) {
      const { probes, best } = query
      if (isEmpty(probes, best) || snapshot.blocks.length === 0) return Array.from({ length: probes.rows }, () => [])
      assertDimension(probes, snapshot.dimension)
      return await pass(snapshot, query)
    },

    async stream (batches, { probes, best, allowed, signal }) {
      if (isEmpty(probes, best)) return Array.from({ length: probes.rows }, () => [])
      const merged = emptyLists(probes, best)
      const compacted = compact(probes)
      const running = new Set<Promise<void>>()
      const failures: unknown[] = []
      const start = (batch: ReferenceBatch) => {
        const floors = Float64Array.from(merged, ({ floor }) => floor)
        const part = pool.run({ probes: compacted, best, allowed, batch, floors }, {
          name: 'searchBatch',
          transferList: memoryOf(batch)
        })
          .then(async lists => {
            await merge(merged, lists)
          })
          .catch((error: unknown) => {
            failures.push(error)
          })
          .then(() => {
            running.delete(part)
          })
        running.add(part)
      }
      try {
        for await (const batch of batches) {
          signal?.throwIfAborted()
          if (batch.vectors.rows === 0) continue
          assertDimension(probes, batch.vectors.cols)
          start(batch)
          // One batch more than there are threads, so that no thread waits for the next batch.
          if (running.size > threads) await Promise.race(running)
          if (failures.length > 0) break
        }
      } finally {
        await Promise.all(running)
      }
      if (failures.length > 0) throw failures[0]
      return merged.map(matchesOf)
    },

    close: pool.close
  }
}

const isEmpty = (probes: TemplateMatrix, best: number): boolean => probes.rows === 0 || best === 0

function assertDimension ({ cols }: TemplateMatrix, dimension: number): void {
  if (cols !== dimension) throw new RangeError(`expected probes of ${dimension} numbers, received ${cols}`)
}

/** Posting a view to a thread copies its whole buffer, so a view of a larger buffer is copied out first. */
function compact ({ rows, cols, data }: TemplateMatrix): TemplateMatrix {
  return { rows, cols, data: data.byteLength === data.buffer.byteLength ? data : data.slice() }
}

function memoryOf ({ vectors, subjects, ordinals }: ReferenceBatch): ArrayBuffer[] {
  const buffers = [vectors.data, subjects, ordinals].map(({ buffer }) => buffer)
  return [...new Set(buffers)].filter((buffer): buffer is ArrayBuffer => buffer instanceof ArrayBuffer)
}

function emptyLists (probes: TemplateMatrix, best: number): BestSubjects[] {
  return Array.from({ length: probes.rows }, () => createBestSubjects(best))
}

async function merge (
  into: readonly BestSubjects[],
  { counts, subjects, ordinals, scores }: RankedLists
): Promise<void> {
  const turns = createTurns()
  let at = 0
  for (const [probe, list] of into.entries()) {
    for (const end = at + counts[probe]!; at < end; at++) list.offer(subjects[at]!, ordinals[at]!, scores[at]!)
    if (turns.over()) await turns.next()
  }
}
