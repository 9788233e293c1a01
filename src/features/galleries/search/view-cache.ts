import { setTimeout } from 'node:timers/promises'
import { Problem } from '../../../errors.js'
import type { SubjectMatch } from './best-subjects.js'
import type { ExactSearch } from './exact-search.js'
import type { SubjectQuery } from './subject-query.js'
import { bytesOfView, type RowFormat } from './reference-block.js'
import {
  createReferenceRows,
  type ReferenceBatch,
  type ReferenceRows,
  type ReferenceSnapshot
} from './reference-rows.js'
import { createSharedMemory } from './shared-memory.js'

/** The end of a gallery's log. */
export interface ViewHead {
  /** in another epoch everything read before is invalid */
  readonly epoch: number
  /** of the last change; ordinals are positions of this log */
  readonly position: number
  /** approximate number of references of the view */
  readonly references: number
}

interface ViewChange {
  /** by ordinal */
  readonly added?: ReferenceBatch
  /** ordinals of removed references */
  readonly removed?: readonly number[]
}

/** The source that a view is read from. */
export interface ViewSource {
  readonly dimension: number
  /** Called at the start of every search, so that it sees whatever the caller has written before. */
  head(): Promise<ViewHead>
  /**
   * All references, by ordinal. A cached view picks up concurrent changes from `changes`; a view too large for the
   * cache is consistent only if this reads a consistent snapshot.
   */
  load(): AsyncIterable<ReferenceBatch>
  /** Changes after a position up to a head; additions by ordinal. Returning later changes too does no harm. */
  changes(since: number, head: ViewHead): AsyncIterable<ViewChange>
  /** The references that still serve among these ordinals, at most once each. */
  at(ordinals: readonly number[]): Promise<ReferenceBatch>
}

interface ViewCacheStatistics {
  /** currently cached */
  readonly views: number
  /** those of them that hold quantised vectors */
  readonly quantised: number
  readonly bytes: number
  /** since the start: views read, updated, searched while streaming, and evicted */
  readonly loads: number
  readonly updates: number
  readonly streams: number
  readonly evictions: number
  /** references read from the source, to score exactly what quantised vectors let pass */
  readonly rescored: number
}

export interface ViewCache {
  /**
   * Searches the current state of a view, in memory when it fits, with whole vectors or with quantised ones. A view
   * that is not there is read first; a search waits for that as long as `patience`, and the reading goes on without it.
   *
   * @throws Problem `gallery-loading`
   * @throws what the source throws; the next search reads the view again
   */
  search(key: string, source: ViewSource, query: SubjectQuery): Promise<SubjectMatch[][]>
  /**
   * Reads a view into memory, or what it lacks, where it fits beside the others.
   * @returns whether there was room
   */
  fill(key: string, source: ViewSource): Promise<boolean>
  /** Whether a view is in memory, though perhaps not with the last changes. */
  holds(key: string): boolean
  /** Drops the views with this key prefix, for instance of a deleted gallery. Running searches continue. */
  forget(beginning: string): void
  statistics(): ViewCacheStatistics
}

interface View {
  rows: ReferenceRows
  /** undefined until the view is completely read */
  at: ViewHead | undefined
  /** Expected size in bytes, so that views read concurrently do not claim the same room. */
  readonly expected: number
  /** While it is read or updated: whether it fits. */
  arriving: Promise<boolean> | undefined
  /** when the reading began, in milliseconds of the clock */
  since: number
}

/**
 * Caches views in memory within a bound, evicting the least recently used. A view for which there is no room is held
 * with quantised vectors, a quarter of its size, and streamed only where that does not fit either. A search keeps its
 * snapshot, so the memory of an evicted view stays in use until its searches end; then it is reused.
 *
 * @param bytes maximum size of all views together
 * @param patience milliseconds that a search waits for a view that is read
 */
