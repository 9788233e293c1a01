import { randomUUID } from 'node:crypto'
import { Problem, type ErrorCode } from '../errors.js'
import type { Database, Session } from './database.js'
import { appendRecords } from './audit.js'
import { assertSameRequest, type IdempotentRequest } from './idempotency.js'
import type { JobQueue, JobQueueName } from './job-queue.js'
import { jobOf, selectJobs, type JobProgress, type JobRow, type JobState, type StoredJob } from './job-rows.js'
import type { JsonObject } from './models.js'
import { isUuid, pageOf, positionAfter, type Page, type PageRequest } from './page.js'

export { jobStates, type JobProgress, type JobState, type StoredJob } from './job-rows.js'

/** Notified, with `{ id, ended }`, when a job has changed. */
export const jobsChanged = 'jobs_changed'
/** Notified, with the name of the queue, when a job waits there. */
export const jobsQueued = 'jobs_queued'

/** Jobs that may wait or run at once, of all callers. */
const mostOpen = 1000
/** How long jobs that have ended are kept. */
const retention = '30 days'

/** The call that a job comes from, as the audit has it. */
export interface JobOrigin {
  readonly request: string
  readonly operation: string
  readonly key: { readonly id: string, readonly prefix: string } | null
}

export interface NewJob extends IdempotentRequest {
  readonly kind: string
  readonly queue: JobQueueName
  /** names, ids, options; never a template */
  readonly request: object
  readonly origin: JobOrigin
  /** how often it may be begun without coming to an end */
  readonly attempts: number
}

/** A job that this process runs, until another does. */
export interface ClaimedJob extends IdempotentRequest {
  readonly id: string
  readonly kind: string
  readonly queue: JobQueueName
  readonly request: JsonObject
  readonly origin: JobOrigin
  /** 1 for the first time */
  readonly attempt: number
}

export type JobEnding =
  | { readonly outcome: 'succeeded', readonly result: string }
  | { readonly outcome: 'failed', readonly problem: Pick<Problem, 'code' | 'detail' | 'extensions'> }
  | { readonly outcome: 'cancelled' }

/** Whose jobs: those of one API key, or null for all. */
export type JobOwner = string | null

export interface JobFilter extends PageRequest {
  kind?: string | undefined
  state?: JobState | undefined
}

/**
 * Jobs and where they stand. In every transaction the row of the queue is locked before that of the job, so that no two wait for each other.
 *
 * @param recordOf what the audit says of the end of a job; undefined when it says nothing
 * @param lease seconds after which a job that nobody has renewed is another replica's
 */
