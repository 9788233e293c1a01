/** Where memoised promises are kept: a `Map`, or a `WeakMap` that drops a promise with its key. */
interface Store<Key, Value> {
  get(key: Key): Promise<Value> | undefined
  set(key: Key, value: Promise<Value>): unknown
  delete(key: Key): unknown
}

/**
 * The promise stored under a key; without one, calls `make` and stores its promise. A rejection is not kept, so the
 * next call tries again.
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

/** The same for a single value: calls `make` at most once, unless it rejects. */
export function once<Value> (make: () => Promise<Value>): () => Promise<Value> {
  const store = new Map<undefined, Promise<Value>>()
  return () => memoised(store, undefined, make)
}
