import { randomUUID } from 'node:crypto'
import { setTimeout } from 'node:timers/promises'
import { StartupError } from '../../errors.js'
import type { Database } from './database.js'
import { unsuitableDefaults } from './server-connection.js'

/** Maximum wait for a notification to oneself, ms. */
const patience = 5000

/**
 * Refuses a server behind a pooler that keeps from the service what it relies on. Without notifications, a replica
 * serves retired maps and revoked keys for ever. Where each transaction gets another session, the settings of a session
 * do not hold.
 *
 * @throws StartupError with what to set instead
 * @throws Problem `unavailable` when the server cannot be reached
 */
export async function refusePooler (database: Database): Promise<void> {
  if (database.kind === 'embedded') return
  await requireNotifications(database)
  if (!await database.sharesSessions()) return
  const { rows } = await database.query<{ name: string, value: string }>(unsuitableDefaults)
  if (rows.length === 0) return
  throw new StartupError(
    'DATABASE_URL: a pooler gives each transaction another session, so what the service sets does not hold. Set the ' +
      `defaults of its role: ${
        rows.map(({ name, value }) => `ALTER ROLE … SET ${name} = '${value}'`).join('; ')
      }. Or ` +
      'pool by session'
  )
}

async function requireNotifications (database: Database): Promise<void> {
  const channel = `crosswalk_start_${randomUUID().replaceAll('-', '')}`
  let arrive: (heard: true) => void = () => {}
  const arrived = new Promise<true>(resolve => {
    arrive = resolve
  })
  const stop = await database.listen(channel, payload => {
    if (payload === channel) arrive(true)
  })
  const late = new AbortController()
  try {
    await database.query('SELECT pg_notify($1, $1)', [channel])
    const heard = await Promise.race([
      arrived,
      setTimeout(patience, false, { signal: late.signal })
    ])
    if (heard) return
  } finally {
    late.abort()
    await stop()
  }
  throw new StartupError(
    `DATABASE_URL: a notification to itself did not reach the service within ${
      patience / 1000
    } s, so it would not learn ` +
      'of retired maps and revoked keys. A pooler that pools by transaction keeps notifications back: set ' +
      'DATABASE_DIRECT_URL to the server itself, and see that both addresses lead to the same database; or pool by session'
  )
}
