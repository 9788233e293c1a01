import pg from 'pg'
import PgBoss from 'pg-boss'
import { StartupError } from '../../errors.js'
import type { Session } from './database.js'

/** Job queues. A replica runs one job at a time from each. */
export const jobQueues = ['fitting', 'evaluation', 'migration', 'index'] as const
export type JobQueueName = typeof jobQueues[number]

const schema = 'pgboss'
/** The table where pg-boss keeps its jobs. */
export const queueTable = `${schema}.job`

/** pg-boss on our connections. Its timed maintenance is left to the owner of the queue. */
export function bossOn (executeSql: PgBoss.Db['executeSql'], migrate = false): PgBoss {
  return new PgBoss({ db: { executeSql }, schema, migrate, supervise: false, schedule: false })
}

/**
 * Brings the tables of pg-boss up to date and creates missing queues. Needs a connection of its own: pg-boss sends
 * transactions as one script.
 *
 * @param owner schema of the service
 * @throws StartupError when the queues are those of a service in another schema of the database
 */
export async function installJobQueues (session: Session, owner: string): Promise<void> {
  const { exists, named } = await refuseForeignQueues(session, owner)
  const boss = bossOn((text, values) => {
    // Even where the schema exists, the statement needs the right to create one.
    return session.query(exists ? text.replace(/CREATE SCHEMA IF NOT EXISTS \w+\s*(;|$)/i, '') : text, values)
  }, true)
  await boss.start()
  for (const name of jobQueues) await boss.createQueue(name)
  await boss.stop({ graceful: false })
  if (owner !== defaultOwner && !named) {
    await session.query(`COMMENT ON SCHEMA ${schema} IS ${pg.escapeLiteral(ownedBy(owner))}`)
  }
}

const defaultOwner = 'public'
const ownedBy = (owner: string) => `job queues of the service in the schema ${owner}`

/** @returns whether the schema of the queues exists, and whether it says whose it is */
async function refuseForeignQueues (session: Session, owner: string): Promise<{ exists: boolean, named: boolean }> {
  const { rows: [found] } = await session.query<{ comment: string | null, used: boolean }>(
    `SELECT obj_description(oid, 'pg_namespace') AS comment,
       to_regclass('${queueTable}') IS NOT NULL AS used
     FROM pg_namespace WHERE nspname = $1`,
    [schema]
  )
  if (found === undefined) return { exists: false, named: false }
  const comment = found.comment ?? (found.used ? ownedBy(defaultOwner) : undefined)
  if (comment !== undefined && comment !== ownedBy(owner)) {
    throw new StartupError(
      `The schema ${schema} holds the ${comment}, and one service cannot run the jobs of another: expected a database for ` +
        `the service in the schema ${owner} alone`
    )
  }
  return { exists: true, named: found.comment !== null }
}
