import { setTimeout as delay } from 'node:timers/promises'
import type { Database } from '../../../../platform/database/database.js'
import { EngineAway, type VectorEngine } from '../vector-engine.js'
import type { IndexedView } from '../vector-index.js'
import type { Channel, Channels } from './channel.js'
import {
  awaitGraph,
  deletePoints,
  dropCollection,
  hasCollection,
  listCollections,
  makeCollection,
  nearestPoints,
  writePoints,
  type CollectionSettings
} from './collection.js'
import { createCollectionRows, type CollectionRow } from './collection-rows.js'

/** Qdrant takes no vectors beyond this. */
const maxDimension = 65_536
/** How often a job tries each step, and milliseconds before the second time, doubled each time: 15 s in all. */
const [jobAttempts, firstWait] = [6, 500] as const

export interface QdrantEngine {
  /** in the path of a request */
  readonly quick: VectorEngine
  /** in jobs and in the background */
  readonly patient: VectorEngine
  /** Deletes what remained while Qdrant did not answer. @throws EngineAway */
  sweep(signal: AbortSignal): Promise<void>
  /** Deletes collections of this database that it knows nothing of. @throws EngineAway */
  sweepUnknown(signal: AbortSignal): Promise<void>
  /** Templates that have left the database and may still be in Qdrant, and collections that remain to be deleted. */
  waiting(): Promise<{ readonly templates: number, readonly collections: number }>
}

/**
 * The index of galleries in Qdrant, a collection for each view. The database decides: a row says how far a collection
 * has followed the log of its gallery, what was added and what was removed each by a position of its own.
 *
 * Nothing that has left the database comes back or stays. A page is written in a transaction that holds the templates
 * of the page: whoever removes one of them waits for its end, and the log then has the removal. What the log has is
 * deleted before the position moves on, so that it is done again after any interruption. Ordinals, the ids of points,
 * are never used twice, nor are the numbers of collections.
 */
