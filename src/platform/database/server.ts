import pg from 'pg'
import { StartupError } from '../../errors.js'
import type { Database, DatabaseOptions, ServerConfig } from './database.js'
import { describeFailure, statementSeconds } from './failures.js'
import { createServerListener } from './server-listener.js'
import { createSessions } from './sessions.js'

const second = 1000

/**
 * Opens a pool of connections to a Postgres server. The pool opens connections on demand, and again after an outage.
 */
export function openServer ({ url, poolSize }: ServerConfig, options: DatabaseOptions): Database {
  const connection = {
    connectionString: url,
    application_name: 'crosswalk',
    connectionTimeoutMillis: 5 * second,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10 * second
  }
  assertReadable(connection)
  const report = options.onConnectionError ?? (() => {})

  const pool = new pg.Pool({
    ...connection,
    max: poolSize ?? 10,
    idleTimeoutMillis: 30 * second,
    statement_timeout: statementSeconds * second,
    idle_in_transaction_session_timeout: 60 * second,
    // Longer than the server's own timeout: it only ends the wait for a server that has vanished.
    query_timeout: (statementSeconds + 5) * second
  })
  // Without these two listeners, a lost connection would emit an unhandled 'error' event and end the process: the pool
  // listens to idle clients only, and passes their errors on.
  pool.on('error', report)
  pool.on('connect', (client) => {
    client.on('error', () => {})
  })

  const sessions = createSessions(pool, true)
  const listener = createServerListener(() => new pg.Client(connection), report)

  return {
    kind: 'postgres',
    query: sessions.query,
    transaction: sessions.transaction,
    script: sessions.script,
    listen: listener.listen,

    async dedicated (work) {
      const client = new pg.Client(connection)
      client.on('error', report)
      try {
        await client.connect()
        return await work(client)
      } catch (error) {
        throw describeFailure(error)
      } finally {
        await client.end().catch(report)
      }
    },

    async ping () {
      await sessions.query('SELECT 1')
    },

    async close () {
      await listener.close()
      await pool.end()
    }
  }
}

function assertReadable (connection: pg.ClientConfig): void {
  try {
    if (!/^postgres(ql)?:\/\//.test(connection.connectionString ?? '')) throw new TypeError('another scheme')
    // Parses the URL and reads the files it names (sslrootcert=…), without connecting.
    const client = new pg.Client(connection)
    if (!Number.isInteger(client.port)) throw new TypeError('no port')
  } catch (error) {
    // The URL itself is not repeated: it contains a password.
    throw new StartupError('DATABASE_URL cannot be read: expected postgres://user:password@host:5432/database', {
      cause: error
    })
  }
}
