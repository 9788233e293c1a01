import { createHash } from 'node:crypto'
import type { Database, Session } from '../../../../platform/database/database.js'
import type { IndexedView } from '../vector-index.js'

/** A collection that was made for a view of a gallery. */
export interface CollectionRow extends Omit<IndexedView, 'state'> {
  /** of the gallery's log; what was removed up to here has left the collection */
  readonly erased: number
  readonly state: IndexedView['state'] | 'dropped'
}

/** What a collection has not followed yet. */
interface Unfollowed {
  /** rows of the gallery's log */
  readonly removals: number
  /** templates that they name */
  readonly templates: number
}

interface StoredRow {
  id: string
  gallery_id: string
  key: string
  dimension: number
  epoch: number
  position: string
  erased: string
  state: CollectionRow['state']
}

/** Removals that are read at a time, and those of the last subject. */
const removalsPerPage = 5000

const columns = 'id, gallery_id, key, dimension, epoch, position, erased, state'

function rowOf ({ id, gallery_id: galleryId, position, erased, ...row }: StoredRow): CollectionRow {
  return { ...row, galleryId, view: Number(id), position: Number(position), erased: Number(erased) }
}

/**
 * What the database knows of the collections in Qdrant. Statements that change something or follow a log name one
 * gallery, so that a cluster sends each to one node; what is asked of all collections is asked at once.
 */
