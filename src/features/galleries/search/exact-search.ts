import { createPool, workerBeside } from '../../../engines/threads/pool.js'
import type { TemplateMatrix } from '../../../science/linear-algebra/matrix.js'
import { createBestSubjects, matchesOf, type BestSubjects, type SubjectMatch } from './best-subjects.js'
import type { ReferenceBatch, ReferenceSnapshot } from './reference-rows.js'
import { mergePassed, rescore, type Passed, type ReadReferences } from './rescoring.js'
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
   * @param snapshot of whole vectors; must stay held until the search ends
   * @returns for each probe at most the requested number of best subjects, equal scores by ordinal
   * @throws RangeError when the dimensions differ
   */
  search(snapshot: ReferenceSnapshot, query: SubjectQuery): Promise<SubjectMatch[][]>
  /**
   * Searches quantised vectors: the same answer, from the few references that their bounds let pass.
   * @param read reads whole vectors
   * @returns undefined when too many pass, such as copies of one template, or when the references change too fast
   */
  searchQuantised(
    snapshot: ReferenceSnapshot,
    query: SubjectQuery,
    read: ReadReferences
  ): Promise<SubjectMatch[][] | undefined>
  /**
   * Searches batches that are read once, a few of them in memory at a time.
   * @param batches their memory is transferred to the workers
   */
  stream(batches: AsyncIterable<ReferenceBatch>, query: SubjectQuery): Promise<SubjectMatch[][]>
  /** Waits for running searches, then ends the workers. */
  close(): Promise<void>
}

/** Maximum passes of a sieve whose rows are removed, or do not open, before they are read. */
const maxAttempts = 5

/** @param threads worker threads, shared by all searches */
export function createExactSearch ({ threads }: { readonly threads: number }): ExactSearch {
  const pool = createPool<SnapshotTask | BatchTask, unknown>({
    worker: workerBeside(import.meta.url, 'worker'),
    task: 'searchSnapshot',
    threads
  })

  async function onAllThreads<Part> (
    name: 'searchSnapshot' | 'sieveSnapshot',
    { dimension, version, blocks }: ReferenceSnapshot,
    { probes, best, allowed, excluded }: SubjectQuery
  ): Promise<Part[]> {
    const next = new Int32Array(new SharedArrayBuffer(4))
    const task: SnapshotTask = {
      probes: compact(probes),
      best,
      allowed,
      excluded,
      snapshot: { dimension, version, blocks },
      next
    }
    return await Promise.all(
      Array.from({ length: Math.min(threads, blocks.length) }, async () => await pool.run(task, { name }) as Part)
    )
  }

  const pass = sharePasses<SubjectMatch[]>(
    async (snapshot, query) =>
      mergeRanked(await onAllThreads('searchSnapshot', snapshot, query), query.probes.rows, query.best),
    (matches, best) => matches.slice(0, best)
  )
  const sieve = sharePasses<Passed | undefined>(
    async (snapshot, query) =>
      mergePassed(await onAllThreads('sieveSnapshot', snapshot, query), query.probes.rows, query.best),
    // The best of fewer are among them.
    passed => passed
  )

  return {
    async search (snapshot, query) {
      const { probes, best } = query
      if (isEmpty(probes, best) || snapshot.blocks.length === 0) return Array.from({ length: probes.rows }, () => [])
      assertDimension(probes, snapshot.dimension)
      return await pass(snapshot, query)
    },

    async searchQuantised (snapshot, query, read) {
      const { probes, best } = query
      if (isEmpty(probes, best) || snapshot.blocks.length === 0) return Array.from({ length: probes.rows }, () => [])
      assertDimension(probes, snapshot.dimension)
      const excluded = new Set<number>()
      for (let attempt = 0; attempt < maxAttempts; attempt++) {
        const passed = await sieve(snapshot, excluded.size === 0 ? query : { ...query, excluded })
        const few = passed.flatMap(each => each ?? [])
        if (few.length < passed.length) return undefined
        const scored = await rescore(query, few, read)
        if ('matches' in scored) return scored.matches
        for (const ordinal of scored.missing) excluded.add(ordinal)
      }
      return undefined
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
            await merge(merged, lists as RankedLists)
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