export function createJobRepository (
  database: Database, queue: JobQueue, { recordOf, lease }: { recordOf (job: { id: string, origin: JobOrigin }, ending: JobEnding): object | undefined, lease: number }
) {
  /** Says how the job ended, once. @returns whether this call did */
  async function end (session: Session, id: string, ending: JobEnding, attempt?: number): Promise<boolean> {
    const { rows: [ended] } = await session.query<{ id: string, origin: JobOrigin }>(
      `UPDATE jobs SET outcome = $2, result = $3, problem = $4,
         progress = CASE WHEN $2 = 'succeeded' THEN jsonb_set(progress, '{fraction}', '1') ELSE progress END, ended_at = clock_timestamp(), revision = revision + 1
       WHERE id = $1 AND outcome IS NULL AND ($5::integer IS NULL OR attempts = $5) RETURNING id, origin`,
      [id, ending.outcome, ending.outcome === 'succeeded' ? ending.result : null,
        ending.outcome === 'failed' ? problemOf(ending.problem) : null, attempt ?? null])
    if (ended === undefined) return false
    const record = recordOf(ended, ending)
    if (record !== undefined) await appendRecords(session, [record])
    await announce(session, id, true)
    return true
  }

  /** Changes a job that this process runs. @param work returns false when it has lost it @returns that; nothing is changed then */
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

  /** Notes that a job waits again. */
  async function requeue (session: Session, { id, queue: name, attempt }: ClaimedJob): Promise<boolean> {
    const { rowCount } = await session.query('UPDATE jobs SET revision = revision + 1 WHERE id = $1 AND attempts = $2 AND outcome IS NULL', [id, attempt])
    await announce(session, id, false)
    await session.query('SELECT pg_notify($1, $2)', [jobsQueued, name])
    return rowCount === 1
  }

  return {
    /**
     * Stores a job and queues it.
     * @returns the job, and whether this call made it: a repetition with the same idempotency key and API key returns the first
     * @throws Problem `idempotency-conflict`; `overloaded` when too many wait
     */
    async insert (job: NewJob): Promise<{ job: StoredJob, created: boolean }> {
      return await database.transaction(async session => {
        const owner = job.origin.key?.id ?? null
        const earlier = await findByKey(session, job, owner)
        if (earlier !== undefined) return { job: earlier, created: false }
        const { rows: [open] } = await session.query<{ count: number }>('SELECT count(*)::integer AS count FROM jobs WHERE ended_at IS NULL')
        if (open!.count >= mostOpen) throw new Problem('overloaded', `expected fewer than ${mostOpen} jobs that have not ended, please try again later`)
        const id = randomUUID()
        await queue.add(session, job.queue, id, { attempts: job.attempts, lease })
        const { rowCount } = await session.query(
          `INSERT INTO jobs (id, kind, queue, request, key_id, origin, idempotency_key, request_sha256, progress)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT DO NOTHING`,
          [id, job.kind, job.queue, JSON.stringify(job.request), owner, JSON.stringify(job.origin), job.idempotencyKey ?? null, job.requestSha256,
            JSON.stringify({ stage: 'waiting', fraction: 0 } satisfies JobProgress)])
        if (rowCount === 0) {
          // The same key at the same time.
          await queue.remove(session, job.queue, id)
          return { job: (await findByKey(session, job, owner))!, created: false }
        }
        await session.query('SELECT pg_notify($1, $2)', [jobsQueued, job.queue])
        return { job: await find(session, id, null), created: true }
      })
    },

    /** Stores a job that has ended, under an id that is known beforehand, unless it is there. */
    async insertEnded (id: string, job: Omit<NewJob, 'attempts'>, ending: JobEnding): Promise<void> {
      await database.query(
        `INSERT INTO jobs (id, kind, queue, request, origin, request_sha256, progress, attempts, outcome, result, started_at, ended_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, 1, $8, $9, now(), now()) ON CONFLICT DO NOTHING`,
        [id, job.kind, job.queue, JSON.stringify(job.request), JSON.stringify(job.origin), job.requestSha256,
          JSON.stringify({ stage: 'comparing', fraction: 1 } satisfies JobProgress), ending.outcome, ending.outcome === 'succeeded' ? ending.result : null])
    },

    /** @throws Problem `job-unknown`, of jobs of others too */
    async get (id: string, owner: JobOwner): Promise<StoredJob> {
      return await find(database, id, owner)
    },

    /** The newest first. @throws Problem `request-invalid` when the cursor is not one of this list */
    async list ({ kind, state, limit, after }: JobFilter, owner: JobOwner): Promise<Page<StoredJob>> {
      const position = positionAfter(after)
      const jobs = await select(database,
        `WHERE ($1::uuid IS NULL OR key_id = $1) AND ($2::text IS NULL OR kind = $2) AND ($3::text IS NULL OR state = $3)
           AND ($5::timestamptz IS NULL OR (created_at, id) < ($5::timestamptz, $6::uuid))
         ORDER BY created_at DESC, id DESC LIMIT $4`,
        [owner, kind ?? null, state ?? null, limit + 1, position?.createdAt ?? null, position?.id ?? null])
      return pageOf(jobs, limit)
    },

    /** Ends a job, whoever runs it; once more changes nothing. @throws Problem `job-unknown`, `job-ended` */
    async cancel (id: string, owner: JobOwner): Promise<StoredJob> {
      const { queue: name } = await find(database, id, owner)
      return await database.transaction(async session => {
        await queue.remove(session, name, id)
        const cancelled = await end(session, id, { outcome: 'cancelled' })
        const job = await find(session, id, owner)
        if (!cancelled && job.state !== 'cancelled') throw new Problem('job-ended', `expected a job that waits or runs, ${id} has ${job.state}`)
        return job
      })
    },

    /** Takes a job that waits. @returns undefined when none does */
    async claim (name: JobQueueName): Promise<ClaimedJob | undefined> {
      for (;;) {
        const claimed = await database.transaction(async session => {
          const id = await queue.take(session, name, lease)
          if (id === undefined) return undefined
          const { rows: [row] } = await session.query<ClaimRow>(
            `UPDATE jobs SET attempts = attempts + 1, started_at = coalesce(started_at, clock_timestamp()), revision = revision + 1
             WHERE id = $1 AND outcome IS NULL RETURNING id, kind, request, origin, idempotency_key, request_sha256, attempts`, [id])
          if (row !== undefined) {
            await announce(session, id, false)
            return claimOf(row, name)
          }
          // It was cancelled in the very moment in which its lease ended, which puts a row of the queue in place of another.
          await queue.remove(session, name, id)
          return 'ended' as const
        })
        if (claimed !== 'ended') return claimed
      }
    },

    /** Keeps a job, for a lease from now on. @param afresh whether its attempts are counted anew @returns false when it is lost */
    async renew (job: ClaimedJob, afresh = false): Promise<boolean> {
      return await unlessLost(async session =>
        await queue.renew(session, job.queue, job.id, lease, afresh) && await isOpen(session, job))
    },

    async report ({ id, attempt }: ClaimedJob, progress: JobProgress): Promise<void> {
      await database.query(
        `WITH changed AS (
           UPDATE jobs SET progress = $3, revision = revision + 1 WHERE id = $1 AND attempts = $2 AND outcome IS NULL RETURNING id)
         SELECT pg_notify($4, $5) FROM changed`, [id, attempt, JSON.stringify(progress), jobsChanged, JSON.stringify({ id, ended: false })])
    },

    /** @returns false when the job was lost, or cancelled */
    async end (job: ClaimedJob, ending: JobEnding): Promise<boolean> {
      return await unlessLost(async session => {
        await queue.remove(session, job.queue, job.id)
        return await end(session, job.id, ending, job.attempt)
      })
    },

    /** Gives a job back, as if it had not been begun this time. @param delay seconds before it is taken again */
    async release (job: ClaimedJob, delay: number): Promise<void> {
      await unlessLost(async session => {
        await queue.release(session, job.queue, job.id, delay)
        return await requeue(session, job)
      })
    },

    /** Gives back a job that could not be done now; if that was the last time, it has failed. */
    async retry (job: ClaimedJob, problem: Problem): Promise<void> {
      await unlessLost(async session => {
        if (await queue.retry(session, job.queue, job.id)) return await requeue(session, job)
        await queue.remove(session, job.queue, job.id)
        return await end(session, job.id, { outcome: 'failed', problem }, job.attempt)
      })
    },

    /**
     * Gives jobs whose runner is gone to others, ends those that were begun too often, and forgets old ones.
     * @param problem of jobs that were begun too often
     */
    async recover (problem: Problem): Promise<void> {
      await queue.expire()
      for (const { id, queue: name } of await queue.failed(database)) {
        await database.transaction(async session => {
          await queue.remove(session, name, id)
          await end(session, id, { outcome: 'failed', problem })
        })
      }
      await database.query(`DELETE FROM jobs WHERE ended_at < now() - interval '${retention}'`)
    }
  }

  async function isOpen (session: Session, { id, attempt }: ClaimedJob): Promise<boolean> {
    const { rows } = await session.query('SELECT FROM jobs WHERE id = $1 AND attempts = $2 AND outcome IS NULL', [id, attempt])
    return rows.length === 1
  }
}

