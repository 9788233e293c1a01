import { Problem } from '../../../errors.js'
import type { Database, Session } from '../../../platform/database/database.js'
import type { TemplateCipher, Vault } from '../../../platform/encryption/vault.js'
import { isUuid } from '../../../platform/database/page.js'
import { placeOfSubject } from './shards.js'

/** The end of the change log of a shard, see migrations/0012_galleries.sql. */
export interface GalleryHead {
  /** Position of the last change; a reader that has read up to here has everything. */
  readonly position: number
  /** Anything read in another epoch has to be read again. */
  readonly epoch: number
}

/**
 * A part of a gallery with a log of its own, and how its templates are stored. It has all of its subjects. Statements
 * on one shard name its id alone, so that a cluster sends each to one node.
 */
export interface OpenShard extends GalleryHead {
  /** the `gallery_id` of its rows */
  readonly id: string
  readonly encrypted: boolean
  /** id of a migration as whose commit the shard is read; undefined for what serves */
  readonly awaiting?: string | undefined
  readonly cipher: TemplateCipher
  /** Reports templates that do not open. */
  unopened(rows: readonly { readonly ordinal: string, readonly fingerprint: string }[]): void
}

/** A gallery and its shards, by place; most galleries have one. */
export interface OpenGallery {
  readonly id: string
  /** the sum of those of its shards */
  readonly epoch: number
  readonly encrypted: boolean
  /**
   * Whether its shards have committed the same migrations. In a cluster a commit becomes visible on one node after the
   * other.
   */
  readonly settled: boolean
  readonly shards: readonly OpenShard[]
}

interface HeadRow {
  id: string
  position: string
  epoch: number
  key_id: string | null
  data_key: Buffer | null
}
interface ShardRow extends HeadRow {
  /** number of committed migrations */
  committed: number
}

export const unknownGallery = (id: string) =>
  new Problem('gallery-unknown', `no gallery has the id ${JSON.stringify(id)}`)

const headColumns = 'g.id, h.position, h.epoch, g.key_id, g.data_key'
const headsOfGalleries =
  'gallery_heads h JOIN galleries g ON g.id = h.gallery_id WHERE h.gallery_id = $1 AND g.deleted_at IS NULL'

/** The current state of the gallery. @throws Problem `gallery-unknown` */
export async function openGallery (session: Session, vault: Vault, id: string): Promise<OpenGallery> {
  const { rows: [row] } = isUuid(id)
    ? await session.query<HeadRow & { others: string[] | null }>(
      `SELECT ${headColumns}, CASE WHEN g.shards > 1 THEN ${furtherShards('g.id')} END AS others
       FROM ${headsOfGalleries} AND g.shard_of IS NULL`,
      [id]
    )
    : { rows: [] }
  if (row === undefined) throw unknownGallery(id)
  return row.others === null
    ? galleryOf([shardOf(vault, row)])
    : await openShards(session, vault, [id, ...row.others])
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
  return await database.transaction(async session => {
    const shards = await lockShards(session, vault, id, count => [...Array(count).keys()])
    return await work(session, galleryOf([...shards.values()]))
  })
}

/**
 * Runs `work` in a transaction that locks the shards of these subjects: changes of subjects in other shards go on
 * beside it.
 *
 * @param work gets those shards by place, and how many the gallery has
 * @throws Problem `gallery-unknown`
 */
export async function changeSubjects<T> (
  database: Database,
  vault: Vault,
  id: string,
  subjects: Iterable<string>,
  work: (session: Session, shards: ReadonlyMap<number, OpenShard>, count: number) => Promise<T>
): Promise<T> {
  return await database.transaction(async session => {
    let shards = 1
    const locked = await lockShards(session, vault, id, count => {
      shards = count
      return [...new Set(Array.from(subjects, subject => placeOfSubject(subject, count)))]
    })
    return await work(session, locked, shards)
  })
}

/** The same for one subject. @throws Problem `gallery-unknown` */
export async function changeSubject<T> (
  database: Database,
  vault: Vault,
  id: string,
  subject: string,
  work: (session: Session, shard: OpenShard) => Promise<T>
): Promise<T> {
  return await changeSubjects(
    database,
    vault,
    id,
    [subject],
    async (session, shards) => await work(session, [...shards.values()][0]!)
  )
}

/** Runs `work` in a transaction that locks one shard, by its own id. @throws Problem `gallery-unknown` */
export async function changeShard<T> (
  database: Database,
  vault: Vault,
  id: string,
  work: (session: Session, shard: OpenShard) => Promise<T>
): Promise<T> {
  return await database.transaction(async session => await work(session, await lockShard(session, vault, id)))
}

/**
 * Reserves this many positions for changes, with the shard locked.
 * @returns the position before the first of them
 */
