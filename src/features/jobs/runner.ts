import { setTimeout } from 'node:timers/promises'
import type { Logger } from 'pino'
import { Problem, type ErrorCode } from '../../errors.js'
import { jobQueues, type JobQueueName } from '../../platform/database/queue-tables.js'
import type { ClaimedJob, Conclude, JobEnding, JobProgress, JobRepository } from './store/jobs.js'
import type { JobHandler, JobHandlers, JobKind } from './kinds.js'

/** Milliseconds between two writes of a job's progress. */
const progressInterval = 500
/** Seconds before a job that found a queue of the service full is retried. */
const retryAfter = 5

/** Problems that may have passed when the job is retried. */
const retryable: ReadonlySet<ErrorCode> = new Set<ErrorCode>(['unavailable', 'overloaded', 'database-timeout'])

const abandoned = new Problem('job-abandoned', 'Each process that started it ended or stalled before the job was done.')

/** Why a job is no longer this process's own. */
type Loss = 'stopping' | 'taken'

/** How an attempt ended, and what else is to happen in that transaction. */
type Attempted = JobEnding & { readonly conclude?: Conclude }

/** One attempt at a job. */
interface Running {
  readonly job: ClaimedJob
  readonly ending: AbortController
}

/**
 * Runs waiting jobs, one per queue at a time, and renews their leases.
 *
 * @param lease seconds, as in the repository
 */
