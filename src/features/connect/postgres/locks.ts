import { setTimeout as delay } from 'node:timers/promises'
import { Problem, StartupError } from '../../../errors.js'
import type { Database, Session } from '../../../platform/database/database.js'
import { sessionOf } from '../../../platform/database/sessions.js'
import { quoteTable } from './names.js'
import type { Table, TableChoice } from './table.js'

/**
 * Milliseconds to wait for a lock of others. Below a second Postgres looks for no deadlock, so that it is never the
 * application that is cut off.
 */
export const lockWait = 500
/** How often a lock of the whole table is tried for, with pauses in which everybody goes on. */
const lockAttempts = 20

/** Does something in a transaction while nobody else has the table. */
export type Alone = <T>(work: (session: Session) => Promise<T>) => Promise<T>

/** Whoever comes while it waits for the lock waits behind it, so that it gives up soon and tries again. */
export function createAlone (database: Database, table: Table): Alone {
  const attempt = async <T>(work: (session: Session) => Promise<T>, onLocked: () => void): Promise<T> =>
    // Without the limits of a statement.
    await database.dedicated(async client => {
      const session = sessionOf(client)
      await client.query('BEGIN')
      try {
        await session.query(`SET LOCAL lock_timeout = ${lockWait}`)
        await session.query(`LOCK TABLE ${table.sql} IN ACCESS EXCLUSIVE MODE`)
        onLocked()
        const result = await work(session)
        await client.query('COMMIT')
        return result
      } catch (error) {
        await client.query('ROLLBACK').catch(() => {})
        throw error
      }
    })
  return async work => {
    for (let attempts = 1;; attempts++) {
      let locked = false
      try {
        return await attempt(work, () => {
          locked = true
        })
      } catch (error) {
        if (locked || !isLockFailure(error)) throw error
        if (attempts === lockAttempts) {
          throw new StartupError(
            `${table.name}: expected the table to be free for a moment, somebody held it at ${lockAttempts} attempts. ` +
              'End long transactions, then run the same command again',
            { cause: error }
          )
        }
      }
      await delay(lockWait * Math.min(attempts, 4) * Math.random())
    }
  }
}

/**
 * Holds a lock by which one run at a time works on a column, whatever name led to its table. Embedded databases have
 * one process anyway.
 */
export async function onlyRun<T> (database: Database, choice: TableChoice, work: () => Promise<T>): Promise<T> {
  if (database.kind === 'embedded') return await work()
  return await database.dedicated(async client => {
    for (let attempts = 1;; attempts++) {
      const { rows: [lock] } = await client.query<{ taken: boolean }>(
        `SELECT pg_try_advisory_lock(
          hashtextextended('crosswalk connect ' || coalesce(to_regclass($1)::oid::text, $1) || ' ' || $2, 0)
        ) AS taken`,
        [quoteTable(choice.table), choice.column]
      )
      if (lock?.taken === true) return await work()
      // The server notices the end of a killed process when its statement ends.
      if (attempts === lockAttempts) {
        throw new StartupError(`${choice.table}: expected no other run on ${choice.column}, found one`)
      }
      await delay(lockWait)
    }
  })
}

/** Whether a statement gave up waiting for a lock, or was chosen to end a deadlock: callers are told `unavailable`. */
export const isLockFailure = (error: unknown): boolean =>
  error instanceof Problem && ['55P03', '40P01'].includes(String((error.cause as { code?: unknown } | undefined)?.code))
