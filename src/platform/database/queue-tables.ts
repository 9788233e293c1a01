import PgBoss from 'pg-boss'
import type { Session } from './database.js'

/** Queues of jobs. Of each a replica runs one job at a time. */
export const jobQueues = ['fitting', 'evaluation', 'migration', 'index'] as const
export type JobQueueName = typeof jobQueues[number]

const schema = 'pgboss'
/** The tables that pg-boss keeps its jobs in. */
export const queueTable = `${schema}.job`

/** pg-boss on connections of ours. What it would do by itself, on timers, is left to whoever has the queue. */
export function bossOn (executeSql: PgBoss.Db['executeSql'], migrate = false): PgBoss {
  return new PgBoss({ db: { executeSql }, schema, migrate, supervise: false, schedule: false })
}

/**
 * Brings the tables of pg-boss up to date, and makes the queues that are not there. On a connection of its own: pg-boss
 * sends transactions as one text.
 */
export async function installJobQueues (session: Session): Promise<void> {
  const boss = bossOn((text, values) => session.query(text, values), true)
  await boss.start()
  for (const name of jobQueues) await boss.createQueue(name)
  await boss.stop({ graceful: false })
}
