import PgBoss from 'pg-boss'
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
 */
export async function installJobQueues (session: Session): Promise<void> {
  const boss = bossOn((text, values) => session.query(text, values), true)
  await boss.start()
  for (const name of jobQueues) await boss.createQueue(name)
  await boss.stop({ graceful: false })
}
