import type { ClientBase, PoolClient } from 'pg'
import { Problem } from '../../errors.js'
import { describeFailure, isConnectionFailure } from './failures.js'
import { traced } from '../tracing/spans.js'
import type { Session, TransactionOptions } from './database.js'

/** Queries and transactions over a pg pool, the same for a server and for PGlite. */
export interface Sessions extends Session {
  transaction<T>(work: (session: Session) => Promise<T>, options?: TransactionOptions): Promise<T>
  /** Runs a script of several statements; if it fails, an open transaction is rolled back. */
  script(text: string): Promise<void>
  /** Checks out a client for `work`. */
  lease<T>(work: (client: PoolClient) => Promise<T>): Promise<T>
}

/** A session over one client, which throws the errors of the store. */
export function sessionOf (client: ClientBase, onFailure?: (error: unknown) => void): Session {
  return {
    async query (text, values) {
      try {
        const result = await traced(
          'database',
          async () => await client.query(text, values === undefined ? undefined : [...values]),
          { 'db.system.name': 'postgresql' }
        )
        return { rows: result.rows, rowCount: result.rowCount ?? 0 }
      } catch (error) {
        onFailure?.(error)
        throw withStatement(describeFailure(error), text)
      }
    }
  }
}

/** Tells the log which statement took too long: its text, never its values. */
function withStatement (failure: Error, text: string): Error {
  if (failure instanceof Problem && failure.code === 'database-timeout' && failure.cause instanceof Error) {
    failure.cause.message += `, in: ${text.replace(/\s+/g, ' ').trim()}`
  }
  return failure
}

/**
 * @param connect gives a client of a pool
 * @param discard whether to discard a client whose connection failed. Not for PGlite: its single session, with any open
 *   transaction, continues under the next client.
 * @param onFailure called with every error of the driver
 */
export function createSessions (
  connect: () => Promise<PoolClient>,
  discard: boolean,
  onFailure: (error: unknown) => void = () => {}
): Sessions {
  async function lease<T> (work: (client: PoolClient) => Promise<T>): Promise<T> {
    return await within((client) => work(client))
  }

  async function within<T> (
    work: (client: PoolClient, session: Session, note: (error: unknown) => void) => Promise<T>
  ): Promise<T> {
    const client = await connect().catch((error: unknown) => {
      throw describeFailure(error)
    })
    let broken = false
    const note = (error: unknown) => {
      broken ||= isConnectionFailure(error)
      onFailure(error)
    }
    const session = sessionOf(client, note)
    try {
      return await work(client, session, note)
    } finally {
      client.release(discard && broken)
    }
  }

  return {
    lease,

    async query (text, values) {
      return await within((_client, session) => session.query(text, values))
    },

    async script (text) {
      await within(async (_client, session) => {
        await session.query(text).catch(async (error: unknown) => {
          await session.query('ROLLBACK').catch(() => {})
          throw error
        })
      })
    },

    async transaction (work, options = {}) {
      return await within(async (client, session, note) => {
        await session.query(
          options.snapshot === true
            ? 'BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY'
            : 'BEGIN ISOLATION LEVEL READ COMMITTED'
        )
        let result
        try {
          result = await work(session)
        } catch (error) {
          // The first error is the one to report; a connection on which ROLLBACK fails has lost its transaction anyway.
          await session.query('ROLLBACK').catch(() => {})
          throw error
        }
        const { command } = await client.query('COMMIT').catch((error: unknown) => {
          note(error)
          throw describeFailure(error)
        })
        // Postgres answers COMMIT of a failed transaction with ROLLBACK and no error.
        if (command !== 'COMMIT') throw new Error('The transaction was rolled back: one of its statements had failed')
        return result
      })
    }
  }
}
