import { generateToken, parseToken, sameSecret, type ParsedKey } from './api-key.js'
import type { StoredApiKey } from './api-keys-repository.js'
import type { Caller, Refusal } from './caller.js'
import { createKeyCache } from './key-cache.js'
import type { FoundSession, SessionRepository } from './sessions-repository.js'

/**
 * Milliseconds that a session lasts. It is not prolonged: a browser that somebody walked away from is signed out within
 * the hour.
 */
export const sessionLength = 3_600_000

/** The part of access that sessions ask about keys. */
interface Keys {
  /** @throws Problem `unavailable` when the database does not answer */
  byPrefix(prefix: string): Promise<StoredApiKey | Refusal>
}

export interface OpenSession {
  readonly caller: Caller
  /** ISO 8601. */
  readonly expiresAt: string
}

/**
 * Sessions of browsers. The browser holds a token of its own and never the key. A session ends with its key, whose
 * state is checked each time.
 */
export function createSessions (repository: SessionRepository, keys: Keys) {
  const cache = createKeyCache<FoundSession>(repository)

  async function find (token: ParsedKey): Promise<OpenSession | Refusal> {
    const found = await cache.find(token.prefix)
    if (found === undefined || !sameSecret(found.secretSha256, token.secretSha256)) return 'unknown'
    return await stateOf(found)
  }

  async function stateOf ({ key: { keyPrefix, expiresAt } }: FoundSession): Promise<OpenSession | Refusal> {
    if (Date.parse(expiresAt) <= Date.now()) return 'expired'
    const caller = await keys.byPrefix(keyPrefix)
    return typeof caller === 'string' ? caller : { caller, expiresAt }
  }

  return {
    /** Opens a session for the bearer of a key. The token is in the result and nowhere else. */
    async open (
      key: Pick<StoredApiKey, 'id'> & { expiresAt?: string | null }
    ): Promise<{ token: string, expiresAt: string }> {
      const end = Math.min(Date.now() + sessionLength, key.expiresAt == null ? Infinity : Date.parse(key.expiresAt))
      const expiresAt = new Date(end).toISOString()
      const token = generateToken('cws')
      await repository.insert({ ...parseToken('cws', token)!, keyId: key.id, expiresAt })
      return { token, expiresAt }
    },

    /** @throws Problem `unavailable` when the database does not answer */
    async authenticate (text: string): Promise<OpenSession | Refusal> {
      const token = parseToken('cws', text)
      return token === undefined ? 'malformed' : await find(token)
    },

    /** Ends the session of a token; does nothing when there is none. */
    async end (text: string): Promise<void> {
      const token = parseToken('cws', text)
      if (token === undefined || typeof await find(token) === 'string') return
      await repository.remove(token.prefix)
      cache.forget(token.prefix)
    },

    /** Why a session that was accepted earlier would be refused now; undefined when it would be accepted. */
    async refusalNow (prefix: string): Promise<Refusal | undefined> {
      const found = await cache.find(prefix)
      const state = found === undefined ? 'unknown' : await stateOf(found)
      return typeof state === 'string' ? state : undefined
    },

    /** For notifications of the database. */
    changed: cache.forget
  }
}
