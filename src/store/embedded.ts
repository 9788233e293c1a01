import { mkdir, rm, stat, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { PGlite } from '@electric-sql/pglite'
import { createPgConfig } from '@electric-sql/pglite/node-postgres'
import { vector } from '@electric-sql/pglite-pgvector'
import pg from 'pg'
import { StartupError } from '../errors.js'
import type { Database, DatabaseOptions } from './database.js'
import { lockDirectory, type LockSubject } from './directory-lock.js'
import { describeFailure, isPanic } from './failures.js'
import { createSessions } from './sessions.js'

const dataDirectory: LockSubject = {
  name: 'The data directory',
  whenInUse: 'Stop it, or set DATA_DIR to another directory, or set DATABASE_URL to a Postgres server, which takes many processes',
  whenUnfit: 'Set DATA_DIR to a directory on a local disk, or DATABASE_URL to a Postgres server'
}

/** What a database may hold objects of: it is there whenever the database is opened. */
const extensions = { vector }

/**
 * PGlite (Postgres compiled to WebAssembly, in this process) through the adapter that makes it a connection of pg.
 *
 * @param dataDir folder, made if need be, with the lock and, in `postgres/`, the database; undefined for memory
 */
export async function openEmbedded (dataDir: string | undefined, options: DatabaseOptions): Promise<Database> {
  if (dataDir === undefined) return databaseOf(await PGlite.create({ extensions }), async () => {}, options)

  const folder = resolve(dataDir)
  await mkdir(folder, { recursive: true, mode: 0o700 }).catch((error: unknown) => {
    throw new StartupError(`The data directory ${folder} cannot be made: ${reasonOf(error)}`, { cause: error })
  })
  // PGlite has no lock: a second process on the same files silently destroys rows.
  const unlock = await lockDirectory(folder, dataDirectory)
  try {
    return databaseOf(await openFolder(folder), unlock, options)
  } catch (error) {
    await unlock()
    throw error
  }
}

/**
 * A new database is copied into place file by file. A process killed half way leaves a folder that cannot be opened,
 * and that holds nothing of anybody: `initialising` marks it, and the next start begins again.
 */
async function openFolder (folder: string): Promise<PGlite> {
  const files = join(folder, 'postgres')
  const marker = join(folder, 'initialising')
  try {
    if (await exists(marker)) await rm(files, { recursive: true, force: true })
    const fresh = !await exists(files)
    if (fresh) await writeFile(marker, '')
    const pglite = await PGlite.create(files, { extensions })
    if (fresh) await rm(marker)
    return pglite
  } catch (error) {
    throw new StartupError(`The database in ${files} cannot be opened: ${reasonOf(error)}. ` +
      'Restore it from a backup, or set DATA_DIR to another directory, or DATABASE_URL to a Postgres server', { cause: error })
  }
}

function databaseOf (pglite: PGlite, unlock: () => Promise<void>, options: DatabaseOptions): Database {
  const { connection, user, database } = createPgConfig(pglite)
  const report = options.onConnectionError ?? (() => {})
  const pool = new pg.Pool({
    // @types/pg knows connections over a socket only.
    ...{ connection },
    user,
    database,
    max: 1,
    // The one connection never idles out; a caller waits for it this long, ms.
    idleTimeoutMillis: 0,
    connectionTimeoutMillis: 30_000
  })
  pool.on('error', report)
  pool.on('connect', (client) => { client.on('error', report) })
  const sessions = createSessions(pool, false, error => { if (isPanic(error)) options.onPanic?.(error) })

  return {
    kind: 'embedded',
    query: sessions.query,
    transaction: sessions.transaction,
    script: sessions.script,

    async dedicated (work) {
      return await sessions.lease(async (client) => {
        try {
          return await work(client)
        } catch (error) {
          throw describeFailure(error)
        }
      })
    },

    async listen (channel, handler) {
      // PGlite sends LISTEN beside the adapter but in the same session. With the lease, never inside a transaction of
      // someone else, which could be rolled back with the LISTEN in it.
      const stop = await sessions.lease(() => pglite.listen(channel, handler))
      return async () => { await sessions.lease(() => stop()) }
    },

    async ping () {
      await sessions.query('SELECT 1')
    },

    async close () {
      await pool.end()
      await pglite.close()
      await unlock()
    }
  }
}

async function exists (path: string): Promise<boolean> {
  return await stat(path).then(() => true, (error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return false
    throw error
  })
}

function reasonOf (error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
