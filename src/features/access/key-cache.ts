import type { FoundKey } from './api-keys-repository.js'

/** What is found by its prefix: an API key, or the session of a browser. */
interface Found {
  readonly key: { readonly prefix: string }
}
interface Entry<T> {
  readonly found: T
  readonly until: number
}
interface Lookup<T> {
  readonly promise: Promise<T | undefined>
  readonly resolve: (found: T | undefined) => void
  readonly reject: (reason: unknown) => void
}

/**
 * How long a key is cached, ms. A notification reports a revocation within milliseconds; this bounds how long a replica
 * whose connection for notifications broke silently would accept a revoked key.
 */
export const freshness = 5000
/** How long an unknown prefix is cached, ms: a client that retries one wrong key costs one query per second. */
export const unknownFor = 1000
/**
 * Pause between the end of one query and the start of the next, ms: at most a hundred queries per second, however many
 * prefixes are made up.
 */
const pause = 10
/** Maximum number of cached keys, and of cached unknown prefixes; there are rarely more than hundreds of keys. */
const capacity = 10_000

/**
 * Keys by prefix. With a database query per request instead, a replica did 1,290 translations of one template per
 * second instead of 1,900 (Postgres on the same machine, 16 callers), and 640 instead of 2,760 on the embedded
 * database, whose one connection the queries would share with every upload.
 *
 * Anybody can make up prefixes. All look-ups that arrive while a query runs share the next one, and one runs at a time:
 * a flood of them takes at most one connection of the pool, and a key that is new to this replica waits with them for
 * that one query. Unknown prefixes are cached apart from keys, so they cannot evict any.
 */
export function createKeyCache<T extends Found = FoundKey> (
  repository: { findByPrefixes(prefixes: readonly string[]): Promise<T[]> },
  now: () => number = Date.now
) {
  const entries = new Map<string, Entry<T>>()
  /** prefixes that no key has, and until when that is cached */
  const unknown = new Map<string, number>()
  let waiting = new Map<string, Lookup<T>>()
  let busy = false
  // Anything read before a change became known may be older than the change, and is not cached.
  let changes = 0

  function lookUp (): void {
    if (busy || waiting.size === 0) return
    busy = true
    const lookups = waiting
    waiting = new Map()
    const [before, time] = [changes, now()]
    repository.findByPrefixes([...lookups.keys()]).then(keys => {
      const found = new Map(keys.map(each => [each.key.prefix, each]))
      for (const [prefix, { resolve }] of lookups) {
        if (before === changes) cacheKey(prefix, found.get(prefix), time)
        resolve(found.get(prefix))
      }
    }, (error: unknown) => {
      for (const { reject } of lookups.values()) reject(error)
    }).finally(() => {
      setTimeout(() => {
        busy = false
        lookUp()
      }, pause)
    })
  }

  function cacheKey (prefix: string, found: T | undefined, time: number): void {
    entries.delete(prefix)
    unknown.delete(prefix)
    if (found === undefined) setBounded(unknown, prefix, time + unknownFor)
    else setBounded(entries, prefix, { found, until: time + freshness })
  }

  return {
    /** @throws Problem `unavailable` when the database does not answer: no key is accepted on a guess */
    async find (prefix: string): Promise<T | undefined> {
      const entry = entries.get(prefix)
      if (entry !== undefined && now() < entry.until) return entry.found
      if (now() < (unknown.get(prefix) ?? 0)) return undefined
      // A query that already runs may have read a state from before a change.
      let lookup = waiting.get(prefix)
      if (lookup === undefined) {
        lookup = createLookup<T>()
        waiting.set(prefix, lookup)
      }
      lookUp()
      return await lookup.promise
    },

    /** @param prefix of the key that changed, or is new; null when it is not known which did */
    forget (prefix: string | null): void {
      changes++
      for (const held of [entries, unknown]) {
        if (prefix === null) held.clear()
        else held.delete(prefix)
      }
    }
  }
}

function createLookup<T> (): Lookup<T> {
  const lookup: Partial<Lookup<T>> = {}
  const promise = new Promise<T | undefined>((resolve, reject) => {
    Object.assign(lookup, { resolve, reject })
  })
  return { promise, ...lookup as Pick<Lookup<T>, 'resolve' | 'reject'> }
}

function setBounded<V> (held: Map<string, V>, prefix: string, value: V): void {
  if (held.size >= capacity) held.delete(held.keys().next().value!)
  held.set(prefix, value)
}
