import assert from 'node:assert/strict'
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test, type TestContext } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { Problem } from '../../../src/errors.js'
import { createRateMeter } from '../../../src/features/access/rate-meter.js'
import { loadAdminKey } from '../../../src/features/access/admin-key-file.js'
import { redactKeys, generateKey, parseKey, sameSecret } from '../../../src/features/access/api-key.js'
import { createKeyCache, freshness, unknownFor } from '../../../src/features/access/key-cache.js'
import {
  createApiKeyRepository,
  scopes,
  type FoundKey,
  type NewApiKey
} from '../../../src/features/access/api-keys-repository.js'
import { StatementError } from '../../../src/platform/database/failures.js'
import { forEachDatabase } from '../../support/databases.js'
import { eventually } from '../../support/eventually.js'

const newKey = (changes: Partial<NewApiKey> = {}): NewApiKey => ({
  ...parseKey(generateKey())!,
  name: 'test',
  scopes: ['verify'],
  translatePairs: null,
  templatesPerDay: null,
  requestsPerMinute: null,
  limitsComparisons: true,
  scores: 'exact',
  expiresAt: null,
  ...changes
})

describe('the form of a key', () => {
  test('is parsed again, and differs in prefix and secret', () => {
    const key = generateKey()
    const { prefix, secretSha256 } = parseKey(key)!
    assert.ok(key.startsWith(`cw_${prefix}_`))
    assert.ok(sameSecret(secretSha256, parseKey(key)!.secretSha256))
    assert.ok(!sameSecret(secretSha256, parseKey(generateKey())!.secretSha256))
    assert.ok(!sameSecret(secretSha256, secretSha256.subarray(1)))
  })

  test('anything else is not a key', () => {
    const key = generateKey()
    for (
      const text of [
        '',
        'cw_',
        key.slice(0, -1),
        `${key}A`,
        ` ${key}`,
        `${key}\n`,
        key.toUpperCase(),
        key.replace('cw_', 'cv_'),
        key.replace(/.$/, '+')
      ]
    ) {
      assert.equal(parseKey(text), undefined, text)
    }
  })

  test('keys in a text are redacted, whole or truncated', () => {
    const key = generateKey()
    for (const text of [key, `${key}xyz`, key.slice(0, -5), `"a ${key} and ${generateKey()}"`]) {
      assert.ok(!redactKeys(text).includes(key.slice(16, 40)), redactKeys(text))
    }
    assert.equal(redactKeys(`to ${key}, done`), `to ${key.slice(0, 16)}[redacted], done`)
  })
})