export function createViewCache (
  { bytes, search, patience = 10_000 }: {
    readonly bytes: number
    readonly search: ExactSearch
    readonly patience?: number
  }
): ViewCache {
  // Ordered by last use, the most recent last.
  const views = new Map<string, View>()
  const memory = createSharedMemory()
  /** Views that outgrew the bound with whole vectors. */
  const outgrown = new Set<string>()
  const counted = { loads: 0, updates: 0, streams: 0, evictions: 0, rescored: 0 }

  const bytesInUse = () => [...views.values()].reduce((sum, view) => sum + sizeOf(view), 0)

  /** @returns the view at the head or later, to be released; undefined when it does not fit */
  async function current (key: string, source: ViewSource): Promise<ReferenceSnapshot | undefined> {
    const head = await source.head()
    for (;;) {
      const view = views.get(key)
      if (view?.at !== undefined && covers(view.at, head)) {
        touch(key, view)
        return view.rows.snapshot()
      }
      let arriving = view?.arriving
      let expected = view
      if (arriving === undefined && view?.at?.epoch === head.epoch) {
        arriving = arrive(key, view, update(view, source, head))
      } else if (arriving === undefined) {
        if (view !== undefined) drop(key, view)
        expected = open(key, source, head)
        if (!makeRoomFor(key, expected)) return undefined
        arriving = arrive(key, expected, load(expected, source, head))
      }
      // A view that was too large with whole vectors may fit with quantised ones.
      if (!await within(expected!, arriving, head) && !outgrown.has(key)) return undefined
    }
  }

  /** How a view is held: whole while there is room beside the others. */
  function formatOf (key: string, { dimension }: ViewSource, { references }: ViewHead, room: number): RowFormat {
    const [whole, quantised] = (['float32', 'int8'] as const).map(format => bytesOfView(references, dimension, format))
    return quantised! < whole! && (whole! > room || outgrown.has(key)) ? 'int8' : 'float32'
  }

  function open (key: string, source: ViewSource, head: ViewHead): View {
    const { dimension } = source
    const format = formatOf(key, source, head, bytes - bytesInUse())
    outgrown.delete(key)
    const view: View = {
      rows: createReferenceRows(dimension, memory, format),
      at: undefined,
      expected: bytesOfView(head.references, dimension, format),
      arriving: undefined,
      since: performance.now()
    }
    views.set(key, view)
    return view
  }

  /** Waits for a view, but not for ever. @throws Problem `gallery-loading` */
  async function within (view: View, arriving: Promise<boolean>, { references }: ViewHead): Promise<boolean> {
    // Who waits no longer does not see it fail.
    arriving.catch(() => {})
    const late = new AbortController()
    try {
      const arrived = await Promise.race([arriving, setTimeout(patience, undefined, { signal: late.signal })])
      if (arrived !== undefined) return arrived
    } finally {
      late.abort()
    }
    throw loading(view, references)
  }

  /**
   * Lets other searches wait for the view. Drops it when it does not fit or its first read fails; a failed update alone
   * does not drop it.
   */
  async function arrive (key: string, view: View, work: Promise<void>): Promise<boolean> {
    view.arriving = work.then(() => makeRoomFor(key, view), (error: unknown) => {
      const isOutgrown = error instanceof OutgrownError
      if (isOutgrown || view.at === undefined) drop(key, view)
      if (!isOutgrown) throw error
      if (view.rows.format === 'float32') outgrown.add(key)
      return false
    }).finally(() => {
      view.arriving = undefined
      // Evicted in the meantime.
      if (views.get(key) !== view) view.rows.close()
    })
    return await view.arriving
  }

  async function load (view: View, source: ViewSource, head: ViewHead): Promise<void> {
    counted.loads++
    for await (const batch of source.load()) append(view, batch)
    // Apply what changed during the read. If the epoch changed, everything has to be read again.
    const now = await source.head()
    if (now.epoch === head.epoch && await apply(view, source, head.position, now)) return
    resetRows(view, source)
    await load(view, source, await source.head())
  }

  async function update (view: View, source: ViewSource, head: ViewHead): Promise<void> {
    counted.updates++
    if (await apply(view, source, view.at!.position, head)) return
    view.at = undefined
    resetRows(view, source)
    await load(view, source, await source.head())
  }

  function resetRows (view: View, { dimension }: ViewSource): void {
    view.rows.close()
    view.rows = createReferenceRows(dimension, memory, view.rows.format)
  }

  /** @returns false when the changes may belong to another epoch; none of them becomes visible then */
  async function apply (view: View, source: ViewSource, since: number, to: ViewHead): Promise<boolean> {
    for await (const { removed = [], added } of source.changes(since, to)) {
      view.rows.remove(removed)
      if (added !== undefined) append(view, after(added, view.rows.lastOrdinal))
    }
    if ((await source.head()).epoch !== to.epoch) return false
    view.rows.publish()
    view.at = to
    return true
  }

  function append (view: View, batch: ReferenceBatch): void {
    view.rows.append(batch)
    if (view.rows.bytes > bytes) throw new OutgrownError('the view does not fit')
  }

  /**
   * Evicts idle views, least recently used first.
   * @returns false when that frees too little; the view itself is dropped then
   */
  function makeRoomFor (key: string, view: View): boolean {
    for (const [other, idle] of views) {
      if (bytesInUse() <= bytes || sizeOf(view) > bytes) break
      if (idle === view || idle.arriving !== undefined) continue
      drop(other, idle)
      counted.evictions++
    }
    if (bytesInUse() <= bytes) return true
    drop(key, view)
    return false
  }

  function drop (key: string, view: View): void {
    if (views.get(key) === view) views.delete(key)
    view.rows.close()
  }

  function touch (key: string, view: View): void {
    views.delete(key)
    views.set(key, view)
  }

  return {
    async search (key, source, query) {
      const snapshot = await current(key, source)
      try {
        if (snapshot?.format === 'float32') return await search.search(snapshot, query)
        const found = snapshot && await search.searchQuantised(snapshot, query, async ordinals => {
          counted.rescored += ordinals.length
          return await source.at(ordinals)
        })
        if (found !== undefined) return found
      } finally {
        snapshot?.release()
      }
      counted.streams++
      return await search.stream(source.load(), query)
    },
    async fill (key, source) {
      const head = await source.head()
      const view = views.get(key)
      if (view?.arriving !== undefined) return await view.arriving
      if (view?.at?.epoch === head.epoch) {
        return covers(view.at, head) || await arrive(key, view, update(view, source, head))
      }
      const room = bytes - bytesInUse() + (view === undefined ? 0 : sizeOf(view))
      const format = formatOf(key, source, head, room)
      if (bytesOfView(head.references, source.dimension, format) > room) return false
      if (view !== undefined) drop(key, view)
      const fresh = open(key, source, head)
      return await arrive(key, fresh, load(fresh, source, head))
    },
    holds: key => views.get(key)?.at !== undefined,
    forget (beginning) {
      for (const [key, view] of views) if (key.startsWith(beginning)) drop(key, view)
    },
    statistics: () => ({
      views: views.size,
      quantised: [...views.values()].filter(({ rows }) => rows.format === 'int8').length,
      bytes: bytesInUse(),
      ...counted
    })
  }
}

