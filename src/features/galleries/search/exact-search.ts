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
   * Every live reference against every probe, in worker threads. The score is the inner product, a subject's score that
   * of its best reference. Searches that wait for another one of the same references go over them together.
   *
   * @param snapshot not to be released before
   * @returns for each probe the best subjects, at most as many as were asked for, equal scores by ordinal
   * @throws RangeError when the dimensions differ
   */
  search(snapshot: ReferenceSnapshot, query: SubjectQuery): Promise<SubjectMatch[][]>
  /**
   * The same over batches that are read once, a few of them in memory at a time.
   * @param batches their memory is given away to the workers
   */
  stream(batches: AsyncIterable<ReferenceBatch>, query: SubjectQuery): Promise<SubjectMatch[][]>
  /** Lets running searches finish, and ends the workers. */
  close(): Promise<void>
}

/** @param threads worker threads, which all searches share */
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
      if (isNothing(probes, best) || snapshot.blocks.length === 0) return Array.from({ length: probes.rows }, () => [])
      assertDimension(probes, snapshot.dimension)
      return await pass(snapshot, query)
    },

    async stream (batches, { probes, best, allowed, signal }) {
      if (isNothing(probes, best)) return Array.from({ length: probes.rows }, () => [])
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
          // One more than there are threads, so that none of them waits for the next batch.
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

const isNothing = (probes: TemplateMatrix, best: number): boolean => probes.rows === 0 || best === 0

function assertDimension ({ cols }: TemplateMatrix, dimension: number): void {
  if (cols !== dimension) throw new RangeError(`expected probes of ${dimension} numbers, received ${cols}`)
}

/** A view into a large buffer crosses threads with all of the buffer. */
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
