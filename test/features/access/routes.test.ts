import assert from 'node:assert/strict'
import { request } from 'node:http'
import { after, before, describe, mock, test } from 'node:test'
import { readConfig, refuseOpenAddress } from '../../../src/config.js'
import { generateKey } from '../../../src/features/access/api-key.js'
import { examples } from '../../../src/platform/http/documented-examples.js'
import type { KeyRequest } from '../../../src/features/access/access.js'
import { startDatabase, type TestDatabase } from '../../support/databases.js'
import { eventually } from '../../support/eventually.js'
import { call, startService, type Answer, type Json, type RunningService } from '../../support/service.js'

const keysRequired = { apiKeysRequired: true }
const bearer = (key: string) => ({ authorization: `Bearer ${key}` })

function assertBetween (least: number, value: number, most: number): void {
  assert.ok(least <= value && value <= most, `expected ${least} to ${most}, received ${value}`)
}

/** Of the day of budgets, which is that of UTC. */
const secondsLeftToday = (): number => 86_400 - Date.now() / 1000 % 86_400

/** A request whose headers are sent as they stand, Host among them. */
async function raw (
  url: string,
  method: string,
  path: string,
  headers: Record<string, string>
): Promise<{ status: number, code: string | undefined, headers: Record<string, string | string[] | undefined> }> {
  const { hostname, port } = new URL(url)
  return await new Promise((resolve, reject) => {
    request({ hostname, port, method, path, headers }, async response => {
      const chunks: Buffer[] = []
      for await (const chunk of response) chunks.push(chunk as Buffer)
      const text = Buffer.concat(chunks).toString()
      resolve({
        status: response.statusCode!,
        code: text.startsWith('{') ? JSON.parse(text).code : undefined,
        headers: response.headers
      })
    }).on('error', reject).end()
  })
}

