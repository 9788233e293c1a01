import type { ApiKeyRepository, FoundKey } from './api-keys-repository.js'

interface Entry {
  readonly found: FoundKey
  readonly until: number
}
interface Lookup {
  readonly promise: Promise<FoundKey | undefined>
  readonly resolve: (found: FoundKey | undefined) => void
  readonly reject: (reason: unknown) => void
}

/**
 * How long a key is believed without asking, ms. A revocation is told by a notification, within milliseconds; this
 * bounds how long a replica whose connection for notifications broke silently would let a revoked key in.
 */
export const freshness = 5000
/**
 * How long a prefix stays unknown without asking, ms: a client that tries one wrong key again and again costs a query a
 * second.
 */
export const unknownFor = 1000
/** From the end of one query to the next, ms: at most a hundred queries a second, however many prefixes are made up. */
const pause = 10
/** Keys, and unknown prefixes, that are held at once; there are rarely more than hundreds of keys. */
const capacity = 10_000

/**
 * Keys by prefix. With a database query for every request instead, a replica did 1,290 translations of one template
 * in a second where it does 1,900 (Postgres on the same machine, 16 callers), and 640 where it does 2,760 on the
 * embedded database, whose one connection they would share with every upload.
 *
 * Anybody can make up prefixes. All that are looked up meanwhile share the next query, and one runs at a time: a flood
 * of them takes one connection of the pool at most, and a key that this replica has not seen yet waits with them for
 * that one query. Prefixes that turned out unknown are held apart from keys, which they cannot push out.
 */
export function createKeyCache (repository: Pick<ApiKeyRepository, 'findByPrefixes'>, now: () => number = Date.now) {
  const entries = new Map<string, Entry>()
  /** prefixes that no key has, and until when that is believed */
  const unknown = new Map<string, number>()
  let waiting = new Map<string, Lookup>()
  let busy = false
  // What was read before a change became known may be older than the change, and is not kept.
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
        if (before === changes) keep(prefix, found.get(prefix), time)
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

  function keep (prefix: string, found: FoundKey | undefined, time: number): void {
    entries.delete(prefix)
    unknown.delete(prefix)
    if (found === undefined) hold(unknown, prefix, time + unknownFor)
    else hold(entries, prefix, { found, until: time + freshness })
  }

  return {
    /** @throws Problem `unavailable` when the database does not answer: nobody is let in on a guess */
    async find (prefix: string): Promise<FoundKey | undefined> {
      const entry = entries.get(prefix)
      if (entry !== undefined && now() < entry.until) return entry.found
      if (now() < (unknown.get(prefix) ?? 0)) return undefined
      // A query that runs already may have read what has changed since.
      let lookup = waiting.get(prefix)
      if (lookup === undefined) {
        lookup = createLookup()
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

function createLookup (): Lookup {
  const lookup: Partial<Lookup> = {}
  const promise = new Promise<FoundKey | undefined>((resolve, reject) => {
    Object.assign(lookup, { resolve, reject })
  })
  return { promise, ...lookup as Pick<Lookup, 'resolve' | 'reject'> }
}

function hold<T> (held: Map<string, T>, prefix: string, value: T): void {
  if (held.size >= capacity) held.delete(held.keys().next().value!)
  held.set(prefix, value)
}
