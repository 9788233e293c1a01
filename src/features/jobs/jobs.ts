import type { Logger } from 'pino'
import type { Database, Session } from '../../platform/database/database.js'
import type { IdempotentRequest } from '../../platform/database/idempotency.js'
import { jobQueues, type JobQueueName } from '../../platform/database/queue-tables.js'
import {
  jobsChanged,
  jobsQueued,
  type JobFilter,
  type JobOrigin,
  type JobOwner,
  type JobRepository,
  type StoredJob
} from './store/jobs.js'
import { createJobChanges } from './changes.js'
import type { JobHandlers, JobKind, JobRequests } from './kinds.js'
import { createJobRunner } from './runner.js'

/** Long work that is submitted now and done later, by this replica or another. */
export async function createJobs (
  repository: JobRepository,
  handlers: JobHandlers,
  database: Pick<Database, 'listen'>,
  { lease, log }: { lease: number, log: Logger }
) {
  const runner = createJobRunner(repository, handlers, lease, log)
  const changes = createJobChanges()

  const stopListening = [
    await database.listen(jobsQueued, queue => {
      for (const name of queue === null ? jobQueues : [queue as JobQueueName]) runner.kick(name)
    }),
    await database.listen(jobsChanged, payload => {
      const { id, ended } = payload === null
        ? { id: null, ended: true }
        : JSON.parse(payload) as { id: string, ended: boolean }
      if (ended) runner.check(id)
      changes.changed(id)
    })
  ]
  runner.start()

  return {
    /**
     * Accepts a job.
     * @returns the job, and whether this call created it: a repetition with the same idempotency key and API key
     *   returns the first
     * @throws Problem `idempotency-conflict`, `overloaded`
     */
    async submit<Kind extends JobKind> (
      kind: Kind,
      request: JobRequests[Kind],
      origin: JobOrigin,
      idempotency: IdempotentRequest
    ): Promise<StoredJob> {
      const { queue, attempts } = handlers[kind]
      const { job } = await repository.insert({ kind, queue, attempts, request, origin, ...idempotency })
      return job
    },

    /** The same within the caller's transaction; see `insertWithin`. */
    async submitWithin<Kind extends JobKind> (
      session: Session,
      kind: Kind,
      request: JobRequests[Kind],
      origin: JobOrigin,
      idempotency: IdempotentRequest,
      admit: () => Promise<void>
    ): Promise<StoredJob> {
      const { queue, attempts } = handlers[kind]
      const { job } = await repository.insertWithin(
        session,
        { kind, queue, attempts, request, origin, ...idempotency },
        admit
      )
      return job
    },

    get: repository.get,
    pending: repository.pending,
    list: (filter: JobFilter, owner: JobOwner) => repository.list(filter, owner),
    cancel: repository.cancel,
    watch: changes.watch,

    /** Takes no more jobs, and releases those that run here to other replicas. */
    stop: runner.stop,

    async close (): Promise<void> {
      await runner.stop()
      for (const stop of stopListening) await stop()
    }
  }
}

export type Jobs = Awaited<ReturnType<typeof createJobs>>