describe('keys', () => {
  let running: RunningService
  let admin: string
  const lines: string[] = []
  before(async () => {
    running = await startService({
      config: { ...keysRequired, corsOrigins: ['https://console.example'] },
      log: {
        write: line => {
          lines.push(line)
        }
      }
    })
    admin = (await running.service.access.issue({ name: 'admin', scopes: ['admin'] })).key
  })
  after(() => running.stop())

  const create = async (json: object): Promise<Json> => {
    const answer = await call(running.url, 'POST', '/v1/api-keys', { json, headers: bearer(admin) })
    assert.equal(answer.status, 201, JSON.stringify(answer.json))
    assert.equal(answer.headers.get('cache-control'), 'no-store')
    return answer.json
  }
  const list = async (): Promise<Json[]> =>
    (await call(running.url, 'GET', '/v1/api-keys', { headers: bearer(admin) })).json.apiKeys
  const template = (model: 'dlib128' | 'r512') => ({ model, data: examples.templates[model] })
  const translate = async (key: string, target: string, templates: object[]): Promise<Answer> =>
    await call(running.url, 'POST', '/v1/translations', { json: { target, templates }, headers: bearer(key) })

  test('a key is shown once, and only a hash is stored', async () => {
    const { key, ...stored } = await create({ name: 'gate', scopes: ['verify'] })
    assert.match(key, /^cw_[0-9a-f]{12}_[A-Za-z0-9_-]{43}$/)
    assert.equal(key.slice(3, 15), stored.prefix)
    assert.deepEqual((await list()).find(each => each.id === stored.id), stored)
    assert.ok(!JSON.stringify(await list()).includes(key.slice(16)))
    assert.equal(new Set(Array.from({ length: 1000 }, generateKey)).size, 1000)
  })

  test('keys that could never be used are refused', async () => {
    const valid = { name: 'x', scopes: ['verify'] }
    const wrong = [
      { ...valid, name: '' },
      { ...valid, scopes: [] },
      { ...valid, scopes: ['root'] },
      { ...valid, scopes: ['verify', 'verify'] },
      { ...valid, expiresAt: '2001-01-01T00:00:00Z' },
      { ...valid, expiresAt: 'tomorrow' },
      { ...valid, scopes: ['embed'], templatesPerDay: 1 },
      { ...valid, scopes: ['translate'], scores: 'none' },
      { ...valid, scores: 'some' },
      { ...valid, scopes: ['translate'], templatesPerDay: 0 },
      { ...valid, scopes: ['translate'], translatePairs: [] },
      { ...valid, scopes: ['translate'], translatePairs: [{ source: 'a' }] },
      { ...valid, key: generateKey() }
    ]
    for (const json of wrong) {
      const { status, json: { code } } = await call(running.url, 'POST', '/v1/api-keys', {
        json,
        headers: bearer(admin)
      })
      assert.deepEqual([status, code], [400, 'request-invalid'], JSON.stringify(json))
    }
    for (const id of ['nothing', '00000000-0000-4000-8000-ffffffffffff', "' OR 1=1 --"]) {
      const { status, json: { code } } = await call(running.url, 'DELETE', `/v1/api-keys/${encodeURIComponent(id)}`, {
        headers: bearer(admin)
      })
      assert.deepEqual([status, code], [404, 'api-key-unknown'])
    }
  })

  test('a revoked key is refused at the next request, and keeps its time of revocation', async () => {
    const { key, id, prefix } = await create({ name: 'lost', scopes: ['verify'] })
    const read = async () => (await call(running.url, 'GET', '/v1/models', { headers: bearer(key) })).status
    assert.equal(await read(), 200)
    const begun = Date.now()
    const { status, json: revoked } = await call(running.url, 'DELETE', `/v1/api-keys/${id}`, {
      headers: bearer(admin)
    })
    assert.equal(status, 200)
    assertBetween(begun, Date.parse(revoked.revokedAt), Date.now())
    assert.equal(await read(), 401)
    const again = await call(running.url, 'DELETE', `/v1/api-keys/${prefix}`, { headers: bearer(admin) })
    assert.equal(again.json.revokedAt, revoked.revokedAt)
  })

  test('the last use is recorded, but not while a request waits', async () => {
    const { key, id } = await create({ name: 'used', scopes: ['verify'] })
    const lastUsed = async () => (await list()).find(each => each.id === id)!.lastUsedAt
    const begun = Date.now()
    await call(running.url, 'GET', '/v1/models', { headers: bearer(key) })
    assert.equal(await lastUsed(), null)
    await running.service.access.recordUses()
    assertBetween(begun, Date.parse(await lastUsed()), Date.now())
  })

  test('a key for named pairs translates these pairs and no others', async () => {
    const { key } = await create({
      name: 'narrow',
      scopes: ['translate'],
      translatePairs: [{ source: 'dlib128', target: 'r512' }]
    })
    assert.equal((await translate(key, 'r512', [template('dlib128')])).status, 200)
    const wrong = [
      await translate(key, 'dlib128', [template('r512')]),
      await translate(key, 'faceres1024', [template('dlib128')]),
      // One of several sources is enough to refuse all of them.
      await translate(key, 'r512', [template('dlib128'), { model: 'faceres1024', vector: Array(1024).fill(0.5) }])
    ]
    for (const { status, json } of wrong) {
      assert.deepEqual([status, json.code], [403, 'pair-forbidden'], JSON.stringify(json))
    }
    const binary = await call(running.url, 'POST', '/v1/translations?source=r512&target=dlib128', {
      body: Buffer.from(examples.templates.r512, 'base64'),
      headers: { ...bearer(key), 'content-type': 'application/octet-stream' }
    })
    assert.equal(binary.status, 403)
  })

  test('an exhausted budget is 429, with what was left and when it resets', async () => {
    const { key, id } = await create({ name: 'limited', scopes: ['translate'], templatesPerDay: 3 })
    const templates = (count: number) => Array<object>(count).fill(template('dlib128'))
    assert.equal((await translate(key, 'r512', templates(2))).status, 200)
    for (const [count, left] of [[2, 1], [4, 1], [1, undefined], [1, 0]] as const) {
      const before = secondsLeftToday()
      const { status, json, headers } = await translate(key, 'r512', templates(count))
      if (left === undefined) {
        assert.equal(status, 200)
        continue
      }
      assert.deepEqual([status, json.code, json.budget.left, json.budget.templatesPerDay], [
        429,
        'budget-exhausted',
        left,
        3
      ])
      assert.equal(headers.get('retry-after'), String(json.budget.resetsIn))
      assertBetween(Math.floor(secondsLeftToday()), json.budget.resetsIn, Math.ceil(before))
    }
    assert.equal((await list()).find(each => each.id === id)!.templatesToday, 3)
    // Binary bodies count by their rows.
    const rows = Buffer.concat(Array<Buffer>(2).fill(Buffer.from(examples.templates.dlib128, 'base64')))
    const { key: other } = await create({ name: 'limited', scopes: ['translate'], templatesPerDay: 1 })
    const binary = await call(running.url, 'POST', '/v1/translations?source=dlib128&target=r512', {
      body: rows,
      headers: { ...bearer(other), 'content-type': 'application/octet-stream' }
    })
    assert.equal(binary.status, 429)
  })

  test('a key that exceeds its rate is told to wait, and others are not', async () => {
    const { key } = await create({ name: 'eager', scopes: ['verify'], requestsPerMinute: 60 })
    const ask = () => call(running.url, 'GET', '/v1/models', { headers: bearer(key) })
    for (let i = 0; i < 10; i++) assert.equal((await ask()).status, 200)
    // A slow machine has earned some more by now.
    const refused = await eventually('a refusal', ask, ({ status }) => status !== 200, { interval: 0 })
    assert.deepEqual([refused.status, refused.json.code, refused.headers.get('retry-after')], [
      429,
      'rate-limited',
      '1'
    ])
    assert.equal((await call(running.url, 'GET', '/v1/models', { headers: bearer(admin) })).status, 200)
    await eventually('to be let in again', ask, ({ status }) => status === 200)
  })

  test('pages of a configured origin may call with a key, pages of other origins may not', async () => {
    const preflight = (origin: string) =>
      raw(running.url, 'OPTIONS', '/v1/verifications', {
        origin,
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'authorization'
      })
    const allowed = await preflight('https://console.example')
    assert.equal(allowed.status, 204)
    assert.equal(allowed.headers['access-control-allow-origin'], 'https://console.example')
    assert.match(String(allowed.headers['access-control-allow-headers']), /Authorization/)
    assert.equal(allowed.headers.vary, 'Origin')
    const refused = await preflight('https://elsewhere.example')
    assert.equal(refused.headers['access-control-allow-origin'], undefined)
    assert.equal((await raw(running.url, 'GET', '/v1/models', { origin: 'https://console.example' })).status, 401)
  })

  test('no key is ever logged', async () => {
    const { key } = await create({ name: 'secret', scopes: ['verify', 'translate'] })
    const guesses = [generateKey(), `${key}x`, key.slice(0, -1)]
    for (const each of [key, ...guesses]) {
      await call(running.url, 'GET', '/v1/models', { headers: bearer(each) })
      await call(running.url, 'GET', '/v1/models', {
        headers: { authorization: each, cookie: `key=${each}`, 'x-api-key': each, accept: each }
      })
      await call(running.url, 'GET', `/v1/models/${each}?access_token=${each}`, { headers: bearer(key) })
      await call(running.url, 'GET', `/${each}`)
      await call(running.url, 'POST', '/v1/verifications', { json: { [each]: each }, headers: bearer(key) })
      await call(running.url, 'POST', '/v1/translations', {
        json: { target: 'r512', templates: [template('dlib128')] },
        headers: { ...bearer(key), accept: each }
      })
    }
    await call(running.url, 'POST', '/v1/translations', {
      body: '{"key',
      headers: { ...bearer(key), 'content-type': key }
    })
    const text = lines.join('')
    assert.ok(lines.length > 30)
    for (const each of [admin, key, ...guesses]) assert.ok(!text.includes(each.slice(16)), 'a secret stands in the log')
    assert.ok(text.includes(`cw_${key.slice(3, 15)}_[redacted]`), 'the prefix stays')
  })

  test('every answer has the security headers for browsers', async () => {
    for (
      const [path, policy] of [
        ['/v1/models', "default-src 'none'; frame-ancestors 'none'"],
        ['/nothing', "default-src 'none'; frame-ancestors 'none'"],
        ['/docs/', "default-src 'self'; "],
        ['/v1/maps/00000000-0000-4000-8000-0000000000a0/card', "default-src 'none'; style-src 'sha256-"]
      ] as const
    ) {
      const { headers } = await call(running.url, 'GET', path, { headers: bearer(admin) })
      assert.equal(headers.get('x-content-type-options'), 'nosniff', path)
      assert.equal(headers.get('x-frame-options'), 'DENY', path)
      assert.equal(headers.get('referrer-policy'), 'no-referrer', path)
      assert.equal(headers.get('access-control-allow-origin'), null, path)
      assert.ok(
        headers.get('content-security-policy')!.startsWith(policy),
        `${path}: ${headers.get('content-security-policy')}`
      )
      assert.match(headers.get('content-security-policy')!, /frame-ancestors 'none'/)
    }
  })
})

