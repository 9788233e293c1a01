import pg from 'pg'
import type { Database, DatabaseOptions, ServerConfig } from './database.js'
import { describeFailure, statementSeconds } from './failures.js'
import { connect, prepareSession, readAddresses } from './server-connection.js'
import { createServerListener } from './server-listener.js'
import { createSessions } from './sessions.js'

const second = 1000

/**
 * Opens a pool of connections to a Postgres server. The pool opens connections on demand, and again after an outage.
 */
export function openServer (server: ServerConfig, options: DatabaseOptions): Database {
  const { pooled, direct } = readAddresses(server)
  const report = options.onConnectionError ?? (() => {})

  const pool = new pg.Pool({
    ...pooled.config,
    Client: pooled.Client,
    max: server.poolSize ?? 10,
    idleTimeoutMillis: 30 * second,
    // Longer than the server's own timeout: it only ends the wait for a server that has vanished.
    query_timeout: (statementSeconds + 5) * second,
    onConnect: client => prepareSession(client, true)
  })
  // Without these two listeners, a lost connection would emit an unhandled 'error' event and end the process: the pool
  // listens to idle clients only, and passes their errors on.
  pool.on('error', report)
  pool.on('connect', (client) => {
    client.on('error', () => {})
  })

  const sessions = createSessions(
    () =>
      connect(pooled, async ({ ssl }) => {
        pool.options.ssl = ssl
        return await pool.connect()
      }),
    true
  )
  const open = async (address: typeof direct, prepare: (client: pg.Client) => Promise<void>) =>
    await connect(address, async config => {
      const client = new address.Client(config)
      client.on('error', report)
      try {
        await client.connect()
        await prepare(client)
        return client
      } catch (error) {
        await client.end().catch(() => {})
        throw error
      }
    })
  const openDirect = () => open(direct, client => prepareSession(client, false))
  const listener = createServerListener(openDirect, report)

  return {
    kind: 'postgres',
    query: sessions.query,
    copyOut: sessions.copyOut,
    transaction: sessions.transaction,
    script: sessions.script,
    listen: listener.listen,

    async dedicated (work) {
      let client: pg.Client | undefined
      try {
        client = await openDirect()
        return await work(client)
      } catch (error) {
        throw describeFailure(error)
      } finally {
        await client?.end().catch(report)
      }
    },

    async sharesSessions () {
      const name = 'crosswalk.session'
      const clients: pg.Client[] = []
      try {
        // A pooler gives the session that was returned last; not every one does, so there are several attempts.
        for (let i = 0; i < 4; i++) clients.push(await open(pooled, async () => {}))
        for (const [i, client] of clients.entries()) {
          const { rows: [row] } = await client.query<{ value: string | null }>(
            'SELECT current_setting($1, true) AS value, set_config($1, $2, false)',
            [name, String(i)]
          )
          if (row?.value) return true
        }
        return false
      } catch (error) {
        throw describeFailure(error)
      } finally {
        await Promise.all(clients.map(client => client.end().catch(report)))
      }
    },

    connections: () => ({ open: pool.totalCount, idle: pool.idleCount, waiting: pool.waitingCount }),

    async ping () {
      await sessions.query('SELECT 1')
    },

    async close () {
      await listener.close()
      await pool.end()
    }
  }
}