class OutgrownError extends Error {}

/** Says how far a view is, and when it will be there if the reading goes on at its pace. */
function loading ({ rows, since }: View, references: number): Problem {
  const loaded = Math.min(rows.live, references)
  const seconds = (performance.now() - since) / 1000
  const left = loaded > 0 ? seconds * (references - loaded) / loaded : seconds
  return new Problem(
    'gallery-loading',
    `expected the gallery in memory, found ${loaded} of about ${references} templates of it: the reading goes on`,
    { loading: { loaded, references, retryAfter: Math.min(300, Math.max(1, Math.ceil(left))) } }
  )
}

const sizeOf = ({ rows, expected, at }: View): number => at === undefined ? Math.max(rows.bytes, expected) : rows.bytes

const covers = (at: ViewHead, head: ViewHead): boolean =>
  at.epoch > head.epoch || (at.epoch === head.epoch && at.position >= head.position)

/** The rows of a batch after an ordinal: a view may already include the first changes. */
function after (
  { vectors: { rows, cols, data }, subjects, ordinals }: ReferenceBatch,
  ordinal: number
): ReferenceBatch {
  const found = ordinals.findIndex(value => value > ordinal)
  const start = found < 0 ? rows : found
  return {
    vectors: { rows: rows - start, cols, data: data.subarray(start * cols) },
    subjects: subjects.subarray(start),
    ordinals: ordinals.subarray(start)
  }
}
