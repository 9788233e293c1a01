import { queueTable } from '../../../platform/database/queue-tables.js'
import { randomUUID } from 'node:crypto'
import { Problem } from '../../../errors.js'
import type { Database, Session } from '../../../platform/database/database.js'
import { assertSameRequest, type IdempotentRequest } from '../../../platform/database/idempotency.js'
import { endJob, jobsQueued, type JobEnding, type JobOrigin, type RecordOfEnd } from './job-ending.js'
import type { JobQueue } from './job-queue.js'
import type { JobQueueName } from '../../../platform/database/queue-tables.js'
import { jobOf, selectJobs, type JobProgress, type JobRow, type JobState, type StoredJob } from './job-rows.js'
import { createJobRuns } from './job-runs.js'
import { isUuid, pageOf, positionAfter, type Page, type PageRequest } from '../../../platform/database/page.js'
import { requirePreconditions, unconditional, type Preconditions } from '../../../platform/preconditions.js'

export { jobsChanged, jobsQueued, type JobEnding, type JobOrigin } from './job-ending.js'
export { jobStates, type JobProgress, type JobState, type StoredJob } from './job-rows.js'
export type { ClaimedJob, Conclude } from './job-runs.js'

/** Maximum number of waiting and running jobs, of all callers. */
const maxOpen = 1000
/** Seconds before a key that has reached its limit of jobs may retry. */
const retryAfter = 30

export interface NewJob extends IdempotentRequest {
  readonly kind: string
  readonly queue: JobQueueName
  /** names, ids, options; never a template */
  readonly request: object
  readonly origin: JobOrigin
  /** maximum number of attempts that do not reach an end */
  readonly attempts: number
}

/** Whose jobs: those of one API key, or null for all. */
export type JobOwner = string | null

export interface JobFilter extends PageRequest {
  kind?: string | undefined
  state?: JobState | undefined
}

/**
 * Jobs and their states. Every transaction locks the row of the queue before that of the job, so that there are no
 * deadlocks.
 *
 * @param lease seconds without a renewal after which another replica may take a job over
 * @param perKey maximum number of waiting and running jobs per API key
 */
