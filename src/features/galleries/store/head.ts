import { Problem } from '../../../errors.js'
import type { Database, Session } from '../../../platform/database/database.js'
import type { TemplateCipher, Vault } from '../../../platform/encryption/vault.js'
import { isUuid } from '../../../platform/database/page.js'

/** The end of a gallery's change log, see migrations/0012_galleries.sql. */
export interface GalleryHead {
  /** Position of the last change; a reader that has read up to here has everything. */
  readonly position: number
  /** Anything read in another epoch has to be read again. */
  readonly epoch: number
}

/** A gallery and how its templates are stored. */
export interface OpenGallery extends GalleryHead {
  readonly id: string
  readonly encrypted: boolean
  /** id of a migration as whose commit the gallery is read; undefined for what serves */
  readonly awaiting?: string | undefined
  readonly cipher: TemplateCipher
  /** Reports templates that do not open. */
  unopened(rows: readonly { readonly ordinal: string, readonly fingerprint: string }[]): void
}

interface HeadRow {
  position: string
  epoch: number
  key_id: string | null
  data_key: Buffer | null
}

export const unknownGallery = (id: string) =>
  new Problem('gallery-unknown', `no gallery has the id ${JSON.stringify(id)}`)

/** The current state of the gallery. @throws Problem `gallery-unknown` */
export async function openGallery (session: Session, vault: Vault, id: string): Promise<OpenGallery> {
  return await open(session, vault, id, '')
}

/**
 * Runs `work` in a transaction that locks the gallery, so that changes of one gallery are serialised.
 * @throws Problem `gallery-unknown`
 */
export async function changeGallery<T> (
  database: Database,
  vault: Vault,
  id: string,
  work: (session: Session, gallery: OpenGallery) => Promise<T>
): Promise<T> {
  return await database.transaction(async session =>
    await work(session, await open(session, vault, id, 'FOR UPDATE OF h'))
  )
}

/**
 * Reserves this many positions for changes, inside `changeGallery`.
 * @returns the position before the first of them
 */
export async function takePositions (session: Session, gallery: OpenGallery, count: number): Promise<number> {
  const { rows: [row] } = await session.query<{ position: string }>(
    'UPDATE gallery_heads SET position = position + $2 WHERE gallery_id = $1 RETURNING position',
    [gallery.id, count]
  )
  return Number(row!.position) - count
}

/** Makes every reader read the gallery again, inside `changeGallery`. */
export async function beginEpoch (session: Session, gallery: OpenGallery): Promise<void> {
  await session.query('UPDATE gallery_heads SET epoch = epoch + 1 WHERE gallery_id = $1', [gallery.id])
}

/**
 * The gallery as it will be read once a migration is committed: the templates that it has translated, in the epoch that
 * the commit begins.
 */
export const afterCommit = (gallery: OpenGallery, migration: string): OpenGallery => ({
  ...gallery,
  epoch: gallery.epoch + 1,
  awaiting: migration
})

async function open (session: Session, vault: Vault, id: string, lock: string): Promise<OpenGallery> {
  const { rows: [row] } = isUuid(id)
    ? await session.query<HeadRow>(
      `SELECT h.position, h.epoch, g.key_id, g.data_key FROM gallery_heads h JOIN galleries g ON g.id = h.gallery_id
       WHERE h.gallery_id = $1 AND g.deleted_at IS NULL ${lock}`,
      [id]
    )
    : { rows: [] }
  if (row === undefined) throw unknownGallery(id)
  const sealed = row.key_id === null ? null : { keyId: row.key_id, dataKey: row.data_key! }
  let cipher: TemplateCipher | undefined
  return {
    id,
    position: Number(row.position),
    epoch: row.epoch,
    encrypted: sealed !== null,
    // Opened only when a template is read or written: a gallery can be deleted without its key.
    get cipher () {
      cipher ??= vault.cipherOf(id, sealed)
      return cipher
    },
    unopened (rows) {
      vault.unopened.note({
        kind: 'gallery',
        container: id,
        rows: rows.map(({ ordinal, fingerprint }) => ({ key: ordinal, fingerprint }))
      })
    }
  }
}
