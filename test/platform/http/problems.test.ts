import assert from 'node:assert/strict'
import { Agent, request } from 'node:http'
import { after, before, describe, test } from 'node:test'
import { catalogue } from '../../../src/errors.js'
import { exampleCorpusId, exampleMapId, examples } from '../../../src/platform/http/documented-examples.js'
import { exchange } from '../../support/connection.js'
import { call, startService, type RunningService } from '../../support/service.js'

describe('problems', () => {
  let running: RunningService
  const lines: string[] = []
  before(async () => {
    running = await startService({
      log: {
        write: line => {
          lines.push(line)
        }
      }
    })
  })
  after(() => running.stop())

  test('an unknown route, method and malformed JSON are problems with a request id', async () => {
    const post = (body: string) =>
      call(running.url, 'POST', '/v1/corpora', { body, headers: { 'content-type': 'application/json' } })
    const form = (type: string, body: string) =>
      call(running.url, 'POST', '/v1/embeddings', { body, headers: { 'content-type': type } })
    const cursor = (moment: string) =>
      Buffer.from(`${moment} 00000000-0000-4000-8000-000000000000`).toString('base64url')
    const cases = [
      [await call(running.url, 'GET', '/v1/nothing'), 404, 'route-unknown'],
      [await call(running.url, 'PUT', '/v1/models'), 405, 'method-not-allowed'],
      [await call(running.url, 'POST', '/v1/models/example-a'), 405, 'method-not-allowed'],
      [await call(running.url, 'POST', '/v1/models/'), 404, 'route-unknown'],
      [await post('{"name":'), 400, 'body-invalid'],
      [await post(''), 400, 'body-invalid'],
      [await post('{"__proto__":{"admin":true},"name":"x"}'), 400, 'body-invalid'],
      [await post('[]'), 400, 'request-invalid'],
      [await post('null'), 400, 'request-invalid'],
      [await call(running.url, 'GET', '/v1/corpora?after=nothing'), 400, 'request-invalid'],
      [await call(running.url, 'GET', '/v1/corpora?limit=Infinity'), 400, 'request-invalid'],
      [await call(running.url, 'GET', '/v1/maps?limit=NaN'), 400, 'request-invalid'],
      [await call(running.url, 'GET', '/v1/models/%E0%A4%A'), 400, 'request-invalid'],
      [await call(running.url, 'GET', `/v1/models/${'x'.repeat(300)}`), 400, 'request-invalid'],
      [
        await call(running.url, 'GET', `/v1/corpora?after=${cursor('2024-02-31T00:00:00.000Z')}`),
        400,
        'request-invalid'
      ],
      [
        await call(running.url, 'GET', `/v1/corpora?after=${cursor('0000-01-01T00:00:00.000Z')}`),
        400,
        'request-invalid'
      ],
      [await post('{"name":"half of a pair: \\ud800"}'), 400, 'body-invalid'],
      [await form('multipart/form-data', 'x'), 400, 'body-invalid'],
      [await form('multipart/form-data; boundary=b', 'garbage'), 400, 'body-invalid'],
      [
        await form(
          'multipart/form-data; boundary=b',
          '--b\r\nContent-Disposition: form-data; name="image"; filename="x"\r\n\r\ncut'
        ),
        400,
        'body-invalid'
      ],
      [
        await form(
          'multipart/form-data; boundary=b',
          '--b\r\nContent-Disposition: form-data; name="other"; filename="x"\r\n\r\nx\r\n--b--'
        ),
        400,
        'body-invalid'
      ]
    ] as const
    for (const [{ status, json, headers }, expected, code] of cases) {
      assert.equal(status, expected, JSON.stringify(json))
      assert.match(headers.get('content-type')!, /^application\/problem\+json/)
      assert.equal(json.code, code)
      assert.equal(json.status, expected)
      assert.equal(json.title, catalogue[code].title)
      assert.ok(json.detail.length > 10)
      assert.match(json.requestId, /^[0-9a-f-]{36}$/)
    }
  })

  test('an unsupported method is answered with the supported ones', async () => {
    const { headers } = await call(running.url, 'PATCH', `/v1/maps/${exampleMapId}`)
    assert.deepEqual(headers.get('allow')!.split(', ').sort(), ['DELETE', 'GET', 'HEAD'])
  })

  // Node's parser refuses these before there is a request.
  const wire = [
    [
      'too long an address',
      `GET /v1/models?${'a'.repeat(20_000)} HTTP/1.1\r\nHost: x\r\n\r\n`,
      431,
      'headers-too-large'
    ],
    [
      'too long a header',
      `GET /health/live HTTP/1.1\r\nHost: x\r\nX-Long: ${'a'.repeat(20_000)}\r\n\r\n`,
      431,
      'headers-too-large'
    ],
    ['no HTTP', 'hello\r\n\r\n', 400, 'request-invalid'],
    [
      'two lengths',
      'POST /v1/corpora HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nContent-Length: 4\r\n\r\n{}',
      400,
      'request-invalid'
    ],
    [
      'a length beside chunks',
      'POST /v1/corpora HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n',
      400,
      'request-invalid'
    ],
    [
      'a length that is none',
      'POST /v1/corpora HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n',
      400,
      'request-invalid'
    ],
    [
      'a chunk that is none',
      'POST /v1/corpora HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n',
      400,
      'request-invalid'
    ],
    ['a NUL in a header', 'GET /health/live HTTP/1.1\r\nHost: x\r\nX-A: \0\r\n\r\n', 400, 'request-invalid'],
    ['no host', 'GET /health/live HTTP/1.1\r\n\r\n', 400, undefined]
  ] as const
  for (const [name, sent, status, code] of wire) {
    test(`${name} is a problem too, and ends the connection`, async () => {
      const answer = await exchange(running.url, sent)
      assert.match(answer, new RegExp(`^HTTP/1.1 ${status} `))
      if (code === undefined) return
      assert.match(answer, /content-type: application\/problem\+json/)
      assert.equal(JSON.parse(answer.slice(answer.indexOf('{"type"'))).code, code)
    })
  }

  test('pipelined requests are answered in order', async () => {
    const answer = await exchange(
      running.url,
      `${
        'GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n'.repeat(3)
      }GET /v1/models/none HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`
    )
    assert.deepEqual(answer.match(/HTTP\/1.1 \d{3}/g), ['HTTP/1.1 200', 'HTTP/1.1 200', 'HTTP/1.1 200', 'HTTP/1.1 404'])
  })

  test('a body that is longer than its header says is refused', async () => {
    const status = await new Promise<number | undefined>((resolve, reject) => {
      const { hostname, port } = new URL(running.url)
      const sent = request({
        hostname,
        port,
        method: 'POST',
        path: '/v1/corpora',
        headers: { 'content-type': 'application/json', 'content-length': '999999999' }
      }, response => {
        resolve(response.statusCode)
        response.resume()
      })
      sent.on('error', reject)
      sent.write('{}')
    })
    assert.equal(status, 413)
  })

  test('a refused form does not hold back the next request of its connection', async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    const { hostname, port } = new URL(running.url)
    const send = (options: object, body?: Buffer) =>
      new Promise<number | undefined>((resolve, reject) => {
        request({ hostname, port, agent, ...options }, response => {
          response.resume().on('end', () => resolve(response.statusCode))
        }).on('error', reject).end(body)
      })
    const body = Buffer.concat([
      Buffer.from('--b\r\nContent-Disposition: form-data; name="other"; filename="x"\r\n\r\n'),
      Buffer.alloc(2 ** 23),
      Buffer.from('\r\n--b--\r\n')
    ])
    assert.equal(
      await send({
        method: 'POST',
        path: '/v1/embeddings',
        headers: { 'content-type': 'multipart/form-data; boundary=b', 'content-length': body.length }
      }, body),
      400
    )
    assert.equal(await send({ path: '/health/live' }), 200)
    agent.destroy()
  })

  test('base64 that is mostly line ends is refused, and does not block', async () => {
    const { status } = await call(running.url, 'POST', '/v1/embeddings', {
      json: { image: `${'\n'.repeat(2_000_000)}!` }
    })
    assert.equal(status, 415)
  })

  test('no template, image or vector is ever logged', async () => {
    lines.length = 0
    await call(running.url, 'POST', '/v1/embeddings?models=r512', { json: { image: examples.face } })
    await call(running.url, 'POST', '/v1/translations', {
      json: { target: 'r512', templates: [{ model: 'dlib128', data: examples.templates.dlib128 }] }
    })
    await call(running.url, 'POST', '/v1/translations', {
      json: { target: 'r512', templates: [{ model: 'dlib128', data: examples.templates.dlib128.slice(4) }] }
    })
    await call(running.url, 'POST', `/v1/corpora/${exampleCorpusId}/templates?model=example-a`, {
      body: `{"sample":"a name","vector":[${examples.pairs[0]!.source.vector.join()}`,
      headers: { 'content-type': 'application/x-ndjson' }
    })
    await call(running.url, 'POST', '/v1/maps', {
      json: { source: 'example-a', target: 'example-b', pairs: examples.pairs }
    })
    const log = lines.join('')
    assert.ok(lines.length >= 4)
    for (
      const secret of [
        examples.face.slice(0, 60),
        examples.templates.dlib128.slice(8, 60),
        String(examples.pairs[0]!.source.vector[0]),
        'a name'
      ]
    ) {
      assert.equal(log.includes(secret), false)
    }
  })

  test('the name of a subject is not logged, whatever the outcome of the request', async () => {
    lines.length = 0
    const { id } = (await call(running.url, 'POST', '/v1/galleries', { json: { name: 'logged' } })).json
    const of = (name: string) => `/v1/galleries/${id}/subjects/${name}`
    const json = { templates: [{ model: 'example-a', vector: [1, 2, 3, 4] }] }
    const statuses = [
      await call(running.url, 'PUT', of('somebody'), { json }),
      await call(running.url, 'GET', of('somebody')),
      await call(running.url, 'DELETE', of('somebody')),
      await call(running.url, 'GET', of('somebody')),
      await call(running.url, 'POST', of('somebody')),
      await call(running.url, 'GET', of('of/somebody')),
      await call(running.url, 'GET', of('somebody%E0%A4%A')),
      await call(running.url, 'GET', `/v1/galleries/${id}/subjects?after=somebody`)
    ].map(({ status }) => status)
    assert.deepEqual(statuses, [201, 200, 200, 404, 405, 404, 400, 200])
    const log = lines.join('')
    assert.equal(log.includes('somebody'), false)
    assert.ok(log.includes(`"path":"${of('…')}"`))
    assert.ok(log.includes(`"path":"/v1/galleries/${id}/subjects"`))
  })
})