export function createJobRepository (
  database: Database,
  queue: JobQueue,
  { recordOf, lease, perKey }: { recordOf: RecordOfEnd, lease: number, perKey: number }
) {
  /** Jobs that have not ended, and the age in seconds of the oldest, by kind and state. */
  async function pending (): Promise<{ kind: string, state: JobState, count: number, seconds: number }[]> {
    const { rows } = await database.query<{ kind: string, state: JobState, count: number, seconds: number }>(
      `SELECT jobs.kind, CASE WHEN queued.state = 'active' THEN 'running' ELSE 'queued' END AS state,
         count(*)::integer AS count, extract(epoch FROM now() - min(jobs.created_at))::float8 AS seconds
       FROM jobs LEFT JOIN ${queueTable} queued ON queued.name = jobs.queue AND queued.id = jobs.id
       WHERE jobs.ended_at IS NULL GROUP BY 1, 2`
    )
    return rows
  }

  /** @throws Problem `jobs-exhausted`, `overloaded` */
  async function requireRoom (session: Session, owner: JobOwner): Promise<void> {
    // Serialised across replicas: submissions counted at the same time would all find room.
    await session.query("SELECT pg_advisory_xact_lock(hashtextextended('jobs that have not ended', 0))")
    const { rows: [open] } = await session.query<{ all: number, own: number }>(
      'SELECT count(*)::integer AS all, (count(*) FILTER (WHERE key_id = $1))::integer AS own FROM jobs WHERE ended_at IS NULL',
      [owner]
    )
    if (open!.own >= perKey) {
      throw new Problem(
        'jobs-exhausted',
        `expected fewer than ${perKey} open jobs of the API key, found ${
          open!.own
        }: wait for one to end, or cancel one`,
        { jobs: { limit: perKey, open: open!.own, retryAfter } }
      )
    }
    if (open!.all >= maxOpen) {
      throw new Problem('overloaded', `expected fewer than ${maxOpen} open jobs, found ${open!.all}`)
    }
  }

  async function insert (
    session: Session,
    job: NewJob,
    admit: () => Promise<void> = async () => {}
  ): Promise<{ job: StoredJob, created: boolean }> {
    const owner = job.origin.key?.id ?? null
    const earlier = await findByKey(session, job, owner)
    if (earlier !== undefined) return { job: earlier, created: false }
    await admit()
    await requireRoom(session, owner)
    const id = randomUUID()
    await queue.add(session, job.queue, id, { attempts: job.attempts, lease })
    const { rowCount } = await session.query(
      `INSERT INTO jobs (id, kind, queue, request, key_id, origin, idempotency_key, request_sha256, progress)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT DO NOTHING`,
      [
        id,
        job.kind,
        job.queue,
        JSON.stringify(job.request),
        owner,
        JSON.stringify(job.origin),
        job.idempotencyKey ?? null,
        job.requestSha256,
        JSON.stringify({ stage: 'waiting', fraction: 0 } satisfies JobProgress)
      ]
    )
    if (rowCount === 0) {
      // The same key was used concurrently.
      await queue.remove(session, job.queue, id)
      return { job: (await findByKey(session, job, owner))!, created: false }
    }
    await session.query('SELECT pg_notify($1, $2)', [jobsQueued, job.queue])
    return { job: await find(session, id, null), created: true }
  }

  return {
    pending,
    /**
     * Stores a job and queues it.
     * @returns the job, and whether this call created it: a repetition with the same idempotency key and API key
     *   returns the first
     * @throws Problem `idempotency-conflict`; `jobs-exhausted` when the key has too many open jobs, `overloaded` when
     *   there are too many in total
     */
    async insert (job: NewJob): Promise<{ job: StoredJob, created: boolean }> {
      return await database.transaction(session => insert(session, job))
    },

    /**
     * The same within the caller's transaction, so that the caller's own changes commit with the job.
     * @param admit throws the reason to refuse a job that is not a repetition
     */
    insertWithin: insert,

    /** Open jobs of a kind whose requests contain these members. */
    async openOf<Request extends object> (
      session: Session,
      kind: string,
      request: object
    ): Promise<{ id: string, request: Request }[]> {
      const { rows } = await session.query<{ id: string, request: Request }>(
        'SELECT id, request FROM jobs WHERE ended_at IS NULL AND kind = $1 AND request @> $2::jsonb ORDER BY created_at, id',
        [kind, JSON.stringify(request)]
      )
      return rows
    },

    /**
     * Ends a job within the transaction that makes its end true, so that a crash cannot fall between the two.
     * @param attempt number of the attempt that reports the end, when it must be the one that runs the job
     * @returns whether this call ended it
     */
    async endWithin (
      session: Session,
      { id, queue: name }: { id: string, queue: JobQueueName },
      ending: JobEnding,
      attempt?: number
    ): Promise<boolean> {
      await queue.remove(session, name, id)
      return await endJob(session, id, ending, recordOf, attempt)
    },

    /** Stores a job that has already ended, under an id known beforehand, unless it exists. */
    async insertEnded (id: string, job: Omit<NewJob, 'attempts'>, ending: JobEnding): Promise<void> {
      await database.query(
        `INSERT INTO jobs (id, kind, queue, request, origin, request_sha256, progress, attempts, outcome, result, started_at, ended_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, 1, $8, $9, now(), now()) ON CONFLICT DO NOTHING`,
        [
          id,
          job.kind,
          job.queue,
          JSON.stringify(job.request),
          JSON.stringify(job.origin),
          job.requestSha256,
          JSON.stringify({ stage: 'comparing', fraction: 1 } satisfies JobProgress),
          ending.outcome,
          ending.outcome === 'succeeded' ? ending.result : null
        ]
      )
    },

    /** @throws Problem `job-unknown`, also for other callers' jobs */
    async get (id: string, owner: JobOwner): Promise<StoredJob> {
      return await find(database, id, owner)
    },

    /** Newest first. @throws Problem `request-invalid` when the cursor does not belong to this list */
    async list ({ kind, state, limit, after }: JobFilter, owner: JobOwner): Promise<Page<StoredJob>> {
      const position = positionAfter(after, 'newestFirst')
      const jobs = await select(
        database,
        `WHERE ($1::uuid IS NULL OR key_id = $1) AND ($2::text IS NULL OR kind = $2) AND ${conditionOf(state)}
           AND (created_at, id) < ($5::timestamptz, $6::uuid)
         ORDER BY created_at DESC, id DESC LIMIT $4`,
        [owner, kind ?? null, state ?? null, limit + 1, position.createdAt, position.id]
      )
      return pageOf(jobs, limit)
    },

    /**
     * Cancels a job, whichever replica runs it; a repetition changes nothing. @throws Problem `job-unknown`,
     * `precondition-failed`, `job-ended`
     */
    async cancel (id: string, owner: JobOwner, preconditions: Preconditions = unconditional): Promise<StoredJob> {
      const { queue: name } = await find(database, id, owner)
      return await database.transaction(async session => {
        await requirePreconditions(preconditions, async () => {
          await queue.lock(session, name, id)
          await session.query('SELECT FROM jobs WHERE id = $1 FOR UPDATE', [id])
          return (await find(session, id, owner)).etag
        })
        await queue.remove(session, name, id)
        const cancelled = await endJob(session, id, { outcome: 'cancelled' }, recordOf)
        const job = await find(session, id, owner)
        if (!cancelled && job.state !== 'cancelled') {
          throw new Problem('job-ended', `expected a queued or running job, ${id} has ended as ${job.state}`)
        }
        return job
      })
    },

    ...createJobRuns(database, queue, { recordOf, lease })
  }
}

