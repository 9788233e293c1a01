import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import Fastify, { type FastifyRequest } from 'fastify'
import { Registry } from 'prom-client'
import type { Problem } from '../../../src/errors.js'
import { readEnrolledForm } from '../../../src/features/galleries/routes/gallery-rows.js'
import { readForm } from '../../../src/platform/http/bodies/request-body.js'
import bodyParsers from '../../../src/platform/http/plugins/body-parsers.js'
import exchange from '../../../src/platform/http/plugins/exchange.js'
import transfers from '../../../src/platform/http/plugins/transfers.js'
import { examples, exampleJobId } from '../../../src/platform/http/documented-examples.js'
import { eventually } from '../../support/eventually.js'
import { head, idle, open, recordsOf } from '../../support/connection.js'
import { call, startService, type RunningService } from '../../support/service.js'

const binary = 'application/octet-stream'

describe('a caller who leaves', () => {
  let running: RunningService
  before(async () => {
    running = await startService({ config: { audit: 'strict' } })
  })
  after(async () => {
    await running.stop()
  })
  const countOf = async (route: string, status: number) => {
    const metrics = (await call(running.url, 'GET', '/metrics')).bytes.toString()
    return Number(
      new RegExp(
        `^http_request_duration_seconds_count\\{method="POST",route="${route}",status="${status}"\\} (\\d+)$`,
        'm'
      ).exec(metrics)?.[1] ?? 0
    )
  }
  const leave = { FIN: 'destroy', RST: 'resetAndDestroy' } as const

  for (const by of ['FIN', 'RST'] as const) {
    test(`during an answer that was complete is counted as 499 (${by})`, async () => {
      const before = [await countOf('/v1/translations', 200), await countOf('/v1/translations', 499)]
      const body = JSON.stringify({
        target: 'dlib128',
        templates: Array.from({ length: 9000 }, () => ({ model: 'r512', data: examples.templates.r512 }))
      })
      const { socket, until } = await open(running.url)
      socket.write(
        head('POST', '/v1/translations', { 'content-type': 'application/json', 'content-length': body.length }) + body
      )
      await until(1000)
      // More than the buffers of both sides hold.
      socket.pause()
      socket[leave[by]]()
      await idle(running.url)
      assert.deepEqual([await countOf('/v1/translations', 200), await countOf('/v1/translations', 499)], [
        before[0],
        before[1]! + 1
      ])
    })

    test(`during a stream has a record of its end, with the number of templates sent (${by})`, async () => {
      const rows = 60_000
      const body = Buffer.from(new Float32Array(rows * 512).fill(0.5).buffer)
      const { socket, until, received } = await open(running.url)
      socket.write(
        head('POST', '/v1/translations?source=r512&target=dlib128', {
          'content-type': binary,
          accept: binary,
          'x-request-id': `stream-${by}`,
          'content-length': body.length
        })
      )
      socket.write(body)
      await until(4_000_000)
      const had = Math.floor(received().length / 512)
      socket[leave[by]]()
      await idle(running.url)
      // Records of callers before may be written after those of this one have begun.
      const [begun, ended] = await eventually(
        'both records of the stream',
        async () =>
          (await recordsOf(running.url, 'translateTemplates', 0)).filter(({ request }) => request === `stream-${by}`),
        records => records.length === 2
      )
      assert.deepEqual([begun.phase, begun.templates, begun.complete], ['begun', rows, undefined])
      assert.deepEqual([ended.phase, ended.status, ended.complete], ['ended', 200, false])
      assert.ok(
        ended.templates >= had - 1 && ended.templates < rows,
        `${ended.templates} of ${rows} left, ${had} arrived`
      )
    })
  }

  test('during a change finds it made, and the record says that nobody was answered', async () => {
    const body = JSON.stringify({ source: 'example-a', target: 'example-b', pairs: examples.pairs })
    const { socket, closed } = await open(running.url)
    socket.write(head('POST', '/v1/maps', { 'content-type': 'application/json', 'content-length': body.length }) + body)
    await recordsOf(running.url, 'fitMap', 1)
    socket.destroy()
    await closed
    const [, ended] = await recordsOf(running.url, 'fitMap', 2)
    assert.deepEqual([ended.phase, ended.status, ended.complete], ['ended', 201, false])
    assert.equal((await call(running.url, 'GET', ended.made)).status, 200)
    await idle(running.url)
  })

  test('before the body is complete leaves a record of it, and nothing is started', async () => {
    const { socket } = await open(running.url)
    socket.write(
      head('POST', '/v1/corpora', { 'content-type': 'application/json', 'content-length': 100 }) + '{"name":'
    )
    await eventually(
      'that the request is there',
      async () =>
        (await call(running.url, 'GET', '/metrics')).bytes.toString().includes('\nhttp_requests_in_flight 2\n')
    )
    socket.resetAndDestroy()
    const [record, ...none] = await recordsOf(running.url, 'createCorpus', 1)
    assert.deepEqual([record.phase, record.status, record.problem, record.complete], [
      'ended',
      499,
      'caller-left',
      false
    ])
    assert.deepEqual(none, [])
  })

  test('with pipelined event streams had one of them, and leaves none', async () => {
    const connections = await Promise.all(Array.from({ length: 6 }, async () => {
      const connection = await open(running.url)
      connection.socket.write(head('GET', `/v1/jobs/${exampleJobId}/events`).repeat(100))
      return connection
    }))
    await Promise.all(connections.map(({ until }) => until(10)))
    for (const { socket } of connections) socket.resetAndDestroy()
    await idle(running.url)
    assert.equal((await call(running.url, 'GET', `/v1/jobs/${exampleJobId}/events`)).status, 200)
  })

  test('by half-closing during a body, while an earlier answer is sent, finds nothing between its bytes', async () => {
    const rows = 20_000
    const body = Buffer.from(new Float32Array(rows * 512).fill(0.5).buffer)
    const { socket, until, received, closed } = await open(running.url)
    socket.write(
      head('POST', '/v1/translations?source=r512&target=dlib128', {
        'content-type': binary,
        accept: binary,
        'content-length': body.length
      })
    )
    socket.write(body.subarray(0, body.length / 2))
    await until(1000)
    socket.end()
    await closed
    assert.equal(received().toString('latin1').split('HTTP/1.1').length, 2)
    await idle(running.url)
  })
})

