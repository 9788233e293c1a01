import type { SubjectMatch } from './best-subjects.js'
import type { ExactSearch } from './exact-search.js'
import type { SubjectQuery } from './subject-query.js'
import { bytesOfView } from './reference-block.js'
import { createReferenceRows, type ReferenceBatch, type ReferenceRows, type ReferenceSnapshot } from './reference-rows.js'
import { createSharedMemory } from './shared-memory.js'

/** The end of a gallery's log. */
export interface ViewHead {
  /** another one: what was read before counts no more */
  readonly epoch: number
  /** of the last change; ordinals are positions of this log */
  readonly position: number
  /** how many references the view has, about */
  readonly references: number
}

interface ViewChange {
  /** by ordinal */
  readonly added?: ReferenceBatch
  /** ordinals of references that have left */
  readonly removed?: readonly number[]
}

/** Where a view is read from. */
export interface ViewSource {
  readonly dimension: number
  /** Asked at the beginning of every search: what a caller has written before, its search sees. */
  head (): Promise<ViewHead>
  /**
   * All references, by ordinal. A view that is kept takes what changes while it is read from `changes`; one that is too
   * large for that sees one moment only when this does.
   */
  load (): AsyncIterable<ReferenceBatch>
  /** What happened after a position, up to that of a head; additions by ordinal. More is no harm. */
  changes (since: number, head: ViewHead): AsyncIterable<ViewChange>
}

interface ViewCacheStatistics {
  /** kept now */
  readonly views: number
  readonly bytes: number
  /** since the start: views read, brought up to date, searched while they were read, and dropped for others */
  readonly loads: number
  readonly updates: number
  readonly streams: number
  readonly evictions: number
}

export interface ViewCache {
  /**
   * Searches a view as it is now, out of memory when it fits.
   * @throws what the source throws; the view is read again by the next search
   */
  search (key: string, source: ViewSource, query: SubjectQuery): Promise<SubjectMatch[][]>
  /** Drops the views whose keys begin so, of a gallery that is deleted for instance. Searches in them go on. */
  forget (beginning: string): void
  statistics (): ViewCacheStatistics
}

interface View {
  rows: ReferenceRows
  /** undefined until all of it has been read */
  at: ViewHead | undefined
  /** The bytes it was expected to take, so that views that are read at once do not get the same room. */
  readonly expected: number
  /** While it is read or brought up to date: whether it fitted. */
  arriving: Promise<boolean> | undefined
}

/**
 * Views in memory, within a bound: those that were searched last stay. A search keeps what it began with, so the
 * memory of a view that is dropped is in use until the searches in it have ended; then others get it.
 *
 * @param bytes that views take together, at most
 */
export function createViewCache ({ bytes, search }: { readonly bytes: number, readonly search: ExactSearch }): ViewCache {
  // The one that was used last is the last of the map.
  const views = new Map<string, View>()
  const memory = createSharedMemory()
  const counted = { loads: 0, updates: 0, streams: 0, evictions: 0 }

  const bytesInUse = () => [...views.values()].reduce((sum, view) => sum + sizeOf(view), 0)

  /** @returns the view as it is at the head or after, to be released; undefined when there is no room for it */
  async function current (key: string, source: ViewSource): Promise<ReferenceSnapshot | undefined> {
    const head = await source.head()
    for (;;) {
      const view = views.get(key)
      if (view?.at !== undefined && covers(view.at, head)) {
        touch(key, view)
        return view.rows.snapshot()
      }
      if (view?.arriving !== undefined) {
        if (!await view.arriving) return undefined
      } else if (view?.at?.epoch === head.epoch) {
        if (!await arrive(key, view, update(view, source, head))) return undefined
      } else {
        if (view !== undefined) drop(key, view)
        const fresh: View = { rows: createReferenceRows(source.dimension, memory), at: undefined, expected: bytesOfView(head.references, source.dimension), arriving: undefined }
        views.set(key, fresh)
        if (!makeRoomFor(key, fresh) || !await arrive(key, fresh, load(fresh, source, head))) return undefined
      }
    }
  }

  /** Lets others wait for it. A view that does not fit is dropped, and one that could not be read, but not for want of its changes. */
  async function arrive (key: string, view: View, work: Promise<void>): Promise<boolean> {
    view.arriving = work.then(() => makeRoomFor(key, view), (error: unknown) => {
      const outgrown = error instanceof OutgrownError
      if (outgrown || view.at === undefined) drop(key, view)
      if (outgrown) return false
      throw error
    }).finally(() => {
      view.arriving = undefined
      // Dropped by somebody else meanwhile.
      if (views.get(key) !== view) view.rows.close()
    })
    return await view.arriving
  }

  async function load (view: View, source: ViewSource, head: ViewHead): Promise<void> {
    counted.loads++
    for await (const batch of source.load()) append(view, batch)
    // What changed while it was read. In another epoch that is everything.
    const now = await source.head()
    if (now.epoch === head.epoch && await apply(view, source, head.position, now)) return
    renew(view, source)
    await load(view, source, await source.head())
  }

  async function update (view: View, source: ViewSource, head: ViewHead): Promise<void> {
    counted.updates++
    if (await apply(view, source, view.at!.position, head)) return
    view.at = undefined
    renew(view, source)
    await load(view, source, await source.head())
  }

  function renew (view: View, { dimension }: ViewSource): void {
    view.rows.close()
    view.rows = createReferenceRows(dimension, memory)
  }

  /** @returns false when the changes may be of another epoch; nothing of them is seen then */
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

  /** Drops views that nobody waits for, the longest unused first. @returns false when that is not enough; the view is dropped then */
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
      if (snapshot === undefined) {
        counted.streams++
        return await search.stream(source.load(), query)
      }
      try {
        return await search.search(snapshot, query)
      } finally {
        snapshot.release()
      }
    },
    forget (beginning) {
      for (const [key, view] of views) if (key.startsWith(beginning)) drop(key, view)
    },
    statistics: () => ({ views: views.size, bytes: bytesInUse(), ...counted })
  }
}

class OutgrownError extends Error {}

const sizeOf = ({ rows, expected, at }: View): number => at === undefined ? Math.max(rows.bytes, expected) : rows.bytes

const covers = (at: ViewHead, head: ViewHead): boolean =>
  at.epoch > head.epoch || (at.epoch === head.epoch && at.position >= head.position)

/** The rows of a batch behind an ordinal: a view may have been read later than the changes begin. */
function after ({ vectors: { rows, cols, data }, subjects, ordinals }: ReferenceBatch, ordinal: number): ReferenceBatch {
  const found = ordinals.findIndex(value => value > ordinal)
  const start = found < 0 ? rows : found
  return { vectors: { rows: rows - start, cols, data: data.subarray(start * cols) }, subjects: subjects.subarray(start), ordinals: ordinals.subarray(start) }
}