export type JobRepository = ReturnType<typeof createJobRepository>

/**
 * Uses $3. The state is computed, so the planner knows nothing of it; the stored columns narrow down which jobs can
 * have it.
 */
function conditionOf (state: JobState | undefined): string {
  if (state === undefined) return '$3::text IS NULL'
  return state === 'queued' || state === 'running' ? 'ended_at IS NULL AND state = $3' : 'outcome = $3'
}

async function select (session: Session, clauses: string, values: readonly unknown[]): Promise<StoredJob[]> {
  const { rows } = await session.query<JobRow>(`${selectJobs} ${clauses}`, values)
  return rows.map(jobOf)
}

async function find (session: Session, id: string, owner: JobOwner): Promise<StoredJob> {
  const [job] = isUuid(id)
    ? await select(session, 'WHERE id = $1 AND ($2::uuid IS NULL OR key_id = $2)', [id, owner])
    : []
  if (job === undefined) throw new Problem('job-unknown', `no job has the id ${JSON.stringify(id)}`)
  return job
}

async function findByKey (
  session: Session,
  { kind, ...request }: NewJob,
  owner: JobOwner
): Promise<StoredJob | undefined> {
  if (request.idempotencyKey === undefined) return undefined
  const { rows: [found] } = await session.query<{ id: string, request_sha256: string }>(
    // Matches the expression of the index.
    `SELECT id, request_sha256 FROM jobs
     WHERE kind = $1 AND coalesce(key_id, $4::uuid) = coalesce($2::uuid, $4) AND idempotency_key = $3`,
    [kind, owner, request.idempotencyKey, '00000000-0000-0000-0000-000000000000']
  )
  if (found === undefined) return undefined
  assertSameRequest(found.request_sha256, request)
  return await find(session, found.id, null)
}
