import type { ApiKeyRepository } from './api-keys-repository.js'

type Found = NonNullable<Awaited<ReturnType<ApiKeyRepository['findByPrefix']>>>
interface Entry { readonly found: Found, readonly until: number }

/**
 * How long a key is believed without asking, ms. A revocation is told by a notification, within milliseconds; this bounds how
 * long a replica whose connection for notifications broke silently would let a revoked key in.
 */
export const freshness = 5000
/** Keys that are held at once; there are rarely more than hundreds. */
const capacity = 10_000

/**
 * Keys by prefix. With a database query for every request instead, a replica did 1,290 translations of one template
 * in a second where it does 1,900 (Postgres on the same machine, 16 callers), and 640 where it does 2,760 on the embedded
 * database, whose one connection they would share with every upload. Unknown prefixes are not held: anybody can think of
 * as many as they like.
 */
export function createKeyCache (repository: Pick<ApiKeyRepository, 'findByPrefix'>, now: () => number = Date.now) {
  const entries = new Map<string, Entry>()
  // What was read before a change became known may be older than the change, and is not kept.
  let changes = 0

  return {
    /** @throws Problem `unavailable` when the database does not answer: nobody is let in on a guess */
    async find (prefix: string): Promise<Found | undefined> {
      const entry = entries.get(prefix)
      if (entry !== undefined && now() < entry.until) return entry.found
      const before = changes
      const until = now() + freshness
      const found = await repository.findByPrefix(prefix)
      entries.delete(prefix)
      if (found !== undefined && before === changes) {
        if (entries.size >= capacity) entries.delete(entries.keys().next().value!)
        entries.set(prefix, { found, until })
      }
      return found
    },

    /** @param prefix of the key that changed; null when it is not known which did */
    forget (prefix: string | null): void {
      changes++
      if (prefix === null) entries.clear()
      else entries.delete(prefix)
    }
  }
}
