import type { JobEnding, JobOrigin } from './store/jobs.js'
import type { AuditRecord } from '../audit/index.js'

/** What the audit says of the end of a job: it belongs to the call that asked for it. */
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
