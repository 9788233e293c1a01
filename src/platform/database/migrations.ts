import { readdir } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { PG_MIGRATE_LOCK_ID, runner } from 'node-pg-migrate'
import { projectRoot } from '../../config.js'
import { StartupError } from '../../errors.js'
import type { Database, Session } from './database.js'
import { prepareForCluster } from './distribution.js'
import { describeFailure, StatementError } from './failures.js'
import { installJobQueues } from './queue-tables.js'
import { sessionOf } from './sessions.js'
import { ensureVectorTables } from './vector-tables.js'

const folder = join(projectRoot, 'migrations')
const table = 'schema_migrations'
const silent = { debug () {}, info () {}, warn () {}, error () {} }

/**
 * Brings the schema up to date: runs the files of migrations/ in order, each in a transaction, then creates the tables
 * of the job queue and, where the database has pgvector, those of the gallery index. Replicas that start together wait
 * for one another.
 *
 * @param note receives what the database lacks that the service can do without
 * @returns names of the migrations that ran
 * @throws StartupError when the server rejects the service, or the schema is newer than this version of the service
 * @throws Problem `unavailable` when the server cannot be reached (yet)
 */
export async function migrate (database: Database, note: (message: string) => void = () => {}): Promise<string[]> {
  try {
    return await database.dedicated(async (client) => {
      const session = sessionOf(client)
      // The runner's own lock does not do: it is taken without waiting and kept after a failure, and the check for
      // newer migrations needs a lock too. The number is the runner's, so that its command line tool is kept out.
      await session.query('SELECT pg_advisory_lock($1)', [PG_MIGRATE_LOCK_ID])
      try {
        await prepareForCluster(session)
        await refuseOtherEncoding(session)
        await refuseNewerSchema(session)
        const schema = await schemaOf(session)
        const done = await runner({
          dbClient: client,
          dir: folder,
          migrationsTable: table,
          migrationsSchema: schema,
          direction: 'up',
          noLock: true,
          logger: silent
        })
        await installJobQueues(session, schema)
        await ensureVectorTables(session, note)
        return done.map(({ name }) => name)
      } catch (error) {
        await session.query('ROLLBACK').catch(() => {})
        throw describeFailure(error)
      } finally {
        // PGlite's single session continues; the session of a server ends and releases its lock.
        await session.query('SELECT pg_advisory_unlock($1)', [PG_MIGRATE_LOCK_ID]).catch(() => {})
      }
    })
  } catch (error) {
    // Class 28: wrong user or password; 3D000: no such database; 42501: no permission to create tables.
    if (error instanceof StatementError && /^(28|3D000|42501)/.test(error.sqlState)) {
      throw new StartupError(`The database server refuses the service: ${error.message}. Check DATABASE_URL`, {
        cause: error
      })
    }
    throw error
  }
}

/**
 * Names and texts of callers are Unicode, which another encoding cannot store.
 * @throws StartupError with how to create a suitable database
 */
async function refuseOtherEncoding (session: Session): Promise<void> {
  const { rows: [row] } = await session.query<{ encoding: string, name: string }>(
    "SELECT current_setting('server_encoding') AS encoding, current_database() AS name"
  )
  if (row!.encoding === 'UTF8') return
  throw new StartupError(
    `The database "${row!.name}" has the encoding ${
      row!.encoding
    }: expected UTF8. Create another with CREATE DATABASE … ` +
      "ENCODING 'UTF8' TEMPLATE template0, and set DATABASE_URL to it"
  )
}

/**
 * The schema of the service: where its table of migrations is, else the first of the search path that exists.
 * @throws StartupError when none exists
 */
async function schemaOf (session: Session): Promise<string> {
  const { rows: [row] } = await session.query<{ name: string | null, path: string }>(
    `SELECT coalesce((SELECT nspname FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
                      WHERE pg_class.oid = to_regclass($1)), current_schema()) AS name,
       current_setting('search_path') AS path`,
    [table]
  )
  if (row?.name != null) return row.name
  throw new StartupError(
    `The search_path of the database user, ${row?.path}, names no schema that exists: create one, or change it with ALTER ` +
      'ROLE … SET search_path'
  )
}

/** Names of the migrations that the code has and the database lacks; empty when the database is ready. */
export async function migrationsPending (database: Session): Promise<string[]> {
  const applied = new Set(await appliedMigrations(database))
  return (await knownMigrations()).filter((name) => !applied.has(name))
}

async function refuseNewerSchema (session: Session): Promise<void> {
  const known = new Set(await knownMigrations())
  const unknown = (await appliedMigrations(session)).filter((name) => !known.has(name))
  if (unknown.length > 0) {
    throw new StartupError(
      `The database was migrated by a newer version of the service (${unknown.join(', ')}). ` +
        'Start that version or a newer one, or restore a backup from before'
    )
  }
}

async function knownMigrations (): Promise<string[]> {
  return (await readdir(folder)).filter((name) => name.endsWith('.sql')).map((name) => basename(name, '.sql')).sort()
}

async function appliedMigrations (session: Session): Promise<string[]> {
  const { rows: [found] } = await session.query<{ exists: boolean }>('SELECT to_regclass($1) IS NOT NULL AS exists', [
    table
  ])
  if (found?.exists !== true) return []
  const { rows } = await session.query<{ name: string }>(`SELECT name FROM ${table} ORDER BY id`)
  return rows.map(({ name }) => name)
}
