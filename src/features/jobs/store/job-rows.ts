import type { ErrorCode } from '../../../errors.js'
import { queueTable, type JobQueueName } from '../../../platform/database/queue-tables.js'

export const jobStates = ['queued', 'running', 'succeeded', 'failed', 'cancelled'] as const
export type JobState = typeof jobStates[number]

/** The progress of a job. */
export interface JobProgress {
  /** the current stage, in a word */
  readonly stage: string
  /** of the whole, 0 to 1 */
  readonly fraction: number
  /** number of items done, where the job counts any */
  readonly done?: number
  readonly total?: number
}

export interface StoredJob {
  id: string
  kind: string
  queue: JobQueueName
  state: JobState
  progress: JobProgress
  attempts: number
  /** counts the visible changes */
  revision: number
  /** address of the result */
  result: string | null
  problem: { code: ErrorCode, detail: string, extensions: Record<string, unknown> } | null
  /** id of the request that submitted it */
  request: string
  createdAt: string
  startedAt: string | null
  endedAt: string | null
  /** Changes whenever any of this changes. */
  etag: string
}

export interface JobRow extends Omit<StoredJob, 'request' | 'createdAt' | 'startedAt' | 'endedAt' | 'etag'> {
  request_id: string
  created_at: Date
  started_at: Date | null
  ended_at: Date | null
}

/**
 * Includes the queue's state of those that have not ended. A job that the queue has given up on counts as waiting until
 * its end is written here.
 */
export const selectJobs = `SELECT * FROM (
  SELECT jobs.id, kind, queue, jobs.key_id, jobs.progress, attempts, revision, outcome, result, problem, origin ->> 'request' AS request_id,
    jobs.created_at, jobs.started_at, jobs.ended_at,
    coalesce(outcome, CASE WHEN queued.state = 'active' THEN 'running' ELSE 'queued' END) AS state
  FROM jobs LEFT JOIN ${queueTable} queued ON queued.name = jobs.queue AND queued.id = jobs.id) jobs`

export function jobOf (row: JobRow): StoredJob {
  return {
    id: row.id,
    kind: row.kind,
    queue: row.queue,
    state: row.state,
    progress: row.progress,
    attempts: row.attempts,
    revision: row.revision,
    result: row.result,
    problem: row.problem,
    request: row.request_id,
    createdAt: row.created_at.toISOString(),
    startedAt: row.started_at?.toISOString() ?? null,
    endedAt: row.ended_at?.toISOString() ?? null,
    // Includes the state: the end of a lease changes it without a revision.
    etag: `"${row.id}.${row.revision}.${row.state}"`
  }
}
