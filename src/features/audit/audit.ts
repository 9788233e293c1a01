import { setImmediate } from 'node:timers/promises'
import type { Logger } from 'pino'
import { Problem } from '../../errors.js'
import type { AuditRepository } from './audit-repository.js'

/**
 * When a record is on disk. `strict`: before the response to its call. `prompt`: the same for changes; decisions at
 * most a second after the response, so that a `kill -9` can lose them. `off`: never.
 */
export type AuditMode = 'strict' | 'prompt' | 'off'

/** What a call was about, as far as its handler knows; names and numbers only, never a template. */
export interface AuditDetails {
  readonly models?: readonly string[]
  /** ids */
  readonly maps?: readonly string[]
  readonly templates?: number
  /** scores of a matrix */
  readonly comparisons?: number
  /** How much a deletion removed, as proof of it. */
  readonly deleted?: { readonly templates: number } & ({ readonly samples: number } | { readonly subjects: number })
  /** probes of an identification that had a candidate above the threshold */
  readonly identified?: number
  readonly decision?: 'match' | 'non-match' | null
}

export interface AuditRecord extends AuditDetails {
  /** ISO 8601 */
  readonly at: string
  readonly request: string
  /** null when no key was required */
  readonly key: { readonly id: string, readonly prefix: string } | null
  /** As in the OpenAPI document. */
  readonly operation: string
  /**
   * A change or a streamed response is recorded before it begins and when it has ended. A call that became a job is
   * also recorded when it did.
   */
  readonly phase: 'begun' | 'accepted' | 'ended'
  /** Parameters of the address. */
  readonly params?: object | undefined
  /** Size of the request's body, if known. */
  readonly bytes?: number | undefined
  readonly status?: number
  /** Code of the problem in the response. */
  readonly problem?: string | undefined
  /** Address of the created resource. */
  readonly made?: string | undefined
  /** Id and end of the job that the call became; a job has no status. */
  readonly job?: string
  readonly outcome?: 'succeeded' | 'failed' | 'cancelled'
  /** false when the connection was lost before the end of the response */
  readonly complete?: boolean
}

/** Maximum number of records that wait for the database after their calls were answered. */
const maxWaiting = 10_000
const maxBatch = 1000
const lostMessage = 'audit records are lost: the database does not accept them'
/** Milliseconds for which records are gathered into a batch. */
const batchDelay = 50
const retryAfter = 500

interface Entry {
  readonly record: AuditRecord
  /** Present when a caller waits for it. */
  readonly settle?: { readonly resolve: () => void, readonly reject: (reason: unknown) => void }
}

/** Writes records in the order in which they arrive, those that arrive together in one transaction. */
export function createAudit (repository: AuditRepository, mode: AuditMode, log: Logger) {
  let waiting: Entry[] = []
  let timer: NodeJS.Timeout | undefined
  let writing: Promise<void> | undefined
  let closed = false

  function schedule (delay: number): void {
    if (writing !== undefined || closed) return
    if (delay > 0 && timer !== undefined) return
    clearTimeout(timer)
    timer = setTimeout(() => {
      write()
    }, delay)
  }

  function write (): Promise<void> {
    clearTimeout(timer)
    timer = undefined
    return (writing ??= writeBatch().finally(() => {
      writing = undefined
    }).then(scheduleNext))
  }

  function scheduleNext (delay: number): void {
    if (waiting.length > 0) schedule(waiting.some(({ settle }) => settle !== undefined) ? 0 : delay)
  }

  /** @returns milliseconds until the next batch, if no caller waits for it */
  async function writeBatch (): Promise<number> {
    const batch = waiting.splice(0, maxBatch)
    if (batch.length === 0) return batchDelay
    try {
      await repository.append(batch.map(({ record }) => record))
      for (const { settle } of batch) settle?.resolve()
      return batchDelay
    } catch (error) {
      log.warn({ err: error, records: batch.length }, 'could not write the audit')
      for (const { settle } of batch) settle?.reject(error)
      // Records whose calls were answered already are retried as soon as possible.
      waiting = [...batch.filter(({ settle }) => settle === undefined), ...waiting]
      return retryAfter
    }
  }

  /** Resolves when the record is on disk. @throws Problem `unavailable` when the database does not take it */
  function append (record: AuditRecord): Promise<void> {
    if (closed) return Promise.reject(new Problem('unavailable', 'the service is shutting down'))
    return new Promise((resolve, reject) => {
      waiting.push({ record, settle: { resolve, reject } })
      schedule(0)
    })
  }

  return {
    mode,

    /** Records a change, or its beginning. Resolves when the record is on disk. @throws Problem `unavailable` */
    recordChange: append,

    /**
     * Records a decision.
     * @returns undefined when the call may be answered at once: with `prompt`, unless the maximum number of records
     *   waits for an unavailable database. Otherwise a promise that resolves when the call may be answered, and rejects
     *   with Problem `unavailable`
     */
    recordDecision (record: AuditRecord): Promise<void> | undefined {
      if (mode === 'strict' || waiting.length >= maxWaiting) return append(record)
      if (closed) log.error({ records: 1 }, lostMessage)
      waiting.push({ record })
      schedule(batchDelay)
      return undefined
    },

    list: repository.list,

    /** Number of records that wait for the database. */
    waiting: () => waiting.length,

    /** Writes the records that wait. */
    async close (): Promise<void> {
      // Connections that were lost just now report it a little later.
      await setImmediate()
      await writing
      while (waiting.length > 0) {
        const before = waiting.length
        await write()
        if (waiting.length >= before) break
      }
      closed = true
      clearTimeout(timer)
      if (waiting.length > 0) log.error({ records: waiting.length }, lostMessage)
    }
  }
}

export type Audit = ReturnType<typeof createAudit>
