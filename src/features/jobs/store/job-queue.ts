import type PgBoss from 'pg-boss'
import type { Database, Session } from '../../../platform/database/database.js'
import { bossOn, queueTable, type JobQueueName } from '../../../platform/database/queue-tables.js'

const within = (session: Session): PgBoss.ConnectionOptions => ({
  db: { executeSql: (text, values) => session.query(text, values) }
})

/**
 * The queue of pg-boss: which job waits, which runs, and how many attempts it has had. It hands each job to one
 * replica, on a lease. A job whose lease expired is handed out again, or has failed when that was the last attempt.
 *
 * `work` of pg-boss is not used, because it fails every job that runs longer than the lease. Leases are short here, so
 * that the jobs of a dead replica are taken over soon, and are renewed while the work goes on. pg-boss does so itself
 * from version 12 (`heartbeatSeconds`), which needs Node 22; `renew` and `release` are the two statements that version
 * 10 has no call for.
 *
 * Each function runs in the caller's transaction, so that the caller's own changes commit with it.
 */
export function createJobQueue (database: Database) {
  const boss = bossOn(async (text, values) => {
    // Only `expire` runs a transaction of its own. Any other call that arrives here lacks a session, and would wait for
    // the caller's.
    if (values !== undefined) throw new Error('expected the queue to be called in a transaction')
    await database.script(text)
    return { rows: [] }
  })

  return {
    /** @param lease seconds */
    async add (
      session: Session,
      queue: JobQueueName,
      id: string,
      { attempts, lease }: { attempts: number, lease: number }
    ): Promise<void> {
      const added = await boss.send(queue, {}, {
        id,
        retryLimit: attempts - 1,
        retryDelay: 0,
        expireInSeconds: lease,
        ...within(session)
      })
      if (added !== id) throw new Error(`The queue "${queue}" did not accept job ${id}`)
    },

    /** Takes the job that has waited longest. @returns its id; undefined when none waits */
    async take (session: Session, queue: JobQueueName, lease: number): Promise<string | undefined> {
      // It swallows errors; the next statement of the transaction reports them.
      const [job] = await boss.fetch(queue, within(session))
      if (job !== undefined) await renew(session, queue, job.id, lease)
      return job?.id
    },

    renew,

    /** Releases a running job for others to take after `delay` seconds, without counting this attempt. */
    async release (session: Session, queue: JobQueueName, id: string, delay: number): Promise<void> {
      await session.query(
        `UPDATE ${queueTable} SET state = 'created', started_on = NULL, start_after = now() + $3 * interval '1 second'
         WHERE name = $1 AND id = $2 AND state = 'active'`,
        [queue, id, delay]
      )
    },

    /** Queues a failed job for a retry. @returns whether it will be retried: false after the last attempt */
    async retry (session: Session, queue: JobQueueName, id: string): Promise<boolean> {
      await boss.fail(queue, id, {}, within(session))
      const { rows: [job] } = await session.query<{ state: string }>(
        `SELECT state FROM ${queueTable} WHERE name = $1 AND id = $2`,
        [queue, id]
      )
      return job?.state === 'retry'
    },

    /** Locks a job as it is until the transaction ends; does nothing when the job has ended. */
    async lock (session: Session, queue: JobQueueName, id: string): Promise<void> {
      await session.query(`SELECT FROM ${queueTable} WHERE name = $1 AND id = $2 FOR UPDATE`, [queue, id])
    },

    async remove (session: Session, queue: JobQueueName, id: string): Promise<void> {
      await boss.deleteJob(queue, id, within(session))
    },

    /** Ends the leases that have expired. */
    async expire (): Promise<void> {
      await boss.expire()
    },

    /** Jobs whose lease expired on the last attempt. */
    async failed (session: Session): Promise<{ id: string, queue: JobQueueName }[]> {
      const { rows } = await session.query<{ id: string, queue: JobQueueName }>(
        `SELECT id, name AS queue FROM ${queueTable} WHERE state = 'failed'`
      )
      return rows
    }
  }

  /** @returns false when the job no longer runs: its lease expired, or the job ended */
  async function renew (
    session: Session,
    queue: JobQueueName,
    id: string,
    lease: number,
    resetAttempts = false
  ): Promise<boolean> {
    const { rowCount } = await session.query(
      `UPDATE ${queueTable} SET started_on = now(), expire_in = $3 * interval '1 second', retry_count = CASE WHEN $4 THEN 0 ELSE retry_count END
       WHERE name = $1 AND id = $2 AND state = 'active'`,
      [queue, id, lease, resetAttempts]
    )
    return rowCount === 1
  }
}

export type JobQueue = ReturnType<typeof createJobQueue>
