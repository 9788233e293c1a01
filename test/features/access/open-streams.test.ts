import assert from 'node:assert/strict'
import { after, before, describe, test, type TestContext } from 'node:test'
import { createStreamLimit } from '../../../src/features/jobs/event-streams.js'
import { makeCorpus, prefer, slow } from '../../support/jobs.js'
import { eventually } from '../../support/eventually.js'
import { head, idle, open, recordsOf } from '../../support/connection.js'
import { call, startService, type RunningService } from '../../support/service.js'

const binary = 'application/octet-stream'
const chunk = Buffer.from(new Float32Array(2048 * 512).fill(0.5).buffer)

describe('a stream is cut off', () => {
  let running: RunningService
  let admin: { authorization: string }
  before(async () => {
    running = await startService({ config: { apiKeysRequired: true, audit: 'strict' } })
    admin = (await issue({ scopes: ['admin', 'fit', 'enrol'] })).headers
  })
  after(async () => {
    await running.stop()
  })

  async function issue (request: Partial<Parameters<RunningService['service']['access']['issue']>[0]>) {
    const { key, stored } = await running.service.access.issue({
      name: 'k',
      scopes: ['translate', 'enrol', 'fit'],
      ...request
    })
    return { headers: { authorization: `Bearer ${key}` }, id: stored.id }
  }
  const revoke = async (id: string) => {
    assert.equal((await call(running.url, 'DELETE', `/v1/api-keys/${id}`, { headers: admin })).status, 200)
  }

  /** A translation of rows without a known number, of which three chunks are there. */
  async function translating (headers: Record<string, string>) {
    const connection = await open(running.url)
    connection.socket.write(
      head('POST', '/v1/translations?source=r512&target=dlib128', {
        ...headers,
        'content-type': binary,
        accept: binary,
        'transfer-encoding': 'chunked'
      })
    )
    const send = () => {
      connection.socket.write(
        Buffer.concat([Buffer.from(`${chunk.length.toString(16)}\r\n`), chunk, Buffer.from('\r\n')])
      )
    }
    for (let i = 0; i < 3; i++) send()
    return { ...connection, send }
  }
  const isWhole = (received: Buffer) => received.toString('latin1').endsWith('\r\n0\r\n\r\n')

  const hour = 3_600_000
  const expire = async (_id: string, t: TestContext) => {
    t.mock.timers.enable({ apis: ['Date'], now: Date.now() + hour })
  }
  for (const [name, end] of [['revoked', revoke], ['expired', expire]] as const) {
    test(`when its key is ${name}: a translation`, async t => {
      const key = await issue({ expiresAt: new Date(Date.now() + hour).toISOString() })
      const known = (await recordsOf(running.url, 'translateTemplates', 0, admin)).length
      const { until, received, closed } = await translating(key.headers)
      await until(2048 * 512)
      await end(key.id, t)
      await closed
      assert.ok(received().toString('latin1').startsWith('HTTP/1.1 200') && !isWhole(received()))
      const records = await recordsOf(running.url, 'translateTemplates', known + 2, admin)
      assert.deepEqual(records.slice(known).map(({ key: { id }, phase, complete }) => [id, phase, complete]), [[
        key.id,
        'begun',
        undefined
      ], [key.id, 'ended', false]])
      await idle(running.url, admin)
    })
  }

  test('when its key is revoked: the events of a job', async () => {
    const key = await issue({})
    const spaces = { source: 'open-a', target: 'open-b' }
    const corpus = await makeCorpus(running.url, spaces, admin, slow)
    const jobs = await Promise.all(
      Array.from({ length: 4 }, () =>
        call(running.url, 'POST', '/v1/maps', {
          json: { ...spaces, corpus, method: 'auto' },
          headers: { ...prefer, ...key.headers }
        }))
    )
    const { socket, received, closed } = await open(running.url)
    socket.write(head('GET', `/v1/jobs/${jobs[3]!.json.id}/events`, key.headers))
    await eventually('an event', () => received().toString(), text => text.includes('event: progress'))
    await revoke(key.id)
    await closed
    assert.doesNotMatch(received().toString(), /event: (succeeded|failed|cancelled)/)
    for (const { json } of jobs) await call(running.url, 'DELETE', `/v1/jobs/${json.id}`, { headers: admin })
    await idle(running.url, admin)
  })

  test('when its key is revoked: an upload, which learns what was stored', async () => {
    const key = await issue({})
    const gallery = (await call(running.url, 'POST', '/v1/galleries', { json: { name: 'g' }, headers: admin })).json.id
    const { socket, until, received } = await open(running.url)
    const lines = Array.from({ length: 3 }, (_, i) => JSON.stringify({ subject: `s${i}`, vector: [1, 2, 3, 4] }) + '\n')
      .join('')
    socket.write(
      head('POST', `/v1/galleries/${gallery}/templates?model=example-a`, {
        ...key.headers,
        'content-type': 'application/x-ndjson',
        'content-length': 1_000_000
      }) + lines
    )
    await revoke(key.id)
    await until(12)
    assert.match(received().toString(), /^HTTP\/1\.1 401/)
    await idle(running.url, admin)
    socket.destroy()
  })

  test('when the budget of its key is used up: a translation', async () => {
    // Enough for three chunks; one that came before the answer began would be answered with 429.
    const key = await issue({ templatesPerDay: 7000 })
    const { until, send, received, closed } = await translating(key.headers)
    await until(2048 * 512)
    send()
    await closed
    assert.ok(received().toString('latin1').startsWith('HTTP/1.1 200') && !isWhole(received()))
    await idle(running.url, admin)
  })
})

test('one key cannot take all event streams', async () => {
  const { open: take, count } = createStreamLimit({ all: 5, ofKey: 3 })
  const connection = {}
  const close = take('one', connection)
  assert.throws(() => take('one', connection), { code: 'overloaded' })
  take('one', {})
  take('one', {})
  assert.throws(() => take('one', {}), { code: 'overloaded' })
  take('two', {})
  take(null, {})
  assert.throws(() => take('two', {}), { code: 'overloaded' })
  close()
  take('one', {})
  assert.equal(count(), 5)
})
