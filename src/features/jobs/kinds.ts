import type { IdempotentRequest } from '../../platform/database/idempotency.js'
import type { JobQueueName } from '../../platform/database/queue-tables.js'
import type { Conclude, JobOrigin, JobProgress } from './store/jobs.js'

/** The kinds of jobs that the service knows. */
export const jobKinds = ['fit', 'hub', 'evaluation', 'migration', 'index'] as const
export type JobKind = typeof jobKinds[number]

/**
 * The request of each kind of job. It is JSON stored with the job: names, ids and options, and never a template. The
 * feature that does the work declares its kind here (module augmentation), beside its handler; `service.ts` lists the
 * handlers.
 */

export interface JobRequests {}

/** How a kind of job is done. */
export interface JobHandler<Request> {
  /** Kinds that share a queue take turns within a replica. */
  readonly queue: JobQueueName
  /**
   * Maximum number of attempts without reaching the end or a checkpoint; otherwise a job that kills its process would
   * do so for ever.
   */
  readonly attempts: number
  /**
   * Does the job, from the start or from where an earlier attempt left off. It may run several times and, when a
   * replica stalls, twice at once. Its result must therefore be the same each time and be created once, which
   * `idempotency` ensures.
   *
   * @returns the address of the result, with what is to happen in the transaction that ends the job, if anything
   * @throws Problem `unavailable` or `overloaded` to be retried; any other fails the job
   */
  run(request: Request, context: JobContext): Promise<string | JobResult>
}

/** The result of a job, and what happens in the transaction that records it: both happen or neither does. */
interface JobResult {
  /** its address */
  readonly made: string
  /** @returns why the job has failed after all; it must change nothing in that case */
  readonly conclude: Conclude
}

export type JobHandlers = { readonly [Kind in JobKind]: JobHandler<JobRequests[Kind]> }

/** What a handler has while its job runs. */
export interface JobContext {
  readonly id: string
  /** the call that submitted it */
  readonly origin: JobOrigin
  /** 1 for the first attempt */
  readonly attempt: number
  /**
   * Aborted when the job is cancelled, when another replica has taken it over, and when this replica stops and releases
   * it. The handler then ends soon, by throwing anything; nothing that it does afterwards counts.
   */
  readonly signal: AbortSignal
  /** The idempotency key of the call, or one made for the job. */
  readonly idempotency: IdempotentRequest
  /** Reports progress; of reports in quick succession the last is kept. */
  readonly progress: (progress: JobProgress) => void
  /** Declares that the work so far will not have to be repeated: attempts are counted from zero again. */
  readonly checkpoint: () => Promise<void>
}
