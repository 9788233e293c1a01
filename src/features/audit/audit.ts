import { setImmediate } from 'node:timers/promises'
import type { Logger } from 'pino'
import { Problem } from '../../errors.js'
import type { AuditRepository } from './audit-repository.js'

/**
 * When a record is on disk. `strict`: before the answer of its call. `prompt`: changes so, decisions at most a second after
 * the answer, which a `kill -9` can lose. `off`: never.
 */
export type AuditMode = 'strict' | 'prompt' | 'off'

/** What a call was about, as far as its handler knows; names and numbers only, never a template. */
export interface AuditDetails {
  readonly models?: readonly string[]
  /** ids */
  readonly maps?: readonly string[]
  readonly templates?: number
  /** How much a deletion removed: the proof of it. */
  readonly deleted?: { readonly templates: number } & ({ readonly samples: number } | { readonly subjects: number })
  /** probes of an identification that had a candidate above the threshold */
  readonly identified?: number
  readonly decision?: 'match' | 'non-match' | null
}

export interface AuditRecord extends AuditDetails {
  /** ISO 8601 */
  readonly at: string
  readonly request: string
  /** null when no key was needed */
  readonly key: { readonly id: string, readonly prefix: string } | null
  /** As the OpenAPI document names it. */
  readonly operation: string
  /** A change, and an answer that streams, is recorded before it begins and when it has ended; one that became a job when it did, too. */
  readonly phase: 'begun' | 'accepted' | 'ended'
  /** Of the address. */
  readonly params?: object | undefined
  /** Of the request's body, where it says. */
  readonly bytes?: number | undefined
  readonly status?: number
  /** Of the problem that it was answered with. */
  readonly problem?: string | undefined
  /** Address of what it made. */
  readonly made?: string | undefined
  /** Id and end of the job that it became, which has no status. */
  readonly job?: string
  readonly outcome?: 'succeeded' | 'failed' | 'cancelled'
  /** false when the connection was lost before the end of the answer */
  readonly complete?: boolean
}

/** Records that may wait for the database while their answers do not. */
const mostWaiting = 10_000
const mostTogether = 1000
const lost = 'records of the audit are lost: the database does not take them'
/** milliseconds */
const gathering = 50
const retryAfter = 500

interface Entry {
  readonly record: AuditRecord
  /** When somebody waits for it. */
  readonly settle?: { readonly resolve: () => void, readonly reject: (reason: unknown) => void }
}

/** Writes records in the order in which they come, those that come together in one transaction. */
export function createAudit (repository: AuditRepository, mode: AuditMode, log: Logger) {
  let waiting: Entry[] = []
  let timer: NodeJS.Timeout | undefined
  let writing: Promise<void> | undefined
  let closed = false

  function schedule (delay: number): void {
    if (writing !== undefined || closed) return
    if (delay > 0 && timer !== undefined) return
    clearTimeout(timer)
    timer = setTimeout(() => { write() }, delay)
  }

  function write (): Promise<void> {
    clearTimeout(timer)
    timer = undefined
    return (writing ??= writeBatch().finally(() => { writing = undefined }).then(again))
  }

  function again (delay: number): void {
    if (waiting.length > 0) schedule(waiting.some(({ settle }) => settle !== undefined) ? 0 : delay)
  }

  /** @returns milliseconds until the next one, if nobody waits for it */
  async function writeBatch (): Promise<number> {
    const batch = waiting.splice(0, mostTogether)
    if (batch.length === 0) return gathering
    try {
      await repository.append(batch.map(({ record }) => record))
      for (const { settle } of batch) settle?.resolve()
      return gathering
    } catch (error) {
      log.warn({ err: error, records: batch.length }, 'the audit could not be written')
      for (const { settle } of batch) settle?.reject(error)
      // What was answered already is written as soon as it can be.
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

    /** Of a change, or of its beginning. Resolves when the record is on disk. @throws Problem `unavailable` */
    recordChange: append,

    /**
     * Of a decision.
     * @returns undefined when it may be answered at once, as with `prompt` unless as many wait for a database that does not
     *   take them as may; otherwise what resolves when it may, and rejects with Problem `unavailable`
     */
    recordDecision (record: AuditRecord): Promise<void> | undefined {
      if (mode === 'strict' || waiting.length >= mostWaiting) return append(record)
      if (closed) log.error({ records: 1 }, lost)
      waiting.push({ record })
      schedule(gathering)
      return undefined
    },

    list: repository.list,

    /** Writes what waits. */
    async close (): Promise<void> {
      // Connections that were lost just now say so a little later.
      await setImmediate()
      await writing
      while (waiting.length > 0) {
        const before = waiting.length
        await write()
        if (waiting.length >= before) break
      }
      closed = true
      clearTimeout(timer)
      if (waiting.length > 0) log.error({ records: waiting.length }, lost)
    }
  }
}