export function createCollectionRows (database: Database) {
  return {
    /**
     * Says whose the collections of this table are: a copy of the database, or another schema of it, has collections
     * of its own.
     */
    async owner (): Promise<string> {
      const { rows: [row] } = await database.query<{ system: string, database: number, relation: number }>(
        `SELECT (SELECT system_identifier::text FROM pg_control_system()) AS system,
           (SELECT oid FROM pg_database WHERE datname = current_database()) AS database,
           to_regclass('gallery_collections')::oid AS relation`
      )
      return createHash('sha256').update(`${row!.system} ${row!.database} ${row!.relation}`).digest('hex').slice(0, 12)
    },

    /** All, or those of a gallery; with those that are dropped. */
    async list (galleryId?: string): Promise<CollectionRow[]> {
      const { rows } = await database.query<StoredRow>(
        `SELECT ${columns} FROM gallery_collections ${
          galleryId === undefined ? '' : 'WHERE gallery_id = $1'
        } ORDER BY id`,
        galleryId === undefined ? [] : [galleryId]
      )
      return rows.map(rowOf)
    },

    /** The row of this key and epoch, made where there is none. Nothing that was removed before can come into it. */
    async create (
      galleryId: string,
      { key, dimension, epoch }: Pick<IndexedView, 'key' | 'dimension' | 'epoch'>
    ): Promise<CollectionRow> {
      const { rows: [head] } = await database.query<{ position: string }>(
        'SELECT position FROM gallery_heads WHERE gallery_id = $1',
        [galleryId]
      )
      for (;;) {
        await database.query(
          `INSERT INTO gallery_collections (gallery_id, key, dimension, epoch, erased) VALUES ($1, $2, $3, $4, $5)
           ON CONFLICT (gallery_id, key, epoch) WHERE state <> 'dropped' DO NOTHING`,
          [galleryId, key, dimension, epoch, head?.position ?? 0]
        )
        const { rows: [row] } = await database.query<StoredRow>(
          `SELECT ${columns} FROM gallery_collections WHERE gallery_id = $1 AND key = $2 AND epoch = $3 AND state <> 'dropped'`,
          [galleryId, key, epoch]
        )
        // No row when it was dropped in between.
        if (row !== undefined) return rowOf(row)
      }
    },

    /** Moves on inside a transaction, which keeps others from it until it ends. @returns whether it was at `since` */
    async advance (session: Session, view: number, since: number, position: number): Promise<boolean> {
      const { rowCount } = await session.query(
        "UPDATE gallery_collections SET position = $3 WHERE id = $1 AND position = $2 AND state <> 'dropped'",
        [view, since, position]
      )
      return rowCount > 0
    },

    /** Those of these templates that the gallery still has. None of them is removed before the transaction ends. */
    async present (session: Session, galleryId: string, ordinals: Float64Array): Promise<Set<number>> {
      const { rows } = await session.query<{ ordinal: string }>(
        'SELECT ordinal FROM gallery_templates WHERE gallery_id = $1 AND ordinal = ANY ($2::bigint[]) FOR KEY SHARE',
        [galleryId, Array.from(ordinals)]
      )
      return new Set(rows.map(({ ordinal }) => Number(ordinal)))
    },

    async ready (view: number): Promise<void> {
      await database.query("UPDATE gallery_collections SET state = 'ready' WHERE id = $1 AND state = 'building'", [
        view
      ])
    },

    /** Nobody writes to its collection afterwards, which remains to be deleted. */
    async abandon (view: number): Promise<void> {
      await database.query("UPDATE gallery_collections SET state = 'dropped' WHERE id = $1", [view])
    },

    async forget (view: number): Promise<void> {
      await database.query('DELETE FROM gallery_collections WHERE id = $1', [view])
    },

    /**
     * Those of these views that are used, or will be once a migration is committed: their galleries exist in their
     * epochs, and their templates are not encrypted.
     */
    async used<Row extends CollectionRow> (views: readonly Row[]): Promise<Row[]> {
      const known = views.filter(({ state }) => state !== 'dropped')
      if (known.length === 0) return []
      // One migration of a gallery is open at most.
      const { rows } = await database.query<{ gallery_id: string, epoch: number, open: string | null }>(
        `SELECT h.gallery_id, h.epoch, m.id AS open FROM gallery_heads h JOIN galleries g ON g.id = h.gallery_id
         LEFT JOIN gallery_migrations m ON m.gallery_id = h.gallery_id AND m.state IN ('running', 'ready')
         WHERE h.gallery_id = ANY ($1::uuid[]) AND g.deleted_at IS NULL AND g.key_id IS NULL`,
        [[...new Set(known.map(({ galleryId }) => galleryId))]]
      )
      const galleries = new Map(rows.map(row => [row.gallery_id, row]))
      return known.filter(({ galleryId, key, epoch }) => {
        const gallery = galleries.get(galleryId)
        if (gallery === undefined) return false
        return gallery.epoch === epoch ||
          (gallery.epoch === epoch - 1 && gallery.open !== null && key.includes(` ${gallery.open} `))
      })
    },

    /** What has left the galleries of these views and may still be in their collections, by view; only where any is. */
    async unfollowed (views: readonly CollectionRow[]): Promise<Map<number, Unfollowed>> {
      if (views.length === 0) return new Map()
      // Each log is looked up by itself: 5000 of them, with 2,000,000 rows, took 0.4 s, most of it for JIT. A join
      // reads all rows and took 1.9 s. Citus takes no such subquery without GROUP BY.
      const { rows } = await database.query<{ view: string, removals: string, templates: string }>(
        `SELECT view, removals, templates
         FROM unnest($1::bigint[], $2::uuid[], $3::bigint[]) AS v (view, gallery_id, erased) CROSS JOIN LATERAL (
           SELECT count(*) AS removals, count(*) FILTER (WHERE ordinal > 0) AS templates FROM gallery_removals
           WHERE gallery_id = v.gallery_id AND position > v.erased GROUP BY gallery_id) log`,
        [views.map(({ view }) => view), views.map(({ galleryId }) => galleryId), views.map(({ erased }) => erased)]
      )
      return new Map(
        rows.map(({ view, removals, templates }) => [
          Number(view),
          { removals: Number(removals), templates: Number(templates) }
        ])
      )
    },

    /** What was removed from a gallery after a position, and up to which one; undefined when nothing was. */
    async removedAfter (
      galleryId: string,
      position: number
    ): Promise<{ readonly to: number, readonly ordinals: number[] } | undefined> {
      const { rows } = await database.query<{ position: string, ordinal: string }>(
        `SELECT position, ordinal FROM gallery_removals WHERE gallery_id = $1 AND position > $2 AND position <= (
           SELECT max(position) FROM (SELECT position FROM gallery_removals WHERE gallery_id = $1 AND position > $2
                                      ORDER BY position LIMIT ${removalsPerPage}) page)
         ORDER BY position`,
        [galleryId, position]
      )
      const last = rows.at(-1)
      return last && { to: Number(last.position), ordinals: rows.map(({ ordinal }) => Number(ordinal)) }
    },

    async erasedUpTo (view: number, position: number): Promise<void> {
      await database.query('UPDATE gallery_collections SET erased = greatest(erased, $2) WHERE id = $1', [
        view,
        position
      ])
    }
  }
}

export type CollectionRows = ReturnType<typeof createCollectionRows>