export function createJobRunner (repository: JobRepository, handlers: JobHandlers, lease: number, log: Logger) {
  const attempts = new Set<Running>()
  const serving = new Map<JobQueueName, Promise<void>>()
  /** queues to check once more: a job may have arrived too late for the last check */
  const again = new Set<JobQueueName>()
  let timer: NodeJS.Timeout | undefined
  let maintaining: Promise<void> | undefined
  const stopping = new AbortController()

  /** Checks a queue for waiting jobs, unless one of its jobs is running. */
  function kick (queue: JobQueueName): void {
    if (stopping.signal.aborted) return
    if (serving.has(queue)) {
      again.add(queue)
      return
    }
    serving.set(
      queue,
      serve(queue).catch((error: unknown) => {
        log.warn({ err: error, queue }, 'could not take jobs from the queue')
      }).finally(() => {
        serving.delete(queue)
        if (again.delete(queue)) kick(queue)
      })
    )
  }

  async function serve (queue: JobQueueName): Promise<void> {
    while (!stopping.signal.aborted) {
      again.delete(queue)
      const job = await repository.claim(queue)
      if (job === undefined) return
      const running: Running = { job, ending: new AbortController() }
      attempts.add(running)
      if (stopping.signal.aborted) lose(running, 'stopping')
      await run(running)
      attempts.delete(running)
    }
  }

  function lose ({ ending }: Running, loss: Loss): void {
    ending.abort(loss)
  }

  async function run (running: Running): Promise<void> {
    const { job } = running
    const about = { job: job.id, kind: job.kind, attempt: job.attempt }
    log.info(about, 'job started')
    const progress = reporter(job)
    const renewing = setInterval(() => check(running), lease * 1000 / 3)
    try {
      await settle(await attempt(running, progress.report))
    } catch (error) {
      // The lease expires, and the job is retried.
      log.warn({ err: error, ...about }, 'could not store the end of a job')
    } finally {
      clearInterval(renewing)
      progress.stop()
    }

    async function settle (end: Attempted | { again: Problem } | Loss): Promise<void> {
      if (end === 'taken') {
        log.info(about, 'job cancelled, or taken over by another replica')
      } else if (end === 'stopping') {
        await repository.release(job, 0)
        log.info(about, 'job returned to the queue')
      } else if ('again' in end) {
        log.warn({ err: end.again, ...about }, 'job postponed')
        await (end.again.code === 'overloaded' ? repository.release(job, retryAfter) : repository.retry(job, end.again))
      } else {
        let failed = false
        const counted = await repository.end(job, end, async session => {
          const problem = 'conclude' in end ? await end.conclude?.(session) : undefined
          failed = problem !== undefined
          return problem
        })
        log.info({ ...about, outcome: !counted ? 'lost' : failed ? 'failed' : end.outcome }, 'job ended')
      }
    }
  }

  /** @returns how it ended, as far as this attempt can tell */
  async function attempt (
    running: Running,
    progress: (progress: JobProgress) => void
  ): Promise<Attempted | { again: Problem } | Loss> {
    const { job, ending: { signal } } = running
    if (signal.aborted) return signal.reason as Loss
    try {
      const handler = handlers[job.kind as JobKind] as JobHandler<object> | undefined
      // A newer version of the service has queued it, and a replica of that version exists.
      if (handler === undefined) {
        return { again: new Problem('overloaded', `this version has no handler for jobs of the kind "${job.kind}"`) }
      }
      const result = await handler.run(job.request, {
        id: job.id,
        origin: job.origin,
        attempt: job.attempt,
        signal,
        idempotency: { idempotencyKey: job.idempotencyKey, requestSha256: job.requestSha256 },
        progress,
        checkpoint: () => renewLease(running, true)
      })
      return typeof result === 'string'
        ? { outcome: 'succeeded', result }
        : { outcome: 'succeeded', result: result.made, conclude: result.conclude }
    } catch (error) {
      if (signal.aborted) return signal.reason as Loss
      if (!(error instanceof Problem)) {
        log.error({ err: error, job: job.id }, 'job failed')
        return {
          outcome: 'failed',
          problem: new Problem('internal', 'The failure is in the log under the id of the job.')
        }
      }
      return retryable.has(error.code) ? { again: error } : { outcome: 'failed', problem: error }
    }
  }

  /** Renews the lease of a job, and aborts the attempt when another replica has taken the job over. */
  async function renewLease (running: Running, resetAttempts = false): Promise<void> {
    if (!await repository.renew(running.job, resetAttempts)) lose(running, 'taken')
  }

  function check (running: Running): void {
    renewLease(running).catch((error: unknown) =>
      log.warn({ err: error, job: running.job.id }, 'could not renew the lease of a job')
    )
  }

  /** Writes the progress of a job, one report at a time. */
  function reporter (job: ClaimedJob) {
    const ended = new AbortController()
    let latest: JobProgress | undefined
    let writing = false

    async function write (): Promise<void> {
      writing = true
      while (latest !== undefined && !ended.signal.aborted) {
        const progress = latest
        latest = undefined
        await repository.report(job, progress).catch((error: unknown) =>
          log.warn({ err: error, job: job.id }, 'could not store the progress of a job')
        )
        await setTimeout(progressInterval, undefined, { signal: ended.signal }).catch(() => {})
      }
      writing = false
    }

    return {
      report (progress: JobProgress): void {
        latest = progress
        if (!writing) {
          write().catch((error: unknown) =>
            log.error({ err: error, job: job.id }, 'the progress of a job is no longer stored')
          )
        }
      },
      stop: () => ended.abort()
    }
  }

  /** Periodic maintenance, by any replica. */
  async function maintain (): Promise<void> {
    try {
      // After a stall of this process its own leases have expired, too, perhaps before anybody noticed.
      for (const running of attempts) await renewLease(running)
      await repository.recover(abandoned)
      for (const queue of jobQueues) kick(queue)
    } catch (error) {
      log.warn({ err: error }, 'could not look for the jobs of lost replicas')
    }
  }

  return {
    kick,

    start (): void {
      const beat = () => {
        maintaining = maintain().finally(() => {
          // Jitter, so that the replicas do not all run at once.
          if (!stopping.signal.aborted) {
            timer = globalThis.setTimeout(beat, lease * 1000 / 3 * (0.75 + 0.5 * Math.random()))
          }
        })
      }
      beat()
    },

    /** Called when a job has ended elsewhere, or may have. */
    check (id: string | null): void {
      for (const running of attempts) {
        if (id === null || id === running.job.id) check(running)
      }
    },

    /** Takes no more jobs, and releases those that run here. */
    async stop (): Promise<void> {
      stopping.abort()
      clearTimeout(timer)
      for (const running of attempts) lose(running, 'stopping')
      await Promise.all([maintaining, ...serving.values()])
    }
  }
}
