import assert from 'node:assert/strict'
import { test } from 'node:test'
import { memoised, once } from '../src/memoised.js'

test('a value is computed once per key, also for calls that arrive meanwhile', async () => {
  const store = new Map<string, Promise<string>>()
  const made: string[] = []
  const get = (key: string) =>
    memoised(store, key, async () => {
      made.push(key)
      return key.toUpperCase()
    })
  assert.deepEqual(await Promise.all([get('a'), get('a'), get('b')]), ['A', 'A', 'B'])
  assert.equal(await get('a'), 'A')
  assert.deepEqual(made, ['a', 'b'])
})

test('a rejection reaches every waiting caller, and the next call retries', async () => {
  let attempts = 0
  const get = once(async () => {
    if (++attempts === 1) throw new Error('not yet')
    return attempts
  })
  const [first, second] = await Promise.allSettled([get(), get()])
  assert.equal(first.status, 'rejected')
  assert.equal(second.status, 'rejected')
  assert.equal(await get(), 2)
  assert.equal(await get(), 2)
})

test('a late rejection does not remove the value that replaced it', async () => {
  const store = new Map<string, Promise<string>>()
  let fail!: (reason: Error) => void
  const failing = new Promise<string>((_resolve, reject) => {
    fail = reject
  })
  const old = memoised(store, 'key', () => failing)
  const replacement = Promise.resolve('new')
  store.set('key', replacement)
  fail(new Error('too late'))
  await assert.rejects(old)
  assert.equal(store.get('key'), replacement)
})
