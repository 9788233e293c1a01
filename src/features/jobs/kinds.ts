import type { IdempotentRequest } from '../../platform/database/idempotency.js'
import type { JobQueueName } from '../../platform/database/queue-tables.js'
import type { Conclude, JobOrigin, JobProgress } from './store/jobs.js'

/** Kinds of jobs that are known to the service. */
export const jobKinds = ['fit', 'hub', 'evaluation', 'migration', 'index'] as const
export type JobKind = typeof jobKinds[number]

/**
 * The request of each kind of job: JSON that is stored with the job, so names, ids and options, and never a template. The
 * feature that does the work declares its kind here (module augmentation), beside its handler; `service.ts` lists the handlers.
 */

export interface JobRequests {}

/** How a kind of job is done. */
export interface JobHandler<Request> {
  /** Kinds of one queue take turns in a replica. */
  readonly queue: JobQueueName
  /** How often it may be begun without coming to an end, or to a checkpoint: what kills its process would do so for ever. */
  readonly attempts: number
  /**
   * Does it, from the start or from where an earlier attempt left off. It may be begun several times and, when a replica stood
   * still for a while, by two at once: what it makes has to be the same and to be made once, for which there is `idempotency`.
   *
   * @returns the address of what it made; with what is to happen together with the end of the job, where something is
   * @throws Problem `unavailable` or `overloaded`, for it to be begun again; another, which is how it has failed
   */
  run (request: Request, context: JobContext): Promise<string | JobResult>
}

/** What a job made, and what happens in the transaction that says so: if that does not, it did not either. */
interface JobResult {
  /** its address */
  readonly made: string
  /** @returns why the job has failed after all; nothing is to be changed then */
  readonly conclude: Conclude
}

export type JobHandlers = { readonly [Kind in JobKind]: JobHandler<JobRequests[Kind]> }

/** What a job has while it is done. */
export interface JobContext {
  readonly id: string
  /** the call that asked for it */
  readonly origin: JobOrigin
  /** 1 for the first time */
  readonly attempt: number
  /**
   * Aborted when the job is cancelled, when it is another replica's by now, and when this one ends, which gives it back.
   * The handler then ends soon, by throwing whatever it likes; nothing that it does afterwards counts.
   */
  readonly signal: AbortSignal
  /** The key of the call, or one of the job's own. */
  readonly idempotency: IdempotentRequest
  /** Tells how far it has come; of what is told in quick succession the last is kept. */
  readonly progress: (progress: JobProgress) => void
  /** Says that what was done so far will not have to be done again: the attempts are counted anew. */
  readonly checkpoint: () => Promise<void>
}
