import type { JobEnding, JobOrigin } from './store/jobs.js'
import type { AuditRecord } from '../audit/index.js'

/** The audit record of a job's end, attributed to the call that submitted the job. */
export function recordOfEnd ({ id, origin }: { id: string, origin: JobOrigin }, ending: JobEnding): AuditRecord {
  return {
    at: new Date().toISOString(),
    request: origin.request,
    key: origin.key,
    operation: origin.operation,
    phase: 'ended',
    job: id,
    outcome: ending.outcome,
    ...ending.outcome === 'failed' ? { problem: ending.problem.code } : {},
    ...ending.outcome === 'succeeded' ? { made: ending.result } : {}
  }
}
