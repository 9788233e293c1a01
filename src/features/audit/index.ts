/** What other features use of audit. */
export { appendRecords } from './audit-repository.js'
export type { AuditRecord } from './audit.js'
export { describeToAudit } from './plugin.js'