export async function takePositions (session: Session, shard: OpenShard, count: number): Promise<number> {
  const { rows: [row] } = await session.query<{ position: string }>(
    'UPDATE gallery_heads SET position = position + $2 WHERE gallery_id = $1 RETURNING position',
    [shard.id, count]
  )
  return Number(row!.position) - count
}

/** Makes every reader read the shard again, with the shard locked. */
export async function beginEpoch (session: Session, shard: OpenShard): Promise<void> {
  await session.query('UPDATE gallery_heads SET epoch = epoch + 1 WHERE gallery_id = $1', [shard.id])
}

/**
 * The gallery as it will be read once a migration is committed: the templates that it has translated, in the epochs
 * that the commit begins.
 */
export const afterCommit = (gallery: OpenGallery, migration: string): OpenGallery =>
  galleryOf(gallery.shards.map(shard => ({ ...shard, epoch: shard.epoch + 1, awaiting: migration })))

/** The shard of a subject. */
export const shardOfSubject = ({ shards }: OpenGallery, subject: string): OpenShard =>
  shards[placeOfSubject(subject, shards.length)]!

/** @param shards by place */
const galleryOf = (shards: readonly OpenShard[], settled = true): OpenGallery => ({
  id: shards[0]!.id,
  epoch: shards.reduce((sum, { epoch }) => sum + epoch, 0),
  encrypted: shards.some(({ encrypted }) => encrypted),
  settled,
  shards
})

/** An array of the ids of further shards of a gallery, by place. */
const furtherShards = (gallery: string): string =>
  `ARRAY(SELECT f.id::text FROM galleries f WHERE f.shard_of = ${gallery} ORDER BY f.place)`

/** @param ids by place @throws Problem `gallery-unknown` when one is deleted meanwhile */
async function openShards (session: Session, vault: Vault, ids: readonly string[]): Promise<OpenGallery> {
  const { rows } = await session.query<ShardRow>(
    `SELECT ${headColumns},
       (SELECT count(*)::integer FROM gallery_migrations m WHERE m.gallery_id = h.gallery_id AND m.state = 'committed') AS committed
     FROM gallery_heads h JOIN galleries g ON g.id = h.gallery_id
     WHERE h.gallery_id = ANY ($1::uuid[]) AND g.deleted_at IS NULL ORDER BY g.place`,
    [ids]
  )
  if (rows.length < ids.length) throw unknownGallery(ids[0]!)
  return galleryOf(
    rows.map(row => shardOf(vault, row)),
    rows.every(({ committed }) => committed === rows[0]!.committed)
  )
}

/**
 * Locks shards of a gallery in the order of their places, so that nobody waits in a circle.
 * @param choose their places, of so many
 */
async function lockShards (
  session: Session,
  vault: Vault,
  id: string,
  choose: (shards: number) => readonly number[]
): Promise<ReadonlyMap<number, OpenShard>> {
  if (!isUuid(id)) throw unknownGallery(id)
  // A gallery of one shard, which most are, takes one statement.
  const { rows: [row] } = await session.query<HeadRow>(
    `SELECT ${headColumns} FROM ${headsOfGalleries} AND g.shard_of IS NULL AND g.shards = 1 FOR UPDATE OF h`,
    [id]
  )
  if (row !== undefined) return new Map([[0, shardOf(vault, row)]])
  const { rows: [divided] } = await session.query<{ others: string[] }>(
    `SELECT ${furtherShards('g.id')} AS others FROM galleries g
     WHERE g.id = $1 AND g.shard_of IS NULL AND g.shards > 1 AND g.deleted_at IS NULL`,
    [id]
  )
  if (divided === undefined) throw unknownGallery(id)
  const ids = [id, ...divided.others]
  const shards = new Map<number, OpenShard>()
  for (const place of choose(ids.length).toSorted((a, b) => a - b)) {
    shards.set(place, await lockShard(session, vault, ids[place]!))
  }
  return shards
}

/** @throws Problem `gallery-unknown` */
async function lockShard (session: Session, vault: Vault, id: string): Promise<OpenShard> {
  const { rows: [row] } = await session.query<HeadRow>(
    `SELECT ${headColumns} FROM ${headsOfGalleries} FOR UPDATE OF h`,
    [id]
  )
  if (row === undefined) throw unknownGallery(id)
  return shardOf(vault, row)
}

function shardOf (vault: Vault, { id, position, epoch, key_id: keyId, data_key: dataKey }: HeadRow): OpenShard {
  const sealed = keyId === null ? null : { keyId, dataKey: dataKey! }
  let cipher: TemplateCipher | undefined
  return {
    id,
    position: Number(position),
    epoch,
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
