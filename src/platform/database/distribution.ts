import { StartupError } from '../../errors.js'
import type { Database, Session } from './database.js'
import { describeFailure } from './failures.js'
import { sessionOf } from './sessions.js'

/** Small tables that every node has a copy of: what foreign keys of the distributed ones lead to. */
export const replicatedTables = ['encryption_keys', 'models', 'galleries'] as const

/** Tables that are spread over the nodes by this column; a referenced table comes before those that refer to it. */
export const distributedTables = [
  'gallery_heads',
  'gallery_subjects',
  'gallery_migrations',
  'gallery_templates',
  'gallery_removals',
  'gallery_searches',
  // Where pgvector is.
  'gallery_views',
  'gallery_projections'
] as const
export const distributionColumn = 'gallery_id'

/**
 * Settings of a session that changes the schema, for Citus; any other server keeps them for nothing. Without the first,
 * a transaction cannot change two distributed tables that foreign keys connect. Without the second, Citus takes every
 * table that a foreign key connects with a replicated one into its own care, and fails at partitioned tables with CHECK
 * constraints ("child table is missing constraint").
 */
export async function prepareForCluster (session: Session): Promise<void> {
  await session.query(
    `SELECT set_config('citus.multi_shard_modify_mode', 'sequential', false),
       set_config('citus.enable_local_reference_table_foreign_keys', 'off', false)`
  )
}

/**
 * Spreads galleries over the nodes of a Citus cluster, in one transaction. What is spread already stays as it is; rows
 * that exist are moved, and writers wait meanwhile. Call it after the migrations.
 *
 * @returns names of the tables that were changed
 * @throws StartupError when the database is not the coordinator of a cluster with workers
 */
export async function distribute (database: Database): Promise<string[]> {
  if (database.kind === 'embedded') {
    throw new StartupError('expected a Postgres server in DATABASE_URL: the embedded database has one node')
  }
  return await database.dedicated(async client => {
    const session = sessionOf(client)
    await session.query('BEGIN')
    try {
      await requireWorkers(session)
      await prepareForCluster(session)
      const done: string[] = []
      for (const table of await undistributed(session, replicatedTables)) {
        await session.query('SELECT create_reference_table($1::regclass)', [table])
        done.push(table)
      }
      for (const table of await undistributed(session, distributedTables)) {
        await session.query('SELECT create_distributed_table($1::regclass, $2, colocate_with => $3)', [
          table,
          distributionColumn,
          table === distributedTables[0] ? 'none' : distributedTables[0]
        ])
        done.push(table)
      }
      // The coordinator keeps the rows that were moved, hidden: an erasure would not reach them.
      for (const table of done.filter(name => (distributedTables as readonly string[]).includes(name)).reverse()) {
        await session.query('SELECT truncate_local_data_after_distributing_table($1::regclass)', [table])
      }
      await session.query('COMMIT')
      return done
    } catch (error) {
      await session.query('ROLLBACK').catch(() => {})
      throw error instanceof StartupError ? error : describeFailure(error)
    }
  })
}

/** @throws StartupError with the statement that is missing */
async function requireWorkers (session: Session): Promise<void> {
  const { rows: [extension] } = await session.query("SELECT FROM pg_extension WHERE extname = 'citus'")
  if (extension === undefined) {
    throw new StartupError(
      'expected a database with Citus, found none: load it with shared_preload_libraries on every node and run CREATE ' +
        'EXTENSION citus in the database of this name on each'
    )
  }
  const { rows: [nodes] } = await session.query<{ coordinator: boolean, workers: number }>(
    `SELECT bool_or(groupid = 0) IS TRUE AS coordinator,
       (count(*) FILTER (WHERE groupid <> 0 AND isactive AND noderole = 'primary'))::integer AS workers FROM pg_dist_node`
  )
  if (nodes!.workers === 0) {
    throw new StartupError("expected workers, found none: add each with SELECT citus_add_node('HOST', PORT)")
  }
  if (!nodes!.coordinator) {
    throw new StartupError(
      "expected the coordinator among the nodes, for the tables that every node has: SELECT citus_set_coordinator_host('HOST', PORT)"
    )
  }
}

/** Those of these tables that exist and are not distributed, in their order. */
async function undistributed (session: Session, tables: readonly string[]): Promise<string[]> {
  const { rows } = await session.query<{ name: string }>(
    `SELECT name FROM unnest($1::text[]) WITH ORDINALITY AS given (name, place)
     WHERE to_regclass(name) IS NOT NULL AND NOT EXISTS (
       SELECT FROM pg_dist_partition WHERE logicalrelid = to_regclass(name) AND (partmethod = 'h' OR repmodel = 't'))
     ORDER BY place`,
    [tables]
  )
  return rows.map(({ name }) => name)
}
