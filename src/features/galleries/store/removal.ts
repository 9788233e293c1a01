import type { Session } from '../../../platform/database/database.js'
import { takePositions, type OpenShard } from './head.js'
import { rebindSubjects } from './subject-seals.js'
import { servingTemplates } from './serving.js'

/** Removes templates with the shard locked and logs the removal of serving ones for readers that have them. */
export async function removeTemplates (
  session: Session,
  shard: OpenShard,
  ordinals: readonly number[]
): Promise<void> {
  if (ordinals.length === 0) return
  const { rows: subjects } = await session.query<{ number: string }>(
    'SELECT DISTINCT subject_number AS number FROM gallery_templates WHERE gallery_id = $1 AND ordinal = ANY ($2::bigint[])',
    [shard.id, ordinals]
  )
  await rebindSubjects(session, shard, subjects.map(({ number }) => number), async () => {
    await recordRemovals(session, shard, 'ordinal = ANY ($3::bigint[])', ordinals)
    await session.query('DELETE FROM gallery_templates WHERE gallery_id = $1 AND ordinal = ANY ($2::bigint[])', [
      shard.id,
      ordinals
    ])
  })
}

/**
 * Removes a subject with all of its templates, with the shard locked.
 * @returns how many templates it had; undefined when the subject does not exist
 */
export async function removeSubject (
  session: Session,
  shard: OpenShard,
  subject: string
): Promise<number | undefined> {
  const { rows: [row] } = await session.query<{ number: string, templates: number }>(
    `SELECT number, (SELECT count(*)::integer FROM gallery_templates t WHERE t.gallery_id = $1 AND t.subject_number = s.number) AS templates
     FROM gallery_subjects s WHERE gallery_id = $1 AND subject = $2`,
    [shard.id, subject]
  )
  if (row === undefined) return undefined
  const { position, recorded } = await recordRemovals(session, shard, 'subject_number = $3', row.number)
  // Who counts subjects learns from the log that one may have left.
  if (recorded === 0) {
    await session.query(
      "INSERT INTO gallery_removals (gallery_id, position, ordinal, fingerprint) VALUES ($1, $2, 0, '')",
      [shard.id, position]
    )
  }
  await session.query('DELETE FROM gallery_subjects WHERE gallery_id = $1 AND subject = $2', [shard.id, subject])
  return row.templates
}

/** What serves, and what a migration has translated, which is read before it serves. */
async function recordRemovals (
  session: Session,
  shard: OpenShard,
  which: string,
  value: unknown
): Promise<{ position: number, recorded: number }> {
  const position = await takePositions(session, shard, 1) + 1
  const { rowCount: recorded } = await session.query(
    `INSERT INTO gallery_removals (gallery_id, position, ordinal, fingerprint, migration_id)
     SELECT gallery_id, $2::bigint, ordinal, fingerprint, migration_id FROM ${servingTemplates} served WHERE gallery_id = $1 AND ${which}
     UNION ALL
     SELECT gallery_id, $2::bigint, ordinal, fingerprint, migration_id FROM gallery_templates t WHERE gallery_id = $1 AND ${which}
       AND EXISTS (SELECT FROM gallery_migrations m WHERE m.gallery_id = t.gallery_id AND m.id = t.migration_id AND m.state IN ('running', 'ready'))`,
    [shard.id, position, value]
  )
  return { position, recorded }
}
