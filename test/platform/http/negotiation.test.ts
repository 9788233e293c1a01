import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { examples } from '../../../src/platform/http/documented-examples.js'
import { exchange } from '../../support/connection.js'
import { call, startService, type RunningService } from '../../support/service.js'

const json = 'application/json'
const base64 = 'application/vnd.crosswalk.base64+json'
const npy = 'application/x-npy'
const raw = 'application/octet-stream'

describe('what a caller states about its request', () => {
  let running: RunningService
  const lines: string[] = []
  before(async () => {
    running = await startService({
      log: {
        write: line => {
          lines.push(line)
        }
      },
      config: { corsOrigins: ['https://console.example'] }
    })
  })
  after(() => running.stop())

  const body = { target: 'r512', templates: [{ model: 'dlib128', data: examples.templates.dlib128 }] }
  const translate = (headers: Record<string, string>, query = '') =>
    call(running.url, 'POST', `/v1/translations${query}`, { json: body, headers })

  // RFC 9110, section 12.5.1.
  const accepted: [string, string | 406][] = [
    ['', json],
    ['*/*', json],
    ['application/*', json],
    [json, json],
    ['application/json; charset=utf-8', json],
    ['application/json;charset=UTF-8', json],
    ['Application/JSON; charset="utf-8"', json],
    ['application/json; charset=iso-8859-1', 406],
    [`${base64}; charset=utf-8`, base64],
    [`application/json;q=0.5, ${npy};q=0.9`, npy],
    [`application/json;q=0.5, ${npy};q=0.1`, json],
    [`*/*;q=0.1, ${raw}`, raw],
    ['*/*, application/json;q=0', base64],
    [`text/html, ${npy};q=0.2`, npy],
    ['text/html', 406],
    ['text/html, */*;q=0', 406],
    ['image/*', 406]
  ]
  for (const [accept, expected] of accepted) {
    test(`Accept: ${accept === '' ? '(nothing)' : accept} is answered with ${expected}`, async () => {
      const { status, headers, json: problem } = await translate({ accept })
      if (expected === 406) assert.deepEqual([status, problem.code], [406, 'not-acceptable'])
      else assert.deepEqual([status, headers.get('content-type')!.split(';')[0]], [200, expected])
      assert.match(headers.get('vary')!, /\bAccept\b/)
    })
  }

  test('the type of its own answer is one that embeddings accept', async () => {
    const embed = (accept: string) =>
      call(running.url, 'POST', '/v1/embeddings?models=r512', { json: { image: examples.face }, headers: { accept } })
    const first = await embed(json)
    const again = await embed(first.headers.get('content-type')!)
    assert.deepEqual([first.status, again.status, again.headers.get('content-type')], [
      200,
      200,
      first.headers.get('content-type')
    ])
  })

  test('an answer varies by origin where origins are allowed', async () => {
    const { headers } = await translate({ origin: 'https://console.example' })
    assert.deepEqual(headers.get('vary')!.split(/, */).sort(), ['Accept', 'Origin'])
  })

  test('an address that contradicts the body is refused, one that agrees is accepted', async () => {
    assert.equal((await translate({}, '?source=dlib128&target=r512')).status, 200)
    for (
      const [query, named] of [['?target=dlib128', 'target'], ['?source=r512', 'source'], [
        `?fingerprint=${'0'.repeat(64)}`,
        'fingerprint'
      ]] as const
    ) {
      const { status, json: problem } = await translate({}, query)
      assert.ok(status === 400 || status === 409, query)
      assert.match(problem.detail, new RegExp(`querystring: ${named}: expected`), query)
    }
  })

  test('a well-formed request id of the caller is used everywhere; otherwise one is generated', async () => {
    for (
      const id of ['4bf92f3577b34da6a3ce929d0e0e4736', 'Root=1-67891233-abcdef012345678912345678', 'a', 'x'.repeat(128)]
    ) {
      lines.length = 0
      const { headers, json: problem } = await call(running.url, 'GET', '/v1/models/none', {
        headers: { 'x-request-id': id }
      })
      assert.deepEqual([headers.get('x-request-id'), problem.requestId], [id, id])
      assert.ok(lines.some(line => line.includes(JSON.stringify(id))))
    }
    for (const id of ['x'.repeat(129), 'two words', 'a"b', '{}', 'ä']) {
      const { headers, json: problem } = await call(running.url, 'GET', '/v1/models/none', {
        headers: { 'x-request-id': id }
      })
      assert.match(headers.get('x-request-id')!, /^[0-9a-f-]{36}$/)
      assert.equal(problem.requestId, headers.get('x-request-id'))
    }
  })

  // Some are answered by Node's parser, by the router, or before there is a route.
  const unusual: [string, string, number][] = [
    ['no HTTP', 'hello\r\n\r\n', 400],
    ['too long a header', `GET /health/live HTTP/1.1\r\nHost: localhost\r\nX-Long: ${'a'.repeat(20_000)}\r\n\r\n`, 431],
    ['no host', 'GET /health/live HTTP/1.1\r\nConnection: close\r\n\r\n', 400],
    [
      'a host that is not allowed',
      'GET /v1/models HTTP/1.1\r\nHost: elsewhere.example\r\nConnection: close\r\n\r\n',
      403
    ],
    [
      'an address that cannot be decoded',
      'GET /v1/models/%E0%A4%A HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n',
      400
    ],
    ['a body of a GET', 'GET /v1/models HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n{}', 400],
    [
      'a body of a GET in chunks',
      'GET /v1/models HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n',
      400
    ],
    ['a query of the document', 'GET /openapi.json?x=1 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n', 400],
    [
      'a request id of another form in a query',
      'GET /v1/audit?request=a%00b HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n',
      400
    ],
    ['an unknown route', 'GET /nothing HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n', 404],
    [
      'another method',
      'PUT /v1/models HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: 0\r\n\r\n',
      405
    ],
    [
      'an expectation that is not known',
      'GET /health/live HTTP/1.1\r\nHost: localhost\r\nExpect: miracles\r\nConnection: close\r\n\r\n',
      200
    ],
    [
      'a preflight',
      'OPTIONS /v1/models HTTP/1.1\r\nHost: localhost\r\nOrigin: https://console.example\r\nAccess-Control-Request-Method: GET\r\nConnection: close\r\n\r\n',
      204
    ],
    ['metrics', 'GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n', 200],
    ['the document', 'GET /openapi.json HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n', 200],
    ['Swagger UI', 'GET /docs/ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n', 200]
  ]
  for (const [name, sent, status] of unusual) {
    test(`${name} is answered with the headers of every answer`, async () => {
      const answer = await exchange(running.url, sent)
      assert.match(answer, new RegExp(`^HTTP/1.1 ${status} `), answer.slice(0, 200))
      const head = answer.slice(0, answer.indexOf('\r\n\r\n')).toLowerCase()
      for (
        const header of [
          'x-request-id: ',
          'cache-control: ',
          'content-security-policy: ',
          'x-content-type-options: nosniff',
          'x-frame-options: deny',
          'referrer-policy: no-referrer'
        ]
      ) {
        assert.ok(head.includes(`\r\n${header}`), `${header} of ${head}`)
      }
      if (status >= 400) {
        assert.ok(head.includes(`x-request-id: ${/"requestId":"([^"]+)"/.exec(answer)?.[1] ?? 'none in the problem'}`))
      }
    })
  }
})