export function createQdrantEngine (
  database: Database,
  { quick, patient }: Channels,
  settings: CollectionSettings,
  owner: string
): QdrantEngine {
  const stored = createCollectionRows(database)
  const prefix = `crosswalk-${owner}-`
  const nameOf = ({ galleryId, view }: Pick<IndexedView, 'galleryId' | 'view'>) => `${prefix}${galleryId}-${view}`

  /** Deletes a collection for good. */
  async function drop (channel: Channel, row: Pick<IndexedView, 'galleryId' | 'view'>): Promise<void> {
    await stored.abandon(row.view)
    await dropCollection(channel, nameOf(row))
    await stored.forget(row.view)
  }

  /** Deletes points that have left the gallery, or the collection when nobody uses it. */
  async function follow (channel: Channel, row: CollectionRow, signal?: AbortSignal): Promise<void> {
    if ((await stored.used([row])).length === 0) return await drop(channel, row)
    for (let position = row.erased; signal?.aborted !== true;) {
      const removed = await stored.removedAfter(row.galleryId, position)
      if (removed === undefined) return
      try {
        await deletePoints(channel, nameOf(row), removed.ordinals)
      } catch (error) {
        if (!await isLost(channel, row, error)) throw error
        return await stored.forget(row.view)
      }
      position = removed.to
      await stored.erasedUpTo(row.view, position)
    }
  }

  /** What all collections are and have to follow, in three statements however many there are. */
  async function look () {
    const rows = await stored.list()
    const used = await stored.used(rows)
    return { rows, used: new Set(used), unfollowed: await stored.unfollowed(used) }
  }

  /** Whether Qdrant answers that it has no such collection: somebody has deleted it. */
  const isLost = async (channel: Channel, view: Pick<IndexedView, 'galleryId' | 'view'>, error: unknown) =>
    error instanceof EngineAway && error.status === 404 && !await hasCollection(channel, nameOf(view))

  function engine (channel: Channel, attempts: number): VectorEngine {
    /** A view whose collection somebody has deleted is missing: another one can be made. */
    async function withCollection<T> (view: IndexedView, work: () => Promise<T>): Promise<T> {
      try {
        return await work()
      } catch (error) {
        if (await isLost(channel, view, error)) await stored.forget(view.view)
        throw error
      }
    }

    /** Tries again after a while, never within a transaction, for which others may wait. */
    async function again<T> (work: () => Promise<T>): Promise<T> {
      for (let attempt = 1, wait: number = firstWait;; attempt++, wait *= 2) {
        try {
          return await work()
        } catch (error) {
          if (!(error instanceof EngineAway) || error.status === 404 || attempt >= attempts) throw error
        }
        await delay(wait)
      }
    }

    async function create (galleryId: string, wanted: Parameters<VectorEngine['create']>[1]): Promise<IndexedView> {
      for (;;) {
        const { erased: _, state, ...view } = await stored.create(galleryId, wanted)
        if (view.position > 0 && !await hasCollection(channel, nameOf(view))) {
          // Somebody has deleted it: what it had is written again, to another one.
          await stored.forget(view.view)
          continue
        }
        if (view.position === 0) await makeCollection(channel, nameOf(view), view.dimension, settings)
        return { ...view, state: state === 'ready' ? state : 'building' }
      }
    }

    async function write (view: IndexedView, change: Parameters<VectorEngine['advance']>[1]): Promise<boolean> {
      const { since, position, added, removed = [] } = change
      return await withCollection(view, () =>
        database.transaction(async session => {
          if (!await stored.advance(session, view.view, since, position)) return false
          await deletePoints(channel, nameOf(view), removed)
          if (added === undefined) return true
          const kept = await stored.present(session, view.galleryId, added.ordinals)
          await writePoints(channel, nameOf(view), added, kept)
          return true
        }))
    }

    return {
      name: 'Qdrant',
      maxDimension,

      views: async galleryId =>
        (await stored.list(galleryId)).flatMap(({ erased: _, state, ...view }) =>
          state === 'dropped' ? [] : [{ ...view, state }]
        ),

      async create (galleryId, wanted) {
        if (wanted.dimension > maxDimension) {
          throw new RangeError(`expected at most ${maxDimension} dimensions for an index, received ${wanted.dimension}`)
        }
        return await again(() => create(galleryId, wanted))
      },

      async advance (view, change) {
        const { added } = change
        if (added !== undefined && added.vectors.cols !== view.dimension) {
          throw new RangeError(`expected rows of ${view.dimension} numbers, received ${added.vectors.cols}`)
        }
        return await again(() => write(view, change))
      },

      async build (view) {
        await again(() => withCollection(view, () => awaitGraph(channel, nameOf(view))))
        await stored.ready(view.view)
      },

      async candidates (view, query) {
        const { probes } = query
        if (probes.cols !== view.dimension) {
          throw new RangeError(`expected probes of ${view.dimension} numbers, received ${probes.cols}`)
        }
        if (probes.rows === 0) return []
        return await withCollection(view, () => nearestPoints(channel, nameOf(view), query, settings))
      },

      async erase (galleryId) {
        for (const row of await stored.list(galleryId)) await follow(channel, row)
      },

      async outdated () {
        const rows = await stored.list()
        const used = new Set(await stored.used(rows))
        for (const row of rows) {
          const { erased: _, state, ...view } = row
          if (state !== 'dropped' && !used.has(row)) return { ...view, state }
        }
        return undefined
      },

      async drop (view) {
        await drop(channel, view).catch((error: unknown) => {
          // The row is marked; the sweeper deletes the collection.
          if (!(error instanceof EngineAway)) throw error
        })
      }
    }
  }

  return {
    quick: engine(quick, 1),
    patient: engine(patient, jobAttempts),

    async sweep (signal) {
      const { rows, used, unfollowed } = await look()
      for (const row of rows) {
        if (signal.aborted) return
        if (!used.has(row) || unfollowed.has(row.view)) await follow(patient, row, signal)
      }
    },

    async sweepUnknown (signal) {
      // In this order: the row of a collection is there before the collection.
      const names = (await listCollections(patient)).filter(name => name.startsWith(prefix))
      const known = new Set((await stored.list()).map(nameOf))
      for (const name of names) if (!signal.aborted && !known.has(name)) await dropCollection(patient, name)
    },

    async waiting () {
      const { rows, used, unfollowed } = await look()
      let templates = 0
      for (const removed of unfollowed.values()) templates += removed.templates
      return { templates, collections: rows.length - used.size }
    }
  }
}
