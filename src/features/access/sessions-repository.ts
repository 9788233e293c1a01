import type { Database } from '../../platform/database/database.js'
import { apiKeysChanged } from './api-keys-repository.js'

/** A session of a browser, with the hash of its secret. */
export interface FoundSession {
  readonly key: {
    readonly prefix: string
    /** Of the API key that the session was opened with. */
    readonly keyPrefix: string
    readonly expiresAt: string
  }
  readonly secretSha256: Buffer
}

/** Sessions that one key may have at once; the oldest makes room. Somebody with many tabs has one. */
const maxPerKey = 50

/** The sessions of browsers, each with the hash of its secret. */
export function createSessionRepository (database: Database) {
  return {
    /** Stores a session, and removes expired ones and those beyond the maximum of the key. */
    async insert (session: { prefix: string, secretSha256: Buffer, keyId: string, expiresAt: string }): Promise<void> {
      await database.query('DELETE FROM browser_sessions WHERE expires_at <= now()')
      await database.query(
        `DELETE FROM browser_sessions WHERE prefix IN (
           SELECT prefix FROM browser_sessions WHERE key_id = $1 ORDER BY created_at DESC, prefix OFFSET $2)`,
        [session.keyId, maxPerKey - 1]
      )
      await database.query(
        'INSERT INTO browser_sessions (prefix, secret_sha256, key_id, expires_at) VALUES ($1, $2, $3, $4)',
        [session.prefix, session.secretSha256, session.keyId, session.expiresAt]
      )
    },

    async findByPrefixes (prefixes: readonly string[]): Promise<FoundSession[]> {
      const { rows } = await database.query<
        { prefix: string, secret_sha256: Uint8Array, key_prefix: string, expires_at: Date }
      >(
        `SELECT s.prefix, s.secret_sha256, s.expires_at, k.prefix AS key_prefix
         FROM browser_sessions AS s JOIN api_keys AS k ON k.id = s.key_id WHERE s.prefix = ANY ($1::text[])`,
        [prefixes]
      )
      return rows.map(row => ({
        key: { prefix: row.prefix, keyPrefix: row.key_prefix, expiresAt: row.expires_at.toISOString() },
        secretSha256: Buffer.from(row.secret_sha256)
      }))
    },

    /** Ends a session for every replica. */
    async remove (prefix: string): Promise<void> {
      await database.transaction(async session => {
        await session.query('DELETE FROM browser_sessions WHERE prefix = $1', [prefix])
        await session.query('SELECT pg_notify($1, $2)', [apiKeysChanged, prefix])
      })
    }
  }
}

export type SessionRepository = ReturnType<typeof createSessionRepository>
