import type { Logger } from 'pino'
import { Problem } from '../../errors.js'
import type { Disclosure } from '../../science/scores/disclosure.js'
import type { ApiKeyRepository, ModelPair, Scope, StoredApiKey } from './api-keys-repository.js'
import type { Page, PageRequest } from '../../platform/database/page.js'
import { generateKey, parseKey, sameSecret } from './api-key.js'
import { createKeyCache } from './key-cache.js'
import { createLastUses } from './last-uses.js'
import { createLimits } from './limits.js'

/** What is asked for when a key is issued; absent limits do not limit. */
export interface KeyRequest {
  readonly name: string
  readonly scopes: readonly Scope[]
  readonly translatePairs?: ModelPair[] | undefined
  readonly templatesPerDay?: number | undefined
  readonly requestsPerMinute?: number | undefined
  /** `none` when absent for keys that may search galleries, else `exact` */
  readonly scores?: Disclosure | undefined
  /** Moment as ISO 8601. */
  readonly expiresAt?: string | undefined
}

/** Why a key does not let its bearer in. `unknown` covers a wrong secret: who guesses is not told how close it was. */
export type Refusal = 'malformed' | 'unknown' | 'expired' | 'revoked'

/** Who calls. */
export type Caller = Pick<
  StoredApiKey,
  | 'id'
  | 'prefix'
  | 'name'
  | 'scopes'
  | 'translatePairs'
  | 'templatesPerDay'
  | 'requestsPerMinute'
  | 'limitsComparisons'
  | 'scores'
>

/**
 * Issues a key. The secret leaves with the answer and is nowhere else.
 * @throws Problem `request-invalid` when it would never be of use
 */
export async function issueKey (
  repository: ApiKeyRepository,
  request: KeyRequest
): Promise<{ key: string, stored: StoredApiKey }> {
  const { name, scopes, translatePairs = null, templatesPerDay = null, requestsPerMinute = null } = request
  requireScopesFor(scopes, ['translate', 'verify', 'identify'], { translatePairs, templatesPerDay })
  requireScopesFor(scopes, ['verify', 'identify'], { scores: request.scores ?? null })
  // What a search tells of its scores are templates of other people, read one number a call; a verification has both
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

/** @throws Problem `request-invalid` when a limit is given that none of the scopes is for */
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

/** Who may do what: keys, their scopes and budgets. */
export function createAccess (repository: ApiKeyRepository, log: Logger) {
  const cache = createKeyCache(repository)
  const lastUses = createLastUses(repository, log)

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
     * Who the bearer of a key is, at this moment.
     * @throws Problem `unavailable` when it cannot be found out
     */
    async authenticate (text: string): Promise<Caller | Refusal> {
      const parsed = parseKey(text)
      if (parsed === undefined) return 'malformed'
      const found = await cache.find(parsed.prefix)
      if (found === undefined || !sameSecret(found.secretSha256, parsed.secretSha256)) return 'unknown'
      const { key } = found
      // Only who has the secret is told more.
      const ended = endOf(key)
      if (ended !== undefined) return ended
      lastUses.note(key.id)
      return key
    },

    /**
     * Why a key that let its bearer in would not do so now; undefined when it would.
     * @throws Problem `unavailable` when it cannot be found out
     */
    async refusalNow (prefix: string): Promise<Refusal | undefined> {
      const found = await cache.find(prefix)
      return found === undefined ? 'unknown' : endOf(found.key)
    },

    ...createLimits(repository),

    /** For notifications of the database. */
    changed: cache.forget,
    recordUses: lastUses.write,
    close: lastUses.close
  }
}

export type Access = ReturnType<typeof createAccess>
