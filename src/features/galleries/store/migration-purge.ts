import { Problem } from '../../../errors.js'
import type { Database } from '../../../platform/database/database.js'
import type { Vault } from '../../../platform/encryption/vault.js'
import { changeShardOfMigration } from './migration-rows.js'

const rowsPerPurge = 10_000

/** Deletes what ended migrations made superfluous: originals after a commit, translated templates after a rollback. */
export function createMigrationPurge (database: Database, vault: Vault) {
  /**
   * Deletes a part of the templates that an ended migration made superfluous in a shard, none of which serves.
   * Enrolments wait meanwhile: an enrolment that finds a name taken has to find the template that takes it. Concurrent
   * purges wait too: each would mistake rows that the other deletes for the end.
   * @returns whether there is more
   * @throws Problem `gallery-unknown`, `migration-unknown`
   */
  async function purge (shard: string, id: string): Promise<boolean> {
    return await changeShardOfMigration(database, vault, shard, id, async (session, _open, row) => {
      if (row.state !== 'committed' && row.state !== 'rolled-back') return false
      // Each case uses its own index in order: as one condition it was a scan of the gallery for every part.
      const [which, values] = row.state === 'committed'
        ? ['fingerprint = $2 AND ordinal <= $3', [row.source_fingerprint, row.committed_position]]
        : ['migration_id = $2', [id]]
      const { rowCount } = await session.query(
        `DELETE FROM gallery_templates WHERE gallery_id = $1 AND ordinal IN (
           SELECT ordinal FROM gallery_templates WHERE gallery_id = $1 AND ${which} ORDER BY ordinal LIMIT ${rowsPerPurge})`,
        [shard, ...values]
      )
      if (rowCount === rowsPerPurge) return true
      await session.query('UPDATE gallery_migrations SET purged = true WHERE gallery_id = $1 AND id = $2', [
        shard,
        id
      ])
      return false
    })
  }

  /** Deletes a part of the templates that any ended migration made superfluous. @returns whether there may be more */
  async function purgeSome (): Promise<boolean> {
    const [left] = await unpurged()
    if (left === undefined) return false
    // If the gallery is deleted in the meantime, that deletion removes everything.
    await purge(left.shard, left.id).catch((error: unknown) => {
      if (!(error instanceof Problem)) throw error
    })
    return true
  }

  /** Ended migrations that left something to delete in a shard. */
  async function unpurged (): Promise<{ gallery: string, shard: string, id: string }[]> {
    const { rows } = await database.query<{ gallery: string, shard: string, id: string }>(
      `SELECT coalesce(g.shard_of, g.id) AS gallery, gallery_id AS shard, m.id FROM gallery_migrations m JOIN galleries g ON g.id = gallery_id
       WHERE g.deleted_at IS NULL AND NOT purged AND state IN ('committed', 'rolled-back')`
    )
    return rows
  }

  return { purge, purgeSome, unpurged }
}