export type JobRepository = ReturnType<typeof createJobRepository>

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
    // What it makes is made once, however often it is begun.
    idempotencyKey: row.idempotency_key ?? `job ${row.id}`,
    requestSha256: row.request_sha256,
    attempt: row.attempts
  }
}

function problemOf ({ code, detail, extensions }: { code: ErrorCode, detail: string, extensions: object }): string {
  return JSON.stringify({ code, detail, extensions })
}

async function select (session: Session, clauses: string, values: readonly unknown[]): Promise<StoredJob[]> {
  const { rows } = await session.query<JobRow>(`${selectJobs} ${clauses}`, values)
  return rows.map(jobOf)
}

async function find (session: Session, id: string, owner: JobOwner): Promise<StoredJob> {
  const [job] = isUuid(id) ? await select(session, 'WHERE id = $1 AND ($2::uuid IS NULL OR key_id = $2)', [id, owner]) : []
  if (job === undefined) throw new Problem('job-unknown', `no job has the id ${JSON.stringify(id)}`)
  return job
}

async function findByKey (session: Session, { kind, ...request }: NewJob, owner: JobOwner): Promise<StoredJob | undefined> {
  if (request.idempotencyKey === undefined) return undefined
  const { rows: [found] } = await session.query<{ id: string, request_sha256: string }>(
    'SELECT id, request_sha256 FROM jobs WHERE kind = $1 AND key_id IS NOT DISTINCT FROM $2 AND idempotency_key = $3', [kind, owner, request.idempotencyKey])
  if (found === undefined) return undefined
  assertSameRequest(found.request_sha256, request)
  return await find(session, found.id, null)
}

async function announce (session: Session, id: string, ended: boolean): Promise<void> {
  await session.query('SELECT pg_notify($1, $2)', [jobsChanged, JSON.stringify({ id, ended })])
}