describe('the cache of keys', () => {
  const found = (prefix: string, revokedAt: string | null = null) =>
    ({ key: { prefix, revokedAt }, secretSha256: Buffer.alloc(32) }) as FoundKey

  test('looks up once while an entry is fresh, and again when it is stale or the key changed', async () => {
    let [asked, time] = [0, 0]
    const cache = createKeyCache({
      findByPrefixes: async () => {
        asked++
        return [found('a')]
      }
    }, () => time)
    const after = async (change: () => void) => {
      change()
      await cache.find('a')
      return asked
    }
    assert.equal(await after(() => {}), 1)
    assert.equal(
      await after(() => {
        time = freshness - 1
      }),
      1
    )
    assert.equal(
      await after(() => {
        time = freshness
      }),
      2
    )
    assert.equal(await after(() => cache.forget('b')), 2)
    assert.equal(await after(() => cache.forget('a')), 3)
    // The connection for notifications was lost and is back.
    assert.equal(await after(() => cache.forget(null)), 4)
  })

  test('does not keep, or return to later callers, what was read before a change became known', async () => {
    let revoked: string | null = null
    const answers: (() => void)[] = []
    const cache = createKeyCache({
      findByPrefixes: async () => {
        const row = found('a', revoked)
        await new Promise<void>(resolve => {
          answers.push(resolve)
        })
        return [row]
      }
    })
    const reading = cache.find('a')
    revoked = 'now'
    cache.forget('a')
    const next = cache.find('a')
    answers[0]!()
    assert.equal((await reading)?.key.revokedAt, null)
    await eventually('a second query', () => answers.length, count => count === 2, { interval: 0 })
    answers[1]!()
    assert.equal((await next)?.key.revokedAt, 'now')
  })

  test('admits nobody on a guess when the database does not answer', async () => {
    let time = 0
    let away = false
    const cache = createKeyCache({
      findByPrefixes: async prefixes => {
        if (away) throw new Problem('unavailable', 'away')
        return prefixes.includes('a') ? [found('a')] : []
      }
    }, () => time)
    await cache.find('a')
    away = true
    assert.ok(await cache.find('a'), 'a short absence is not noticed')
    time = freshness
    await assert.rejects(cache.find('a'), { code: 'unavailable' })
    await assert.rejects(cache.find('b'), { code: 'unavailable' })
    away = false
    assert.ok(await cache.find('a'))
    assert.equal(await cache.find('b'), undefined, 'an absence is not taken for an answer')
  })

  test('an unknown key tried again and again is looked up once a second, and at once when it is issued', async () => {
    let [time, asked] = [0, 0]
    let known = false
    const cache = createKeyCache({
      findByPrefixes: async () => {
        asked++
        return known ? [found('b')] : []
      }
    }, () => time)
    for (let i = 0; i < 50; i++) assert.equal(await cache.find('b'), undefined)
    assert.equal(asked, 1)
    time = unknownFor
    assert.equal(await cache.find('b'), undefined)
    assert.equal(asked, 2)
    known = true
    cache.forget('b')
    assert.ok(await cache.find('b'))
  })

  test('a flood of invented keys takes one query at a time, blocks nobody and evicts no key', async () => {
    let [asked, open, most] = [0, 0, 0]
    const cache = createKeyCache({
      findByPrefixes: async prefixes => {
        asked++
        most = Math.max(most, ++open)
        await setImmediate()
        open--
        return prefixes.filter(prefix => prefix.startsWith('key')).map(prefix => found(prefix))
      }
    }, () => 0)
    assert.ok(await cache.find('key 1'))
    const flood: Promise<unknown>[] = []
    for (let wave = 0; wave < 50; wave++) {
      for (let i = 0; i < 1000; i++) flood.push(cache.find(`made up ${wave} ${i}`))
      await setImmediate()
    }
    assert.ok(await cache.find('key 2'), 'a key that this replica has not seen yet')
    assert.deepEqual(new Set(await Promise.all(flood)), new Set([undefined]))
    assert.equal(most, 1)
    assert.ok(asked <= 100, `${asked} queries for 50,002 keys`)
    const before = asked
    assert.ok(await cache.find('key 1'))
    assert.equal(asked, before)
  })
})

describe('the rate of a key', () => {
  test('admit a burst, then the rate, and say how long to wait', () => {
    let time = 0
    const meter = createRateMeter(() => time)
    const admitted = (count: number) =>
      Array.from({ length: count }, () => meter.take('a', 600)).filter(wait => wait === 0).length
    assert.equal(admitted(200), 100)
    time = 1000
    assert.equal(admitted(200), 10)
    assert.equal(meter.take('b', 600), 0)
    // A key of one request a minute.
    assert.equal(meter.take('c', 1), 0)
    assert.equal(meter.take('c', 1), 60)
    time += 59_000
    assert.equal(meter.take('c', 1), 1)
    time += 1000
    assert.equal(meter.take('c', 1), 0)
  })

  test('over an hour never admit more than the rate and one burst', () => {
    let time = 0
    const meter = createRateMeter(() => time)
    let admitted = 0
    for (; time < 3_600_000; time += 37) if (meter.take('a', 90) === 0) admitted++
    assert.ok(admitted <= 90 * 60 + 15 && admitted >= 90 * 60 - 1, String(admitted))
  })
})

