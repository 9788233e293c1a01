import assert from 'node:assert/strict'
import { request } from 'node:http'
import { after, before, describe, test } from 'node:test'
import { examples } from '../../../src/platform/http/documented-examples.js'
import { startDatabase, urlOf, type TestDatabase } from '../../support/databases.js'
import { jobIn } from '../../support/jobs.js'
import { call, startService, type Answer, type RunningService } from '../../support/service.js'
import { startTcpProxy, type TcpProxy } from '../../support/tcp-proxy.js'

/** Two replicas; the second reaches the database through a proxy, which can be made to say nothing. */
describe('only an active map decides', () => {
  let database: TestDatabase
  let proxy: TcpProxy
  let one: RunningService
  let other: RunningService
  before(async () => {
    database = await startDatabase('postgres')
    proxy = await startTcpProxy(urlOf(database))
    const config = { embedThreads: 1, mapLease: 10 }
    one = await startService({ config: { ...config, database: database.config } })
    other = await startService({ config: { ...config, database: { url: proxy.url } } })
  })
  after(async () => {
    proxy?.set('open')
    await other?.stop()
    await one?.stop()
    await proxy?.stop()
    await database?.stop()
  })

  const target = 'example-a'
  const fit = async (seed: number): Promise<string> => {
    const pairs = examples.pairs.map(({ source, target, ...pair }) => ({ ...pair, source: target, target: source }))
    const { status, json } = await call(one.url, 'POST', '/v1/maps', {
      json: { source: 'example-b', target, method: 'procrustes', seed, pairs }
    })
    assert.equal(status, 201, JSON.stringify(json))
    return json.id
  }
  const activate = async (id: string) =>
    assert.equal((await call(one.url, 'POST', `/v1/maps/${id}/activate`)).status, 200)
  const retire = async (id: string, url = one.url) =>
    assert.equal((await call(url, 'DELETE', `/v1/maps/${id}`)).status, 200)
  const translate = async (url: string) =>
    await call(url, 'POST', '/v1/translations', {
      json: { target, templates: [{ model: 'example-b', vector: [1, 2, 3] }] }
    })
  const verify = async (url: string) =>
    await call(url, 'POST', '/v1/verifications', {
      json: {
        probe: { template: { model: 'example-b', vector: [1, 2, 3] } },
        reference: { template: { model: target, vector: [1, 2, 3, 4] } }
      }
    })
  const by = ({ status, json }: Answer) => status === 200 ? (json.maps?.[0] ?? json.map).id : json.code

  test('every replica follows an activation or a retirement once it is acknowledged', async () => {
    let before: string | undefined
    for (let seed = 1; seed <= 4; seed++) {
      const id = await fit(seed)
      await activate(id)
      assert.equal(by(await translate(other.url)), id)
      if (before !== undefined) await retire(before)
      before = id
    }
    const answers: Promise<Answer>[] = []
    const retirement = { acknowledged: false }
    const late: Promise<Answer>[] = []
    const loop = async (ask: (url: string) => Promise<Answer>) => {
      while (!retirement.acknowledged) {
        const answer = ask(other.url)
        answers.push(answer)
        await answer
      }
      late.push(ask(other.url))
    }
    const looping = [loop(translate), loop(verify)]
    await retire(before!)
    retirement.acknowledged = true
    await Promise.all(looping)
    for (const answer of await Promise.all(late)) assert.notEqual(by(answer), before)
    // Those that were under way are answered by the map, or told that it is gone.
    for (const answer of await Promise.all(answers)) {
      assert.ok([200, 409].includes(answer.status), JSON.stringify(answer.json))
    }
  })

  test('an open stream whose map is retired sends no further chunk, and ends incomplete', async () => {
    const id = await fit(11)
    await activate(id)
    const chunk = Buffer.alloc(4 * 3 * 100_000, Buffer.from(Float32Array.of(1, 2, 3).buffer))
    const upload = request(`${other.url}/v1/translations?source=example-b&target=${target}`, {
      method: 'POST',
      headers: { 'content-type': 'application/octet-stream', accept: 'application/octet-stream' }
    })
    const bytes = { received: 0, sent: 0 }
    const ended = new Promise<boolean>(resolve => {
      upload.on('response', response => {
        assert.equal(response.statusCode, 200)
        response.on('data', (piece: Buffer) => {
          bytes.received += piece.length
        })
        response.on('close', () => resolve(response.complete))
      })
      upload.on('error', () => resolve(false))
    })
    // 4 MiB are a chunk; the answer begins after the second one.
    const send = () =>
      new Promise<void>(resolve => {
        bytes.sent += 1_200_000
        upload.write(chunk, () => resolve())
      })
    while (bytes.received === 0 && bytes.sent < 60_000_000) {
      await Promise.race([send(), ended])
      await new Promise(resolve => setImmediate(resolve))
    }
    assert.ok(bytes.received > 0)
    await retire(id)
    for (let more = 0; more < 20 && !upload.destroyed; more++) await Promise.race([send(), ended])
    upload.end()
    assert.equal(await ended, false)
    // A row has 12 bytes before, and 16 after.
    assert.ok(bytes.received < bytes.sent / 12 * 16, `${bytes.received} bytes of ${bytes.sent}`)
  })

  test('a replica that is cut off from the database stops deciding before the retirement is acknowledged', async () => {
    const id = await fit(21)
    await activate(id)
    assert.equal(by(await translate(other.url)), id)
    proxy.set('stalled')
    await retire(id)
    for (const ask of [translate, verify]) {
      const { status, json } = await ask(other.url)
      assert.deepEqual([status, json.code], [503, 'unavailable'], JSON.stringify(json))
    }
    proxy.set('open')
  })

  test('a gallery is migrated only by an active map: no other can start, resume or commit a migration', async () => {
    const first = await fit(31)
    const { json: { id } } = await call(one.url, 'POST', '/v1/galleries', { json: { name: 'maps' } })
    const templates = Array.from({ length: 5 }, (_, i) => ({ subject: `p${i}`, vector: [1 + i, 2, 3] }))
    assert.equal(
      (await call(one.url, 'POST', `/v1/galleries/${id}/templates?model=example-b`, { json: { templates } })).status,
      200
    )
    const address = `/v1/galleries/${id}/migrations`
    const migrate = async (more = {}) => await call(one.url, 'POST', address, { json: { target, map: first, ...more } })
    assert.deepEqual([(await migrate()).json.code, (await migrate({ dryRun: true })).status], [
      'map-not-activated',
      200
    ])
    await activate(first)
    const { json: job } = await migrate()
    assert.equal((await jobIn(one.url, job.id)).state, 'succeeded')
    await activate(await fit(32))
    const post = async (what: string) => (await call(one.url, 'POST', `${address}/${job.id}/${what}`)).json
    assert.deepEqual([(await post('commit')).code, (await post('resume')).code], [
      'map-not-activated',
      'map-not-activated'
    ])
    await activate(first)
    await retire(first)
    assert.deepEqual([
      (await post('commit')).code,
      (await post('resume')).code,
      (await migrate({ dryRun: true })).json.code
    ], ['map-retired', 'map-retired', 'map-retired'])
    assert.equal((await post('rollback')).state, 'rolled-back')
  })
})
