import { rm, stat, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import pg from 'pg'
import { StartupError } from '../../../errors.js'
import type { Database, DatabaseOptions, MemoryConfig } from '../database.js'
import { lockDirectory, type LockSubject } from '../../directory-lock.js'
import { makePrivate, makePrivateFolder } from '../../private-files.js'
import { describeFailure, isPanic } from '../failures.js'
import { createSessions } from '../sessions.js'
import { startDatabaseThread, type DatabaseThread } from './thread.js'

const dataDirectory: LockSubject = {
  name: 'The data directory',
  whenInUse:
    'Stop it, or set DATA_DIR to another directory, or set DATABASE_URL to a Postgres server, which serves many ' +
    'processes',
  whenUnfit: 'Set DATA_DIR to a directory on a local disk, or DATABASE_URL to a Postgres server'
}

/**
 * Opens PGlite, Postgres compiled to WebAssembly, in a thread of this process. pg talks to it as to a server, over its
 * single connection.
 *
 * @param config memory, or a folder, created if necessary, with the lock and, in `postgres/`, the database
 */
export async function openEmbedded (
  config: { dataDir: string } | MemoryConfig,
  options: DatabaseOptions
): Promise<Database> {
  let isLost = false
  const lost = (error: Error) => {
    if (isLost) return
    isLost = true
    options.onPanic?.(error)
  }
  if ('memory' in config) {
    return databaseOf(await startDatabaseThread({ copyOf: config.copyOf }, lost), async () => {}, lost, options)
  }

  const folder = resolve(config.dataDir)
  await makePrivateFolder(folder, dataDirectory.name)
  // PGlite has no lock: a second process on the same files silently destroys rows.
  const unlock = await lockDirectory(folder, dataDirectory)
  try {
    return databaseOf(await openFolder(folder, lost), unlock, lost, options)
  } catch (error) {
    await unlock()
    throw error
  }
}

/**
 * A new database is copied into place file by file. A process killed half way leaves a folder that cannot be opened and
 * holds no user data: the marker `initialising` says so, and the next start begins again.
 */
async function openFolder (folder: string, onLost: (error: Error) => void): Promise<DatabaseThread> {
  const files = join(folder, 'postgres')
  const marker = join(folder, 'initialising')
  try {
    if (await exists(marker)) await rm(files, { recursive: true, force: true })
    const fresh = !await exists(files)
    if (fresh) await writeFile(marker, '')
    const thread = await startDatabaseThread({ files }, onLost)
    // PGlite sets the modes of some files itself, whatever the umask. Other users cannot enter the folder, but copies
    // of the files keep their modes.
    await makePrivate(files)
    if (fresh) {
      await rm(marker).catch(async (error: unknown) => {
        await thread.close()
        throw error
      })
    }
    return {
      connect: thread.connect,
      async close () {
        await thread.close()
        await makePrivate(files)
      }
    }
  } catch (error) {
    throw new StartupError(
      `The database in ${files} cannot be opened: ${reasonOf(error)}. ` +
        'Restore it from a backup, or set DATA_DIR to another directory, or DATABASE_URL to a Postgres server',
      { cause: error }
    )
  }
}

function databaseOf (
  thread: DatabaseThread,
  unlock: () => Promise<void>,
  lost: (error: Error) => void,
  options: DatabaseOptions
): Database {
  const report = options.onConnectionError ?? (() => {})
  const pool = new pg.Pool({
    stream: () => thread.connect(),
    // Environment variables for servers do not apply to it.
    ssl: false,
    user: 'postgres',
    database: 'postgres',
    max: 1,
    // The single connection never idles out; a caller waits at most this long for it, in ms.
    idleTimeoutMillis: 0,
    connectionTimeoutMillis: 30_000
  })
  pool.on('error', report)
  // The single client is the session: another client would inherit its state and receive no notifications.
  pool.on('connect', (client) => {
    client.on('error', error => {
      report(error)
      lost(error)
    })
  })
  const sessions = createSessions(() => pool.connect(), false, error => {
    if (isPanic(error)) lost(error)
  })

  return {
    kind: 'embedded',
    query: sessions.query,
    copyOut: sessions.copyOut,
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
      const hear = (message: pg.Notification) => {
        if (message.channel === channel) handler(message.payload ?? '')
      }
      // On the leased client, never inside another caller's transaction, whose rollback would undo the LISTEN.
      return await sessions.lease(async client => {
        await client.query(`LISTEN ${client.escapeIdentifier(channel)}`)
        client.on('notification', hear)
        return async () => {
          client.off('notification', hear)
        }
      })
    },

    async sharesSessions () {
      return false
    },

    connections: () => ({ open: pool.totalCount, idle: pool.idleCount, waiting: pool.waitingCount }),

    async ping () {
      await sessions.query('SELECT 1')
    },

    async close () {
      try {
        await pool.end()
        await thread.close()
      } finally {
        await unlock()
      }
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