forEachDatabase('stored keys', store => {
  const folderOf = async (t: TestContext) => {
    const folder = await mkdtemp(join(tmpdir(), 'crosswalk-key-'))
    t.after(() => rm(folder, { recursive: true }))
    return folder
  }

  test('the rights of a key cannot be changed, nor its revocation undone, by any writer', async () => {
    const keys = createApiKeyRepository(store.database)
    const key = newKey()
    assert.equal(await keys.insert(key), true)
    assert.equal(await keys.insert(key), false)
    const refuse = async (state: string, statement: string) =>
      await assert.rejects(
        store.database.query(`${statement} WHERE prefix = '${key.prefix}'`),
        (error: unknown) => error instanceof StatementError && error.sqlState === state,
        statement
      )
    for (
      const change of [
        "scopes = ARRAY['admin']",
        "name = 'x'",
        'templates_per_day = 1',
        'expires_at = now()',
        "scores = 'coarse'",
        'limits_comparisons = false',
        "secret_sha256 = decode(repeat('00', 32), 'hex')"
      ]
    ) {
      await refuse('23001', `UPDATE api_keys SET ${change}`)
    }
    await keys.revoke(key.prefix)
    await refuse('23001', 'UPDATE api_keys SET revoked_at = NULL')
    await refuse('23001', 'DELETE FROM api_keys')
    for (
      const changes of [{ prefix: 'short' }, { scopes: [] }, { scopes: ['root' as 'admin'] }, {
        secretSha256: Buffer.alloc(31)
      }, { templatesPerDay: 0 }]
    ) {
      await assert.rejects(
        keys.insert(newKey(changes)),
        (error: unknown) => error instanceof StatementError && error.sqlState === '23514',
        JSON.stringify(changes)
      )
    }
  })

  test('a budget is spent to the template, all or nothing, however many requests run at once', async () => {
    const keys = createApiKeyRepository(store.database)
    const { prefix } = newKey()
    await keys.insert(newKey({ prefix, scopes: ['translate'], templatesPerDay: 100 }))
    const { key: { id } } = (await keys.findByPrefix(prefix))!
    assert.deepEqual(await keys.spend(id, 101, 100).then(({ taken, left }) => [taken, left]), [false, 100])
    const results = await Promise.all(Array.from({ length: 40 }, () => keys.spend(id, 7, 100)))
    assert.equal(results.filter(({ taken }) => taken).length, 14)
    const { taken, left, resetsIn } = await keys.spend(id, 3, 100)
    assert.deepEqual([taken, left], [false, 2])
    assert.ok(resetsIn > 0 && resetsIn <= 86_400)
    assert.deepEqual(await keys.spend(id, 2, 100).then(({ taken, left }) => [taken, left]), [true, 0])
    assert.equal((await keys.findByPrefix(prefix))!.key.templatesToday, 100)
  })

  test('the file of the first key is written once, readable by its owner only, and read from then on', async t => {
    const keys = createApiKeyRepository(store.database)
    const folder = await folderOf(t)
    const path = join(folder, 'admin-key')
    // Replicas that share the folder and start together agree.
    const loaded = await Promise.all([1, 2, 3].map(() => loadAdminKey(path, keys)))
    assert.equal(new Set(loaded.map(({ prefix }) => prefix)).size, 1)
    assert.deepEqual(await readdir(folder), ['admin-key'])
    assert.equal((await stat(path)).mode & 0o777, 0o600)
    const { prefix, secretSha256 } = parseKey((await readFile(path, 'utf8')).trim())!
    const stored = (await keys.findByPrefix(prefix))!
    assert.ok(sameSecret(stored.secretSha256, secretSha256))
    assert.deepEqual(stored.key.scopes, [...scopes])
    assert.deepEqual(await loadAdminKey(path, keys), { prefix, written: false })
  })

  test('a file with something else, another secret, or a revoked key stops the start', async t => {
    const keys = createApiKeyRepository(store.database)
    const folder = await folderOf(t)
    const path = join(folder, 'admin-key')
    await writeFile(path, 'hello\n')
    await assert.rejects(loadAdminKey(path, keys), /ADMIN_KEY_FILE: expected .* a key of the form cw_/)
    const key = generateKey()
    await writeFile(path, key)
    const { prefix } = await loadAdminKey(path, keys)
    await writeFile(path, `${key.slice(0, 16)}${generateKey().slice(16)}`)
    await assert.rejects(
      loadAdminKey(path, keys),
      (error: Error) => /holds another$/.test(error.message) && !error.message.includes(key.slice(16))
    )
    await writeFile(path, key)
    await keys.revoke(prefix)
    await assert.rejects(loadAdminKey(path, keys), /was revoked or has expired/)
    await assert.rejects(loadAdminKey(join(folder, 'no', 'folder'), keys), /ADMIN_KEY_FILE: .* received ENOENT/)
    await assert.rejects(loadAdminKey(folder, keys), /ADMIN_KEY_FILE: .* received EISDIR/)
  })
})
