import { createHash } from 'node:crypto'
import type { Database, Session } from '../../../../platform/database/database.js'
import type { IndexedView } from '../vector-index.js'

/** A collection that was made for a view of a gallery. */
export interface CollectionRow extends Omit<IndexedView, 'state'> {
  /** of the gallery's log; what was removed up to here has left the collection */
  readonly erased: number
  readonly state: IndexedView['state'] | 'dropped'
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
 * What the database knows of the collections in Qdrant. Statements on the log of a gallery name the gallery alone, so
 * that a cluster sends each to one node.
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
     * Whether a view is used, or will be once a migration is committed: its gallery exists in its epoch, and its
     * templates are not encrypted.
     */
    async isUsed ({ galleryId, key, epoch, state }: CollectionRow): Promise<boolean> {
      if (state === 'dropped') return false
      const { rows: [row] } = await database.query<{ epoch: number, open: string[] }>(
        `SELECT h.epoch, ARRAY (SELECT m.id::text FROM gallery_migrations m
                                WHERE m.gallery_id = $1 AND m.state IN ('running', 'ready')) AS open
         FROM gallery_heads h JOIN galleries g ON g.id = h.gallery_id
         WHERE h.gallery_id = $1 AND g.deleted_at IS NULL AND g.key_id IS NULL`,
        [galleryId]
      )
      if (row === undefined) return false
      return row.epoch === epoch || (row.epoch === epoch - 1 && row.open.some(id => key.includes(` ${id} `)))
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
    },

    /** How many templates that were removed the collection may still have. */
    async countRemoved ({ galleryId, erased }: CollectionRow): Promise<number> {
      const { rows: [row] } = await database.query<{ count: string }>(
        'SELECT count(*) FROM gallery_removals WHERE gallery_id = $1 AND position > $2 AND ordinal > 0',
        [galleryId, erased]
      )
      return Number(row!.count)
    }
  }
}