describe('without keys', () => {
  let running: RunningService
  before(async () => {
    running = await startService()
  })
  after(() => running.stop())

  test('an address other than a loopback one is refused, and the message says what to do', () => {
    for (const host of ['127.0.0.1', '127.1.2.3', '::1', 'localhost']) refuseOpenAddress(readConfig({ HOST: host }))
    for (const host of ['0.0.0.0', '::', '192.168.1.5', 'localhost.example', '127.0.0.1.example', 'example']) {
      assert.throws(
        () => refuseOpenAddress(readConfig({ HOST: host })),
        /HOST: expected a loopback address .* ADMIN_KEY_FILE/,
        host
      )
      refuseOpenAddress(readConfig({ HOST: host, API_KEYS_REQUIRED: 'on' }))
      refuseOpenAddress(readConfig({ HOST: host, ADMIN_KEY_FILE: 'key' }))
      assert.throws(
        () => refuseOpenAddress(readConfig({ HOST: host, ADMIN_KEY_FILE: 'key', API_KEYS_REQUIRED: 'off' })),
        /HOST/
      )
    }
  })

  test('a page of another origin, or of a name that resolves to this machine, is refused', async () => {
    const port = new URL(running.url).port
    const cases: [Record<string, string>, number][] = [
      [{ host: `127.0.0.1:${port}` }, 200],
      [{ host: `localhost:${port}`, origin: `http://localhost:${port}` }, 200],
      [{ host: `[::1]:${port}` }, 200],
      [{ host: `attacker.example:${port}` }, 403],
      [{ host: `127.0.0.1.attacker.example:${port}` }, 403],
      [{ host: `127.0.0.1:${port}`, origin: 'https://attacker.example' }, 403],
      [{ host: `127.0.0.1:${port}`, origin: 'null' }, 403],
      [{ host: `127.0.0.1:${port}`, origin: 'http://127.0.0.1:1' }, 403]
    ]
    for (const [headers, expected] of cases) {
      const { status, code } = await raw(running.url, 'GET', '/v1/models', headers)
      assert.deepEqual(
        [status, code],
        [expected, expected === 403 ? 'origin-refused' : undefined],
        JSON.stringify(headers)
      )
    }
    assert.equal((await raw(running.url, 'GET', '/health/ready', { host: 'replica-1' })).status, 200)
    // What writes is refused as what reads.
    assert.equal(
      (await raw(running.url, 'POST', '/v1/corpora', { host: `127.0.0.1:${port}`, origin: 'https://attacker.example' }))
        .status,
      403
    )
  })

  test('a key that is sent is checked all the same, and anything that is not a key is ignored', async () => {
    const { key } = await running.service.access.issue({ name: 'trial', scopes: ['verify'] })
    const status = async (path: string, authorization?: string) =>
      (await call(running.url, 'GET', path, authorization === undefined ? {} : { headers: { authorization } })).status
    assert.equal(await status('/v1/corpora'), 200)
    assert.equal(await status('/v1/corpora', 'Basic eDp5'), 200)
    assert.equal(await status('/v1/models', `Bearer ${key}`), 200)
    assert.equal(await status('/v1/corpora', `Bearer ${key}`), 403)
    assert.equal(await status('/v1/models', `Bearer ${generateKey()}`), 401)
  })
})

