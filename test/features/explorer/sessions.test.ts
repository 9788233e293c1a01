import assert from 'node:assert/strict'
import { request } from 'node:http'
import { after, before, describe, mock, test } from 'node:test'
import { sessionLength } from '../../../src/features/access/sessions.js'
import type { Scope } from '../../../src/features/access/api-keys-repository.js'
import { exampleGalleryId } from '../../../src/platform/http/documented-examples.js'
import { startDatabase } from '../../support/databases.js'
import { eventually } from '../../support/eventually.js'
import { call, startService, type Answer, type RunningService } from '../../support/service.js'

const form = (fields: Record<string, string>) => new URLSearchParams(fields).toString()
const own = { 'sec-fetch-site': 'same-origin' }

describe('sessions of browsers', () => {
  let running: RunningService
  const log: string[] = []
  before(async () => {
    running = await startService({ config: { apiKeysRequired: true }, log: { write: line => log.push(line) } })
  })
  after(() => running.stop())

  const issue = async (scopes: Scope[], more: { expiresAt?: string } = {}) =>
    await running.service.access.issue({ name: 'a <b>key</b>', scopes, ...more })

  /** Sends the form as a browser does: without following where it leads. */
  async function post (path: string, fields: Record<string, string>, headers: Record<string, string>): Promise<Answer> {
    const response = await fetch(running.url + path, {
      method: 'POST',
      redirect: 'manual',
      headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
      body: form(fields)
    })
    const bytes = Buffer.from(await response.arrayBuffer())
    return { status: response.status, headers: response.headers, bytes, json: undefined }
  }

  async function signIn (key: string, headers: Record<string, string> = own): Promise<string> {
    const answer = await post('/explorer/sign-in', { key, next: '/' }, headers)
    assert.equal(answer.status, 303, answer.bytes.toString())
    return cookieOf(answer)
  }

  const cookieOf = ({ headers }: Answer): string =>
    headers.getSetCookie().find(cookie => !cookie.includes('Max-Age=0'))!.split(';')[0]!

  const read = async (path: string, headers: Record<string, string>) =>
    await call(running.url, 'GET', path, { headers })

  test('a key is exchanged for a cookie that scripts cannot read and that no other site sends', async () => {
    const { key } = await issue(['verify'])
    const answer = await post('/explorer/sign-in', { key, next: '/docs' }, own)
    assert.equal(answer.status, 303)
    assert.equal(answer.headers.get('location'), '/docs')
    const cookie = answer.headers.getSetCookie().find(each => !each.includes('Max-Age=0'))!
    assert.match(cookie, /^crosswalk-session=cws_[0-9a-f]{12}_[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict; Expires=/)
    assert.ok(!cookie.includes(key.slice(3)), 'the cookie holds the key')
    const lasts = Date.parse(/Expires=(.*)$/.exec(cookie)![1]!) - Date.now()
    assert.ok(lasts <= sessionLength && lasts > sessionLength - 60_000)
    assert.equal((await read('/v1/models', { cookie: cookieOf(answer) })).status, 200)
    assert.ok(!log.join('').includes(cookieOf(answer).slice(-30)), 'the log has the token')
  })

  test('over TLS the cookie is taken from this host only', async () => {
    const { key } = await issue(['verify'])
    const answer = await post('/explorer/sign-in', { key, next: '/' }, { ...own, origin: 'https://faces.example' })
    assert.match(
      answer.headers.getSetCookie().join('\n'),
      /^__Host-crosswalk-session=cws_\S+; Path=\/; HttpOnly; SameSite=Strict; Secure; /m
    )
  })

  test('a session may do what its key may, and no more', async () => {
    const cookie = await signIn((await issue(['embed'])).key)
    const answer = await call(running.url, 'POST', '/v1/verifications', { headers: { cookie, ...own }, json: {} })
    assert.deepEqual([answer.status, answer.json.code], [403, 'scope-missing'])
    assert.equal((await read('/v1/api-keys', { cookie })).status, 403)
  })

  test('no page of another origin acts with it, of the same site or not', async () => {
    const cookie = await signIn((await issue(['admin'])).key)
    const attempts: Record<string, string>[] = [
      { 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' },
      { 'sec-fetch-site': 'same-site', origin: 'http://127.0.0.1:9999' },
      { 'sec-fetch-site': 'none' },
      { origin: 'http://127.0.0.1:9999' },
      { origin: 'null' },
      { origin: running.url.replace('127.0.0.1', 'localhost') },
      {}
    ]
    for (const headers of attempts) {
      const { status, json } = await call(running.url, 'POST', '/v1/api-keys', {
        headers: { cookie, ...headers },
        json: { name: 'x', scopes: ['admin'] }
      })
      assert.deepEqual([status, json.code], [401, 'key-missing'], JSON.stringify(headers))
    }
    for (const site of ['cross-site', 'same-site']) {
      assert.equal((await read('/v1/api-keys', { cookie, 'sec-fetch-site': site })).status, 401, site)
    }
    const accepted = await call(running.url, 'POST', '/v1/api-keys', {
      headers: { cookie, origin: running.url },
      json: { name: 'x', scopes: ['verify'] }
    })
    assert.equal(accepted.status, 201, 'a browser that knows no Sec-Fetch-Site')
  })

  test('no other page signs anybody in or out', async () => {
    const { key } = await issue(['verify'])
    for (const headers of [{ 'sec-fetch-site': 'cross-site' }, { origin: 'https://evil.example' }, {}]) {
      const answer = await post('/explorer/sign-in', { key, next: '/' }, headers)
      assert.equal(answer.status, 403)
      assert.equal(answer.headers.getSetCookie().length, 0)
    }
    const cookie = await signIn(key)
    assert.equal((await post('/explorer/sign-out', {}, { cookie, 'sec-fetch-site': 'cross-site' })).status, 403)
    assert.equal((await read('/v1/models', { cookie })).status, 200)
  })

  test('a token that was known before the sign-in opens nothing', async () => {
    const { key } = await issue(['verify'])
    const planted = `crosswalk-session=cws_0123456789ab_${'A'.repeat(43)}`
    const cookie = await signIn(key, { ...own, cookie: planted })
    assert.notEqual(cookie, planted)
    assert.equal((await read('/v1/models', { cookie: planted })).status, 401)
    const next = await signIn(key, { ...own, cookie })
    assert.notEqual(next, cookie)
    assert.equal((await read('/v1/models', { cookie })).status, 401, 'the session from before goes on')
  })

  test('signing out ends the session, not only the cookie', async () => {
    const cookie = await signIn((await issue(['verify'])).key)
    const answer = await post('/explorer/sign-out', {}, { ...own, cookie })
    assert.equal(answer.status, 303)
    assert.ok(answer.headers.getSetCookie().every(each => each.includes('=; ') && each.includes('Max-Age=0')))
    const { status, json } = await read('/v1/models', { cookie })
    assert.deepEqual([status, json.code], [401, 'key-invalid'])
  })

  test('a session ends with its key: revoked, or expired', async () => {
    const { key, stored } = await issue(['verify'])
    const cookie = await signIn(key)
    await running.service.access.revoke(stored.id)
    assert.equal((await read('/v1/models', { cookie })).status, 401)

    const soon = new Date(Date.now() + 600_000).toISOString()
    const short = await signIn((await issue(['verify'], { expiresAt: soon })).key)
    mock.timers.enable({ apis: ['Date'], now: Date.now() + 601_000 })
    try {
      assert.equal((await read('/v1/models', { cookie: short })).status, 401)
    } finally {
      mock.timers.reset()
    }
  })

  test('a session ends after an hour, although its key goes on', async () => {
    const { key } = await issue(['verify'])
    const cookie = await signIn(key)
    mock.timers.enable({ apis: ['Date'], now: Date.now() + sessionLength + 1000 })
    try {
      const { status, json } = await read('/v1/models', { cookie })
      assert.deepEqual([status, json.code], [401, 'key-invalid'])
      assert.equal((await read('/v1/models', { authorization: `Bearer ${key}` })).status, 200)
    } finally {
      mock.timers.reset()
    }
  })

  test('a wrong key is told apart from a revoked one, is not repeated, and writes nothing into the audit', async () => {
    const signIns = async (): Promise<{ status: number, key: { id: string } | null }[]> => {
      const { key } = await issue(['admin'])
      const { json } = await read('/v1/audit?limit=1000', { authorization: `Bearer ${key}` })
      return json.records.map(({ record }: { record: { operation: string } }) => record)
        .filter(({ operation }: { operation: string }) => operation === 'signIn')
    }
    const wrong = `cw_0123456789ab_${'x'.repeat(43)}`
    const answer = await post('/explorer/sign-in', { key: wrong, next: '/' }, own)
    assert.equal(answer.status, 401)
    assert.match(answer.bytes.toString(), /does not know that key/)
    assert.ok(!answer.bytes.toString().includes('xxxxxxxxxx'))
    const { key, stored: { id } } = await issue(['verify'])
    await signIn(key)
    // Records are in order: had the refusal one, it would be there by now.
    const seen = await eventually(
      'the record of the sign-in',
      signIns,
      all => all.some(record => record.key?.id === id)
    )
    assert.deepEqual(seen.filter(record => record.key === null || record.status === 401), [])
  })

  test('after signing in nobody is led to another site', async () => {
    const { key } = await issue(['verify'])
    for (
      const next of [
        'https://evil.example/',
        '//evil.example',
        '/\\evil.example',
        'javascript:alert(1)',
        '/\t/evil.example'
      ]
    ) {
      const answer = await post('/explorer/sign-in', { key, next }, own)
      assert.equal(answer.headers.get('location'), '/', next)
    }
  })

  test('a browser that opens a page is sent to sign in and back; a program is told what is missing', async () => {
    for (const path of ['/', '/v1/maps/00000000-0000-4000-8000-0000000000a0/card']) {
      const answer = await fetch(running.url + path, { redirect: 'manual', headers: { accept: 'text/html,*/*;q=0.8' } })
      assert.equal(answer.status, 303)
      assert.equal(answer.headers.get('location'), `/explorer/sign-in?next=${encodeURIComponent(path)}`)
      const { status, json } = await read(path, {})
      assert.deepEqual([status, json.code], [401, 'key-missing'])
      const cookie = await signIn((await issue(['verify'])).key)
      const page = await read(path, { cookie, accept: 'text/html' })
      assert.equal(page.status, 200)
      assert.match(page.headers.get('content-security-policy')!, /frame-ancestors 'none'/)
      assert.equal(page.headers.get('x-frame-options'), 'DENY')
    }
  })

  test('a gallery shows what the key may use, and a page says which scope is missing', async () => {
    const address = `/explorer/galleries/${exampleGalleryId}`
    const accept = 'text/html,*/*;q=0.8'
    const expected: [Scope[], string[], string[]][] = [
      [['identify'], ['Example gallery of the documentation', 'id="search-files"'], ['id="enrol-files"', 'id="steps"']],
      [['enrol'], ['id="enrol-files"', 'id="steps"', 'the scope identify'], [
        'Example gallery of the documentation',
        'id="search-files"'
      ]],
      [['enrol', 'identify'], ['id="search-files"', 'id="enrol-files"', 'id="steps"'], ['the scope identify']]
    ]
    for (const [scopes, shown, absent] of expected) {
      const html = (await read(address, { cookie: await signIn((await issue(scopes)).key), accept })).bytes.toString()
      assert.deepEqual(shown.filter(part => !html.includes(part)), [], scopes.join())
      assert.deepEqual(absent.filter(part => html.includes(part)), [], scopes.join())
    }
    const cookie = await signIn((await issue(['verify'])).key)
    const refused = await read(address, { cookie, accept })
    assert.equal(refused.status, 403)
    assert.match(refused.headers.get('content-type')!, /^text\/html/)
    assert.match(refused.headers.get('www-authenticate')!, /scope="identify"/)
    const html = refused.bytes.toString()
    assert.match(html, /the scope &quot;identify&quot;|the scope "identify"/)
    assert.ok(html.includes(`/explorer/sign-in?next=${encodeURIComponent(address)}`))
    assert.equal((await read(address, { cookie })).json.code, 'scope-missing', 'programs are told in JSON')
  })

  test('what does not exist is a page for a browser and a document for programs', async () => {
    const cookie = await signIn((await issue(['identify'])).key)
    const accept = 'text/html'
    const missing = '00000000-0000-4000-8000-0000000000ff'
    for (
      const path of [
        `/explorer/galleries/${missing}`,
        `/v1/maps/${missing}/card`,
        '/nothing/%3Cscript%3Ealert(1)%3C/script%3E'
      ]
    ) {
      const page = await read(path, { cookie, accept })
      assert.deepEqual([page.status, page.headers.get('content-type')], [404, 'text/html; charset=utf-8'], path)
      assert.match(page.headers.get('content-security-policy')!, /default-src 'none'/)
      assert.ok(!page.bytes.toString().includes('<script>'))
      assert.match((await read(path, { cookie })).headers.get('content-type')!, /problem\+json/)
    }
    // What programs read is a document, whatever a browser would accept.
    assert.equal((await read(`/v1/maps/${missing}`, { cookie, accept })).json.code, 'map-unknown')
  })

  test('names are text on the page, whatever they contain', async () => {
    const cookie = await signIn((await issue(['embed', 'verify'])).key)
    const html = (await read('/', { cookie })).bytes.toString()
    assert.ok(html.includes('a &lt;b>key&lt;/b>') || html.includes('a &lt;b&gt;key'), 'the name of the key')
    assert.ok(!html.includes('<b>key'))
    const { bytes } = await read('/explorer/sign-in?next=%2F%22%3E%3Cscript%3Ealert(1)%3C%2Fscript%3E', {})
    assert.ok(!bytes.toString().includes('<script>alert'))
  })

  test('no file but its own is served', async () => {
    for (const name of ['..%2fcompare-page.js', '%2e%2e%2froutes.ts', 'nothing.js', '__proto__', 'words.js%00']) {
      assert.ok((await read(`/explorer/client/${name}`, {})).status >= 400, name)
    }
    const { headers } = await read('/explorer/client/words.js', {})
    assert.match(headers.get('content-type')!, /^text\/javascript/)
    const again = await read('/explorer/client/words.js', { 'if-none-match': headers.get('etag')! })
    assert.equal(again.status, 304)
  })
})

describe('the explorer', () => {
  test('is not there when it is switched off, nor are its sessions', async () => {
    const running = await startService({ config: { explorer: false, apiKeysRequired: true } })
    try {
      const { key, stored } = await running.service.access.issue({ name: 'x', scopes: ['verify'] })
      const { token } = await running.service.access.sessions.open(stored)
      for (const path of ['/', '/explorer/sign-in', '/explorer/client/words.js']) {
        assert.equal(
          (await call(running.url, 'GET', path, { headers: { authorization: `Bearer ${key}` } })).status,
          404
        )
      }
      const headers = { cookie: `crosswalk-session=${token}` }
      assert.equal((await call(running.url, 'GET', '/v1/models', { headers })).status, 401)
    } finally {
      await running.stop()
    }
  })

  test('without keys it answers no name that only resolves to this machine', async () => {
    const running = await startService()
    try {
      const { port } = new URL(running.url)
      const statusUnder = (host: string) =>
        new Promise<number | undefined>((resolve, reject) => {
          request({ host: '127.0.0.1', port, path: '/', headers: { host } }, answer => {
            answer.resume()
            resolve(answer.statusCode)
          }).on('error', reject).end()
        })
      assert.equal(await statusUnder(`127.0.0.1:${port}`), 200)
      assert.equal(await statusUnder(`rebound.example:${port}`), 403)
    } finally {
      await running.stop()
    }
  })

  test('a session counts on every replica, and ends on every one', async () => {
    const database = await startDatabase('postgres')
    const config = { database: database.config, apiKeysRequired: true }
    const [here, there] = [await startService({ config }), await startService({ config })]
    try {
      const { stored } = await here.service.access.issue({ name: 'x', scopes: ['verify'] })
      const { token } = await here.service.access.sessions.open(stored)
      const read = async ({ url }: RunningService) =>
        (await call(url, 'GET', '/v1/models', { headers: { cookie: `crosswalk-session=${token}` } })).status
      assert.deepEqual([await read(here), await read(there)], [200, 200])
      await here.service.access.sessions.end(token)
      assert.equal(await read(here), 401)
      await eventually('the other replica to refuse the session', () => read(there), status => status === 401)
    } finally {
      await there.stop()
      await here.stop()
      await database.stop()
    }
  })
})
