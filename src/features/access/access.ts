import type { Logger } from 'pino'
import { Problem } from '../../errors.js'
import type { Disclosure } from '../../science/scores/disclosure.js'
import type { ApiKeyRepository, ModelPair, Scope, StoredApiKey } from './api-keys-repository.js'
import type { Page, PageRequest } from '../../platform/database/page.js'
import { generateKey, parseKey, sameSecret } from './api-key.js'
import type { Refusal } from './caller.js'
import { createKeyCache } from './key-cache.js'
import { createLastUses } from './last-uses.js'
import { createLimits } from './limits.js'
import type { SessionRepository } from './sessions-repository.js'
import { createSessions } from './sessions.js'

/** The request for a new key; an absent limit means no limit. */
export interface KeyRequest {
  readonly name: string
  readonly scopes: readonly Scope[]
  readonly translatePairs?: ModelPair[] | undefined
  readonly templatesPerDay?: number | undefined
  readonly requestsPerMinute?: number | undefined
  /** `none` when absent for keys that may search galleries, else `exact` */
  readonly scores?: Disclosure | undefined
  /** ISO 8601. */
  readonly expiresAt?: string | undefined
}

/**
 * Issues a key. The secret is in the response and nowhere else.
 * @throws Problem `request-invalid` when the key could never be used
 */
export async function issueKey (
  repository: ApiKeyRepository,
  request: KeyRequest
): Promise<{ key: string, stored: StoredApiKey }> {
  const { name, scopes, translatePairs = null, templatesPerDay = null, requestsPerMinute = null } = request
  requireScopesFor(scopes, ['translate', 'verify', 'identify'], { translatePairs, templatesPerDay })
  requireScopesFor(scopes, ['verify', 'identify'], { scores: request.scores ?? null })
  // The scores of a search reveal other people's templates, one number per call; a verification gets both templates
  // from its caller.
  const scores = request.scores ?? (scopes.includes('identify') ? 'none' : 'exact')
  const expiresAt = request.expiresAt === undefined ? null : readMoment(request.expiresAt)
  const key = generateKey()
  const { prefix, secretSha256 } = parseKey(key)!
  await repository.insert({
    prefix,
    secretSha256,
    name,
    scopes: [...new Set(scopes)],
    translatePairs,
    templatesPerDay,
    requestsPerMinute,
    limitsComparisons: true,
    scores,
    expiresAt
  })
  return { key, stored: (await repository.findByPrefix(prefix))!.key }
}

function readMoment (text: string): string {
  const moment = Date.parse(text)
  if (!(moment > Date.now() && moment < Date.parse('9999-01-01'))) {
    throw new Problem(
      'request-invalid',
      `expiresAt: expected a moment in the future such as "2030-01-31T00:00:00Z", received ${JSON.stringify(text)}`
    )
  }
  return new Date(moment).toISOString()
}

function endOf ({ revokedAt, expiresAt }: StoredApiKey): 'revoked' | 'expired' | undefined {
  if (revokedAt !== null) return 'revoked'
  return expiresAt !== null && Date.parse(expiresAt) <= Date.now() ? 'expired' : undefined
}

/** @throws Problem `request-invalid` when a limit is given that applies to none of the scopes */
function requireScopesFor (
  scopes: readonly Scope[],
  limited: readonly Scope[],
  limits: Readonly<Record<string, unknown>>
): void {
  if (scopes.some(scope => limited.includes(scope))) return
  const given = Object.keys(limits).find(name => limits[name] !== null)
  if (given === undefined) return
  throw new Problem(
    'request-invalid',
    `${given}: expected only with one of the scopes ${limited.map(name => `"${name}"`).join(', ')}, received with ${
      scopes.join(', ')
    }`
  )
}

/** Access control: keys, their scopes and budgets. */
export function createAccess (repository: ApiKeyRepository, sessionRepository: SessionRepository, log: Logger) {
  const cache = createKeyCache(repository)
  const lastUses = createLastUses(repository, log)
  const sessions = createSessions(sessionRepository, { byPrefix: usable })

  /** The key of a prefix, if it may be used now; only for who has shown its secret, now or at sign-in. */
  async function usable (prefix: string): Promise<StoredApiKey | Refusal> {
    const found = await cache.find(prefix)
    if (found === undefined) return 'unknown'
    const ended = endOf(found.key)
    if (ended !== undefined) return ended
    lastUses.note(found.key.id)
    return found.key
  }

  return {
    async issue (request: KeyRequest): Promise<{ key: string, stored: StoredApiKey }> {
      const issued = await issueKey(repository, request)
      // Somebody may have tried its prefix just before.
      cache.forget(issued.stored.prefix)
      return issued
    },
    list: (page: PageRequest): Promise<Page<StoredApiKey>> => repository.list(page),

    /**
     * This replica refuses the key from here on, the others once they are notified. @throws Problem `api-key-unknown`
     */
    async revoke (id: string): Promise<StoredApiKey> {
      const key = await repository.revoke(id)
      cache.forget(key.prefix)
      return key
    },

    /**
     * Authenticates the bearer of a key.
     * @throws Problem `unavailable` when the database does not answer
     */
    async authenticate (text: string): Promise<StoredApiKey | Refusal> {
      const parsed = parseKey(text)
      if (parsed === undefined) return 'malformed'
      const found = await cache.find(parsed.prefix)
      // Only the bearer of the secret is told more.
      if (found === undefined || !sameSecret(found.secretSha256, parsed.secretSha256)) return 'unknown'
      return await usable(parsed.prefix)
    },

    /** Sessions of browsers, opened with a key. */
    sessions,

    /**
     * Why a key that was accepted earlier would be refused now; undefined when it would be accepted.
     * @throws Problem `unavailable` when the database does not answer
     */
    async refusalNow (prefix: string): Promise<Refusal | undefined> {
      const found = await cache.find(prefix)
      return found === undefined ? 'unknown' : endOf(found.key)
    },

    ...createLimits(repository),

    /** For notifications of the database. @param prefix of a key or a session; null when it is not known which */
    changed (prefix: string | null): void {
      cache.forget(prefix)
      sessions.changed(prefix)
    },
    recordUses: lastUses.write,
    close: lastUses.close
  }
}