describe('a form whose caller has left', () => {
  const readers: Record<string, (request: FastifyRequest) => Promise<unknown>> = {
    'is kept': async request => await readForm(request, ['image']),
    streams: async request => {
      const space = { model: 'm', fingerprint: 'f', dimension: 4 }
      const limits = { names: 1e6, templates: 1e6 }
      for await (const batch of readEnrolledForm(request, space, limits)) assert.fail(`${batch.length} templates`)
    }
  }
  for (const [name, read] of Object.entries(readers)) {
    test(`before it was read is not waited for: one that ${name}`, async t => {
      const registry = new Registry()
      const app = Fastify()
      t.after(() => app.close())
      await app.register(exchange, { registry })
      await app.register(transfers, { timeout: 600_000, memory: 1e6, registry })
      await app.register(bodyParsers, { limit: 1e6 })
      let outcome: unknown
      app.post('/form', async request => {
        await new Promise<void>(resolve => {
          request.exchange.onEnd(() => resolve())
          begun()
        })
        outcome = await read(request).catch((error: unknown) => error)
        return {}
      })
      const connection = await open(await app.listen({ host: '127.0.0.1', port: 0 }))
      const working = new Promise<void>(resolve => {
        begun = resolve
      })
      const headers = { 'content-type': 'multipart/form-data; boundary=b', 'content-length': 1000 }
      connection.socket.write(head('POST', '/form', headers) + '--b\r\n')
      await working
      connection.socket.resetAndDestroy()
      await eventually(
        'that the request is done with',
        async () => /^http_requests_in_flight 0$/m.test(await registry.metrics())
      )
      assert.equal((outcome as Problem).code, 'caller-left')
    })
  }
  let begun = () => {}
})

test('an exchange has fast properties: the accessors of a literal keep it until the whole heap is collected', async t => {
  setFlagsFromString('--allow-natives-syntax')
  t.after(() => setFlagsFromString('--no-allow-natives-syntax'))
  const hasFastProperties = runInNewContext('value => %HasFastProperties(value)') as (value: object) => boolean
  assert.equal(
    hasFastProperties({
      get ended () {
        return t
      }
    }),
    false
  )
  const app = Fastify()
  t.after(() => app.close())
  await app.register(exchange, { registry: new Registry() })
  let seen: object | undefined
  app.get('/', async request => {
    seen = request.exchange
    return {}
  })
  await app.inject('/')
  assert.ok(hasFastProperties(seen!))
})

describe('readiness', () => {
  test('fails while admitted work does not end, and says so', async () => {
    let clock = 0
    const running = await startService({ now: () => clock })
    try {
      const admission = running.service.admissions.open({ label: 'requests', parallel: 1 })
      const ready = async () => {
        const { status, json } = await call(running.url, 'GET', '/health/ready')
        return [status, json.checks.admissions]
      }
      const admitted = admission.enter()
      clock += 9 * 60_000
      admission.enter().leave()
      assert.deepEqual(await ready(), [200, 'ok'])
      clock += 2 * 60_000
      assert.deepEqual(await ready(), [503, 'failing'])
      admitted.leave()
      assert.deepEqual(await ready(), [200, 'ok'])
    } finally {
      await running.stop()
    }
  })
})
