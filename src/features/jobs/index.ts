/** What other features use of jobs. */
export { followJob, type Job } from './follow-job.js'
export { JobDocument } from './job-schema.js'
export type { JobContext, JobHandler } from './kinds.js'
export { Accepted, jobProblems, originOf, PreferHeader, prefersJob, respondAsync, sendJob } from './respond-async.js'
export type { JobOrigin, JobRepository, StoredJob } from './store/jobs.js'
