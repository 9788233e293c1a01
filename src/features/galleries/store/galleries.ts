import { createHash, randomUUID } from 'node:crypto'
import type { Database, Session } from '../../../platform/database/database.js'
import type { SealedDataKey, Vault } from '../../../platform/encryption/vault.js'
import { assertSameRequest, type IdempotentRequest } from '../../../platform/database/idempotency.js'
import { isUuid, pageOf, positionAfter, type Page, type PageRequest } from '../../../platform/database/page.js'
import { unconditional, type Preconditions } from '../../../platform/preconditions.js'
import {
  columns,
  galleryOf,
  readContents,
  requireGallery,
  type GalleryContents,
  type GalleryRow,
  type StoredGallery
} from './gallery-contents.js'
import { createGalleryCounts } from './gallery-counts.js'
import { changeGallery, openGallery, unknownGallery } from './head.js'

export type { GalleryContents, StoredGallery } from './gallery-contents.js'

/** How much was removed. */
export interface RemovedSubjects {
  subjects: number
  templates: number
}

/** Rows deleted per transaction. */
const rowsPerPurge = 20_000

/**
 * Galleries as a whole; the neighbouring modules store their contents.
 *
 * @param vault encrypts their templates
 * @param galleryCounts shared with what else counts
 * @param defaultShards of a gallery that is created without a number of them
 */
