/** What a memo is kept in: a `Map`, or a `WeakMap` that forgets with the key. */
interface Store<Key, Value> {
  get(key: Key): Promise<Value> | undefined
  set(key: Key, value: Promise<Value>): unknown
  delete(key: Key): unknown
}

/**
 * The promise stored under a key, or else that of `make`, which is stored. A rejection is forgotten, so that the next
 * call tries again.
 */
export function memoised<Key, Value> (store: Store<Key, Value>, key: Key, make: () => Promise<Value>): Promise<Value> {
  const known = store.get(key)
  if (known !== undefined) return known
  const fresh = make()
  store.set(key, fresh)
  fresh.catch(() => {
    if (store.get(key) === fresh) store.delete(key)
  })
  return fresh
}

/** The same for a single value. */
export function once<Value> (make: () => Promise<Value>): () => Promise<Value> {
  const store = new Map<undefined, Promise<Value>>()
  return () => memoised(store, undefined, make)
}
