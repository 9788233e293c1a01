import { Problem } from '../../../errors.js'
import type { Database, Session } from '../../../platform/database/database.js'
import { isUuid } from '../../../platform/database/page.js'
import type { Vault } from '../../../platform/encryption/vault.js'
import { inactiveMap } from '../inactive-map.js'
import type { EnrolledSpace } from './enrolment.js'
import { changeGallery, changeShard, type OpenGallery, type OpenShard } from './head.js'

/**
 * `running`: templates are being translated; `ready`: all are translated; `committed`: the translated templates serve
 * and the originals do not; `rolled-back`: the originals serve and the migration never did.
 */
export type MigrationState = 'running' | 'ready' | 'committed' | 'rolled-back'

/** A migration of a gallery's templates from one space to another. */
export interface StoredMigration {
  id: string
  gallery: string
  source: { model: string, fingerprint: string, dimension: number }
  target: EnrolledSpace
  /** id */
  map: string
  state: MigrationState
  /** number of templates translated */
  translated: number
  /** number of templates of the source left out because they could not be read */
  unusable: number
  /** whether the templates it made superfluous are deleted */
  purged: boolean
  createdAt: string
  endedAt: string | null
}

/** A migration in one shard. All shards of a gallery have it, in the same state. */
export interface MigrationRow {
  id: string
  gallery_id: string
  map_id: string
  state: MigrationState
  translated: string
  unusable: string
  purged: boolean
  read_position: string
  committed_position: string | null
  created_at: Date
  ended_at: Date | null
  source_model: string
  source_fingerprint: string
  source_dimension: number
  target_model: string
  target_fingerprint: string
  target_dimension: number
}

export const selectMigrations =
  `SELECT m.id, m.gallery_id, m.map_id, m.state, m.translated, m.unusable, m.purged, m.read_position, m.committed_position, m.created_at, m.ended_at,
    s.id AS source_model, s.fingerprint AS source_fingerprint, s.dimension AS source_dimension,
    t.id AS target_model, t.fingerprint AS target_fingerprint, t.dimension AS target_dimension
  FROM gallery_migrations m JOIN models s ON s.fingerprint = m.source_fingerprint JOIN models t ON t.fingerprint = m.target_fingerprint`

/** @throws Problem `migration-unknown` */
async function findMigration (session: Session, shard: string, id: string): Promise<MigrationRow> {
  const { rows: [row] } = isUuid(id)
    ? await session.query<MigrationRow>(`${selectMigrations} WHERE m.gallery_id = $1 AND m.id = $2`, [shard, id])
    : { rows: [] }
  if (row === undefined) {
    throw new Problem('migration-unknown', `the gallery has no migration with the id ${JSON.stringify(id)}`)
  }
  return row
}

/** A migration in all shards, by place. @throws Problem `migration-unknown` */
export async function findInShards (
  session: Session,
  { shards }: Pick<OpenGallery, 'shards'>,
  id: string
): Promise<MigrationRow[]> {
  const rows: MigrationRow[] = []
  for (const shard of shards) rows.push(await findMigration(session, shard.id, id))
  return rows
}

/**
 * Runs `work` in a transaction that locks the gallery of a migration.
 * @param work gets the migration in each shard, by place
 * @throws Problem `gallery-unknown`, `migration-unknown`
 */
export async function changeMigration<T> (
  database: Database,
  vault: Vault,
  gallery: string,
  id: string,
  work: (session: Session, open: OpenGallery, rows: readonly MigrationRow[]) => Promise<T>
): Promise<T> {
  return await changeGallery(
    database,
    vault,
    gallery,
    async (session, open) => await work(session, open, await findInShards(session, open, id))
  )
}

/** The same in one shard, by its own id; the others stay unlocked. */
export async function changeShardOfMigration<T> (
  database: Database,
  vault: Vault,
  shard: string,
  id: string,
  work: (session: Session, open: OpenShard, row: MigrationRow) => Promise<T>
): Promise<T> {
  return await changeShard(
    database,
    vault,
    shard,
    async (session, open) => await work(session, open, await findMigration(session, shard, id))
  )
}

/**
 * Only an active map may decide. The row is locked until the transaction ends, so that nothing is stored after a
 * retirement has been acknowledged.
 */
export async function requireActiveMap (session: Session, id: string): Promise<void> {
  const { rows: [map] } = await session.query<{ state: 'fitted' | 'active' | 'retired' }>(
    'SELECT state FROM maps WHERE id = $1 FOR SHARE',
    [id]
  )
  if (map?.state !== 'active') throw inactiveMap(id, map?.state === 'retired')
}

export const endedMigration = (state: MigrationState) =>
  new Problem('migration-ended', `expected an open migration, received one that is ${state}`)

/** @param rows in each shard, by place */
export function migrationOf (rows: readonly MigrationRow[]): StoredMigration {
  const row = rows[0]!
  const sum = (column: 'translated' | 'unusable') => rows.reduce((all, each) => all + Number(each[column]), 0)
  return {
    id: row.id,
    gallery: row.gallery_id,
    source: { model: row.source_model, fingerprint: row.source_fingerprint, dimension: row.source_dimension },
    target: { model: row.target_model, fingerprint: row.target_fingerprint, dimension: row.target_dimension },
    map: row.map_id,
    state: row.state,
    translated: sum('translated'),
    unusable: sum('unusable'),
    purged: rows.every(({ purged }) => purged),
    createdAt: row.created_at.toISOString(),
    endedAt: row.ended_at?.toISOString() ?? null
  }
}
