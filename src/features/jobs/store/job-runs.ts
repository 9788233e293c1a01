import type { Problem } from '../../../errors.js'
import type { Database, Session } from '../../../platform/database/database.js'
import type { IdempotentRequest } from '../../../platform/database/idempotency.js'
import {
  announce,
  endJob,
  jobsChanged,
  jobsQueued,
  type JobEnding,
  type JobOrigin,
  type RecordOfEnd
} from './job-ending.js'
import type { JobQueue } from './job-queue.js'
import type { JobQueueName } from '../../../platform/database/queue-tables.js'
import type { JobProgress } from './job-rows.js'
import type { JsonObject } from '../../catalogue/index.js'

/** How long ended jobs are kept. */
const retention = '30 days'

/** A job that this process runs, until another takes it over. */
export interface ClaimedJob extends IdempotentRequest {
  readonly id: string
  readonly kind: string
  readonly queue: JobQueueName
  readonly request: JsonObject
  readonly origin: JobOrigin
  /** 1 for the first attempt */
  readonly attempt: number
}

/** See `JobResult`. */
export type Conclude = (session: Session) => Promise<Problem | undefined>

/** Jobs as a replica runs them: see `createJobRepository`. */
export function createJobRuns (
  database: Database,
  queue: JobQueue,
  { recordOf, lease }: { recordOf: RecordOfEnd, lease: number }
) {
  /**
   * Changes a job that this process runs. @param work returns false when the job is lost @returns the result of `work`;
   * nothing is changed when it is false
   */
  async function unlessLost (work: (session: Session) => Promise<boolean>): Promise<boolean> {
    const lost = Symbol('lost')
    return await database.transaction(async session => {
      if (!await work(session)) throw lost
      return true
    }).catch((error: unknown) => {
      if (error === lost) return false
      throw error
    })
  }

  /** Records that a job waits again. */
  async function requeue (session: Session, { id, queue: name, attempt }: ClaimedJob): Promise<boolean> {
    const { rowCount } = await session.query(
      'UPDATE jobs SET revision = revision + 1 WHERE id = $1 AND attempts = $2 AND outcome IS NULL',
      [id, attempt]
    )
    await announce(session, id, false)
    await session.query('SELECT pg_notify($1, $2)', [jobsQueued, name])
    return rowCount === 1
  }

  return {
    /** Takes a waiting job. @returns undefined when none waits */
    async claim (name: JobQueueName): Promise<ClaimedJob | undefined> {
      for (;;) {
        const claimed = await database.transaction(async session => {
          const id = await queue.take(session, name, lease)
          if (id === undefined) return undefined
          const { rows: [row] } = await session.query<ClaimRow>(
            `UPDATE jobs SET attempts = attempts + 1, started_at = coalesce(started_at, clock_timestamp()), revision = revision + 1
             WHERE id = $1 AND outcome IS NULL RETURNING id, kind, request, origin, idempotency_key, request_sha256, attempts`,
            [id]
          )
          if (row !== undefined) {
            await announce(session, id, false)
            return claimOf(row, name)
          }
          // It was cancelled at the very moment its lease expired, when pg-boss replaces one row of the queue by
          // another.
          await queue.remove(session, name, id)
          return 'ended' as const
        })
        if (claimed !== 'ended') return claimed
      }
    },

    /**
     * Renews the lease of a job from now on.
     * @param resetAttempts whether its attempts are counted from zero again
     * @returns false when the job is lost
     */
    async renew (job: ClaimedJob, resetAttempts = false): Promise<boolean> {
      return await unlessLost(async session =>
        await queue.renew(session, job.queue, job.id, lease, resetAttempts) && await isOpen(session, job)
      )
    },

    async report ({ id, attempt }: ClaimedJob, progress: JobProgress): Promise<void> {
      await database.query(
        `WITH changed AS (
           UPDATE jobs SET progress = $3, revision = revision + 1 WHERE id = $1 AND attempts = $2 AND outcome IS NULL RETURNING id)
         SELECT pg_notify($4, $5) FROM changed`,
        [id, attempt, JSON.stringify(progress), jobsChanged, JSON.stringify({ id, ended: false })]
      )
    },

    /**
     * @param conclude runs with the end, and may report that the job has failed instead @returns false when the job was
     *   lost or cancelled
     */
    async end (job: ClaimedJob, ending: JobEnding, conclude: Conclude = async () => undefined): Promise<boolean> {
      return await unlessLost(async session => {
        // A cancellation waits for this row, or this waits for the cancellation.
        await queue.remove(session, job.queue, job.id)
        if (!await isOpen(session, job)) return false
        const problem = await conclude(session)
        return await endJob(
          session,
          job.id,
          problem === undefined ? ending : { outcome: 'failed', problem },
          recordOf,
          job.attempt
        )
      })
    },

    /** Releases a job without counting this attempt. @param delay seconds before it is taken again */
    async release (job: ClaimedJob, delay: number): Promise<void> {
      await unlessLost(async session => {
        await queue.release(session, job.queue, job.id, delay)
        return await requeue(session, job)
      })
    },

    /** Releases a job that could not be done now; after the last attempt it has failed. */
    async retry (job: ClaimedJob, problem: Problem): Promise<void> {
      await unlessLost(async session => {
        if (await queue.retry(session, job.queue, job.id)) return await requeue(session, job)
        await queue.remove(session, job.queue, job.id)
        return await endJob(session, job.id, { outcome: 'failed', problem }, recordOf, job.attempt)
      })
    },

    /**
     * Hands the jobs of dead runners to others, ends those out of attempts, and deletes old ones.
     * @param problem of jobs that are out of attempts
     */
    async recover (problem: Problem): Promise<void> {
      await queue.expire()
      for (const { id, queue: name } of await queue.failed(database)) {
        await database.transaction(async session => {
          await queue.remove(session, name, id)
          await endJob(session, id, { outcome: 'failed', problem }, recordOf)
        })
      }
      await database.query(`DELETE FROM jobs WHERE ended_at < now() - interval '${retention}'`)
    }
  }
}

async function isOpen (session: Session, { id, attempt }: ClaimedJob): Promise<boolean> {
  const { rows } = await session.query('SELECT FROM jobs WHERE id = $1 AND attempts = $2 AND outcome IS NULL', [
    id,
    attempt
  ])
  return rows.length === 1
}

interface ClaimRow {
  id: string
  kind: string
  request: JsonObject
  origin: JobOrigin
  idempotency_key: string | null
  request_sha256: string
  attempts: number
}

function claimOf (row: ClaimRow, queue: JobQueueName): ClaimedJob {
  return {
    id: row.id,
    kind: row.kind,
    queue,
    request: row.request,
    origin: row.origin,
    // The result is created once, however many attempts there are.
    idempotencyKey: row.idempotency_key ?? `job ${row.id}`,
    requestSha256: row.request_sha256,
    attempt: row.attempts
  }
}