export function createGalleryRepository (
  database: Database,
  vault: Vault,
  galleryCounts = createGalleryCounts(),
  defaultShards = 1
) {
  const sealedColumns = (sealed: SealedDataKey | null) => [sealed?.keyId ?? null, sealed?.dataKey ?? null]

  async function insert (
    id: string,
    name: string,
    shards: number,
    idempotencyKey: string | undefined,
    requestSha256: string
  ): Promise<GalleryRow> {
    return await database.transaction(async session => {
      // The update changes nothing: it makes an earlier or concurrent call's row come back.
      const { rows: [row] } = await session.query<GalleryRow>(
        `INSERT INTO galleries (id, name, idempotency_key, request_sha256, key_id, data_key, shards) VALUES ($1, $2, $3, $4, $5, $6, $7)
         ON CONFLICT (idempotency_key) DO UPDATE SET idempotency_key = excluded.idempotency_key
         RETURNING ${columns}`,
        [id, name, idempotencyKey ?? null, requestSha256, ...sealedColumns(vault.createDataKey(id)), shards]
      )
      if (row === undefined) throw new Error('The gallery was neither created nor found')
      if (row.id === id) await addShards(session, id, name, shards)
      return row
    })
  }

  /** The heads of a new gallery, and its further shards. */
  async function addShards (session: Session, id: string, name: string, shards: number): Promise<void> {
    const heads = [id]
    for (let place = 1; place < shards; place++) {
      const shard = randomUUID()
      await session.query(
        `INSERT INTO galleries (id, name, request_sha256, key_id, data_key, shard_of, place) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
        [shard, name, sha256(shard), ...sealedColumns(vault.createDataKey(shard)), id, place]
      )
      heads.push(shard)
    }
    for (const head of heads) await session.query('INSERT INTO gallery_heads (gallery_id) VALUES ($1)', [head])
  }

  /** @throws Problem `gallery-unknown` */
  async function find (id: string): Promise<StoredGallery> {
    const { rows: [row] } = isUuid(id)
      ? await database.query<GalleryRow>(
        `SELECT ${columns} FROM galleries WHERE id = $1 AND deleted_at IS NULL AND shard_of IS NULL`,
        [id]
      )
      : { rows: [] }
    if (row === undefined) throw unknownGallery(id)
    return galleryOf(row)
  }

  /** Deletes a part of the contents of a shard of a deleted gallery. @returns whether there may be more */
  async function purge (id: string): Promise<boolean> {
    for (
      const [table, key] of [['gallery_templates', 'ordinal'], ['gallery_removals', 'position'], [
        'gallery_subjects',
        'number'
      ]]
    ) {
      const { rowCount } = await database.query(
        `DELETE FROM ${table} WHERE gallery_id = $1 AND ${key} IN (SELECT ${key} FROM ${table} WHERE gallery_id = $1 ORDER BY ${key} LIMIT ${rowsPerPurge})`,
        [id]
      )
      if (rowCount > 0) return true
    }
    await database.transaction(async session => {
      for (const table of ['gallery_migrations', 'gallery_heads']) {
        await session.query(`DELETE FROM ${table} WHERE gallery_id = $1`, [id])
      }
      await session.query('DELETE FROM galleries WHERE id = $1', [id])
    })
    return false
  }

  return {
    find,

    /**
     * @returns the gallery, and whether this call created it: a repetition with the same idempotency key returns the
     *   first
     * @throws Problem `idempotency-conflict`
     */
    async create (
      gallery: { name: string, shards?: number | undefined } & IdempotentRequest
    ): Promise<{ gallery: StoredGallery, created: boolean }> {
      const id = randomUUID()
      const { name, shards = defaultShards, idempotencyKey, requestSha256 } = gallery
      const row = await insert(id, name, shards, idempotencyKey, requestSha256)
      assertSameRequest(row.request_sha256, gallery)
      return { gallery: galleryOf(row), created: row.id === id }
    },

    /** Creates a gallery with a given id unless it exists. @returns whether it was created */
    async createWithId (id: string, name: string): Promise<boolean> {
      const { rows } = await database.query('SELECT FROM galleries WHERE id = $1', [id])
      if (rows.length > 0) return false
      await insert(id, name, 1, undefined, sha256(id))
      return true
    },

    /** @throws Problem `request-invalid` when the cursor is not one of this list */
    async list ({ limit, after }: PageRequest): Promise<Page<StoredGallery>> {
      const position = positionAfter(after)
      const { rows } = await database.query<GalleryRow>(
        `SELECT ${columns} FROM galleries
         WHERE deleted_at IS NULL AND shard_of IS NULL AND (created_at, id) > ($2::timestamptz, $3::uuid)
         ORDER BY created_at, id LIMIT $1`,
        [limit + 1, position.createdAt, position.id]
      )
      return pageOf(rows.map(galleryOf), limit)
    },

    /** A consistent snapshot. @throws Problem `gallery-unknown` */
    async get (id: string): Promise<GalleryContents> {
      return await database.transaction(
        async session => await readContents(session, vault, galleryCounts, await openGallery(session, vault, id)),
        { snapshot: true }
      )
    },

    /**
     * Deletes the gallery for everybody at once. Its contents are deleted before this returns, or by `purgeSome`.
     * @param beforePurge called with the ids of its shards while their rows still exist
     * @throws Problem `gallery-unknown`, `precondition-failed`
     */
    async remove (
      id: string,
      preconditions: Preconditions = unconditional,
      beforePurge: (shards: readonly string[]) => Promise<void> = async () => {}
    ): Promise<RemovedSubjects> {
      const { ids, ...removed } = await changeGallery(database, vault, id, async (session, open) => {
        await requireGallery(session, vault, galleryCounts, open, preconditions)
        const ids = open.shards.map(shard => shard.id)
        const counts = { subjects: 0, templates: 0 }
        // One by one: after a statement to several nodes at once, a cluster changes no table of all nodes.
        for (const shard of ids) {
          const { rows: [row] } = await session.query<RemovedSubjects>(
            `SELECT (SELECT count(*)::integer FROM gallery_subjects WHERE gallery_id = $1) AS subjects,
               (SELECT count(*)::integer FROM gallery_templates WHERE gallery_id = $1) AS templates`,
            [shard]
          )
          counts.subjects += row!.subjects
          counts.templates += row!.templates
        }
        await session.query(
          'UPDATE galleries SET deleted_at = now(), idempotency_key = NULL WHERE id = ANY ($1::uuid[])',
          [ids]
        )
        return { ids, ...counts }
      })
      await beforePurge(ids)
      // The gallery itself last: the others refer to it.
      for (const shard of ids.toReversed()) while (await purge(shard));
      return removed
    },

    /**
     * Deletes a part of the contents of galleries whose deletion was interrupted when its process ended.
     * @returns whether there may be more
     */
    async purgeSome (): Promise<boolean> {
      const { rows: [gallery] } = await database.query<{ id: string }>(
        'SELECT id FROM galleries WHERE deleted_at IS NOT NULL ORDER BY place DESC LIMIT 1'
      )
      if (gallery === undefined) return false
      await purge(gallery.id)
      return true
    }
  }
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')
