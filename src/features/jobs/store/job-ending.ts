import type { ErrorCode, Problem } from '../../../errors.js'
import { appendRecords } from '../../audit/index.js'
import type { Session } from '../../../platform/database/database.js'

/** Notified with `{ id, ended }` when a job has changed. */
export const jobsChanged = 'jobs_changed'
/** Notified with the name of the queue when a job waits there. */
export const jobsQueued = 'jobs_queued'

/** The call that submitted a job, as the audit records it. */
export interface JobOrigin {
  readonly request: string
  readonly operation: string
  readonly key: { readonly id: string, readonly prefix: string } | null
}

export type JobEnding =
  | { readonly outcome: 'succeeded', readonly result: string }
  | { readonly outcome: 'failed', readonly problem: Pick<Problem, 'code' | 'detail' | 'extensions'> }
  | { readonly outcome: 'cancelled' }

/** The audit record of a job's end; undefined when there is none. */
export type RecordOfEnd = (job: { id: string, origin: JobOrigin }, ending: JobEnding) => object | undefined

/**
 * Records how a job ended, once.
 * @param attempt number of the attempt that reports the end, when it must be the one that runs the job
 * @returns whether this call ended it
 */
export async function endJob (
  session: Session,
  id: string,
  ending: JobEnding,
  recordOf: RecordOfEnd,
  attempt?: number
): Promise<boolean> {
  const { rows: [ended] } = await session.query<{ id: string, origin: JobOrigin }>(
    `UPDATE jobs SET outcome = $2, result = $3, problem = $4,
       progress = CASE WHEN $2 = 'succeeded' THEN progress || jsonb_strip_nulls(jsonb_build_object('fraction', 1, 'done', progress -> 'total')) ELSE progress END, ended_at = clock_timestamp(), revision = revision + 1
     WHERE id = $1 AND outcome IS NULL AND ($5::integer IS NULL OR attempts = $5) RETURNING id, origin`,
    [
      id,
      ending.outcome,
      ending.outcome === 'succeeded' ? ending.result : null,
      ending.outcome === 'failed' ? problemOf(ending.problem) : null,
      attempt ?? null
    ]
  )
  if (ended === undefined) return false
  const record = recordOf(ended, ending)
  if (record !== undefined) await appendRecords(session, [record])
  await announce(session, id, true)
  return true
}

function problemOf ({ code, detail, extensions }: { code: ErrorCode, detail: string, extensions: object }): string {
  return JSON.stringify({ code, detail, extensions })
}

/** Notifies every replica once the transaction is committed. */
export async function announce (session: Session, id: string, ended: boolean): Promise<void> {
  await session.query('SELECT pg_notify($1, $2)', [jobsChanged, JSON.stringify({ id, ended })])
}
