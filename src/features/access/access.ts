import type { Logger } from 'pino'
import { Problem } from '../../errors.js'
import type { ApiKeyRepository, ModelPair, Scope, StoredApiKey } from './api-keys-repository.js'
import type { Page, PageRequest } from '../../platform/database/page.js'
import { generateKey, parseKey, sameSecret } from './api-key.js'
import { createKeyCache } from './key-cache.js'
import { createLastUses } from './last-uses.js'

/** What is asked for when a key is issued; absent limits do not limit. */
export interface KeyRequest {
  readonly name: string
  readonly scopes: readonly Scope[]
  readonly translatePairs?: ModelPair[] | undefined
  readonly templatesPerDay?: number | undefined
  readonly requestsPerMinute?: number | undefined
  /** Moment as ISO 8601. */
  readonly expiresAt?: string | undefined
}

/** Why a key does not let its bearer in. `unknown` covers a wrong secret: who guesses is not told how close it was. */
export type Refusal = 'malformed' | 'unknown' | 'expired' | 'revoked'

/** Who calls. */
export type Caller = Pick<StoredApiKey, 'id' | 'prefix' | 'name' | 'scopes' | 'translatePairs' | 'templatesPerDay' | 'requestsPerMinute'>

/**
 * Issues a key. The secret leaves with the answer and is nowhere else.
 * @throws Problem `request-invalid` when it would never be of use
 */
export async function issueKey (repository: ApiKeyRepository, request: KeyRequest): Promise<{ key: string, stored: StoredApiKey }> {
  const { name, scopes, translatePairs = null, templatesPerDay = null, requestsPerMinute = null } = request
  if (!scopes.includes('translate')) {
    for (const [option, value] of Object.entries({ translatePairs, templatesPerDay })) {
      if (value !== null) throw new Problem('request-invalid', `${option}: expected only with the scope "translate", received with ${scopes.join(', ')}`)
    }
  }
  const expiresAt = request.expiresAt === undefined ? null : readMoment(request.expiresAt)
  const key = generateKey()
  const { prefix, secretSha256 } = parseKey(key)!
  await repository.insert({ prefix, secretSha256, name, scopes: [...new Set(scopes)], translatePairs, templatesPerDay, requestsPerMinute, expiresAt })
  return { key, stored: (await repository.findByPrefix(prefix))!.key }
}

function readMoment (text: string): string {
  const moment = Date.parse(text)
  if (!(moment > Date.now() && moment < Date.parse('9999-01-01'))) {
    throw new Problem('request-invalid', `expiresAt: expected a moment in the future such as "2030-01-31T00:00:00Z", received ${JSON.stringify(text)}`)
  }
  return new Date(moment).toISOString()
}

/** As many pairs as a message holds. */
function describePairs (pairs: readonly ModelPair[]): string {
  const shown = pairs.slice(0, 8).map(({ source, target }) => `"${source}" to "${target}"`).join(', ')
  return pairs.length > 8 ? `${shown} or ${pairs.length - 8} others` : shown
}

/** Who may do what: keys, their scopes and budgets. */
export function createAccess (repository: ApiKeyRepository, log: Logger) {
  const cache = createKeyCache(repository)
  const lastUses = createLastUses(repository, log)

  return {
    issue: (request: KeyRequest) => issueKey(repository, request),
    list: (page: PageRequest): Promise<Page<StoredApiKey>> => repository.list(page),

    /** This replica refuses the key from here on, the others once they are notified. @throws Problem `api-key-unknown` */
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
      if (key.revokedAt !== null) return 'revoked'
      if (key.expiresAt !== null && Date.parse(key.expiresAt) <= Date.now()) return 'expired'
      lastUses.note(key.id)
      return key
    },

    /**
     * Lets a translation pass, and takes its templates from the caller's budget of the day.
     *
     * @param sources models of the templates
     * @throws Problem `pair-forbidden`, `budget-exhausted`
     */
    async admitTranslation (caller: Caller, sources: readonly string[], target: string, templates: number): Promise<void> {
      const { translatePairs: pairs, templatesPerDay: budget } = caller
      for (const source of pairs === null ? [] : sources) {
        if (pairs!.some(pair => pair.source === source && pair.target === target)) continue
        throw new Problem('pair-forbidden', `expected ${describePairs(pairs!)}, which the key is for, received "${source}" to "${target}"`)
      }
      if (budget === null) return
      const { taken, left, resetsIn } = await repository.spend(caller.id, templates, budget)
      if (taken) return
      throw new Problem('budget-exhausted', `expected at most ${left} templates, what is left today of the ${budget} a day that the key is for, received ${templates}`,
        { budget: { templatesPerDay: budget, left, resetsIn } })
    },

    /** For notifications of the database. */
    changed: cache.forget,
    recordUses: lastUses.write,
    close: lastUses.close
  }
}

export type Access = ReturnType<typeof createAccess>