describe('keys on two replicas (postgres)', () => {
  let database: TestDatabase
  let replicas: RunningService[]
  before(async () => {
    // The clock stands still, so that nothing of a cache of keys grows old: what changes there, changes by being told.
    mock.timers.enable({ apis: ['Date'], now: Date.now() })
    database = await startDatabase('postgres')
    const options = { config: { ...keysRequired, database: database.config } }
    replicas = [await startService(options), await startService(options)]
  })
  after(async () => {
    for (const replica of replicas) await replica.stop()
    await database.stop()
    mock.timers.reset()
  })
  const issue = async (request: Partial<KeyRequest>) =>
    await replicas[0]!.service.access.issue({ name: 'test', scopes: ['translate'], ...request })

  test('a revocation on one applies to the other at once', async () => {
    for (let round = 0; round < 10; round++) {
      const { key, stored } = await issue({})
      const read = async () => (await call(replicas[1]!.url, 'GET', '/v1/models', { headers: bearer(key) })).status
      assert.equal(await read(), 200)
      await replicas[0]!.service.access.revoke(stored.id)
      await eventually('the key to be refused', read, status => status === 401, { interval: 0 })
    }
  })

  test('both share a budget, to the template', async () => {
    const { key } = await issue({ templatesPerDay: 100 })
    const templates = Array<object>(10).fill({ model: 'dlib128', data: examples.templates.dlib128 })
    const answers = await Promise.all(
      Array.from({ length: 24 }, (_, i) =>
        call(replicas[i % 2]!.url, 'POST', '/v1/translations', {
          json: { target: 'r512', templates },
          headers: bearer(key)
        }))
    )
    const count = (wanted: number) => answers.filter(({ status }) => status === wanted).length
    assert.deepEqual([count(200), count(429)], [10, 14])
  })
})
