import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, test } from 'node:test'
import { createChecker } from './checker.mjs'
import { startCheckingProxy } from './proxy.mjs'

const thing = {
  type: 'object',
  required: ['size'],
  properties: { size: { type: 'integer' } },
  additionalProperties: false
}
const id = { name: 'id', in: 'path', required: true, schema: { type: 'string' } }
const document = {
  openapi: '3.1.0',
  info: { title: 'Things', version: '1' },
  components: {
    schemas: { Thing: thing, Lines: { type: 'string', format: 'binary' } },
    headers: { Wait: { required: true, schema: { type: 'string' } } },
    responses: {
      Gone: {
        description: 'Gone.',
        content: { 'application/json': { schema: { $ref: '#/components/schemas/Thing' } } }
      }
    }
  },
  paths: {
    '/things/{id}': {
      get: {
        operationId: 'getThing',
        parameters: [id, { name: 'limit', in: 'query', schema: { type: 'integer', maximum: 5 } }],
        responses: {
          200: {
            description: 'The thing.',
            content: {
              'application/json': { schema: { $ref: '#/components/schemas/Thing' } },
              'application/x-npy': { schema: { $ref: '#/components/schemas/Lines' } },
              'text/event-stream': { schema: { $ref: '#/components/schemas/Thing' } }
            }
          },
          410: { $ref: '#/components/responses/Gone' },
          503: { description: 'Later.', headers: { 'retry-after': { $ref: '#/components/headers/Wait' } } }
        }
      },
      put: {
        operationId: 'putThing',
        parameters: [id],
        requestBody: { content: { 'application/json': { schema: { $ref: '#/components/schemas/Thing' } } } },
        responses: { 204: { description: 'Stored.' } }
      }
    }
  }
}
const json = { 'content-type': 'application/json; charset=utf-8' }
interface Exchange {
  readonly method?: string
  readonly url?: string
  readonly sent?: string
  readonly status?: number
  readonly headers?: Record<string, string>
  readonly body?: string
}

function findingsOf (
  { method = 'GET', url = '/things/1', sent = '', status = 200, headers = json, body = '' }: Exchange
) {
  const { check, findings } = createChecker(document)
  check({
    method,
    url,
    request: { headers: json, body: Buffer.from(sent) },
    answer: { status, headers, body: Buffer.from(body, 'latin1') }
  })
  return findings()
}

describe('the checker of the smoke test', () => {
  test('finds nothing in what the document says', () => {
    const good: Exchange[] = [
      { body: '{"size":1}' },
      { status: 410, body: '{"size":1}' },
      { url: '/things/a%20b?limit=5', body: '{"size":1}' },
      { headers: { 'content-type': 'application/x-npy' }, body: '\x93NUMPY' },
      { headers: { 'content-type': 'text/event-stream' }, body: 'id: 1\ndata: {"size":1}\n\ndata: {"size":2}\n\n' },
      { status: 503, headers: { 'retry-after': '1' } },
      { method: 'PUT', sent: '{"size":1}', status: 204, headers: {} },
      { method: 'HEAD', headers: json },
      { url: '/a-page', status: 418 }
    ]
    for (const exchange of good) assert.deepEqual(findingsOf(exchange), [], JSON.stringify(exchange))
  })

  const bad: [finding: RegExp, exchange: Exchange][] = [
    [/the status is not documented/, { status: 201, body: '{"size":1}' }],
    [/text\/csv is not documented/, { headers: { 'content-type': 'text/csv' }, body: 'size' }],
    [/must have required property 'size'/, { body: '{}' }],
    [/must be integer/, { body: '{"size":1.5}' }],
    [/must have required property/, { status: 410, body: '{}' }],
    [/must NOT have additional properties/, { body: '{"size":1,"secret":2}' }],
    [/there is no body/, {}],
    [/the header x-colour is not documented/, { headers: { ...json, 'x-colour': 'red' }, body: '{"size":1}' }],
    [/the header retry-after is missing/, { status: 503, headers: {} }],
    [/not an \.npy file/, { headers: { 'content-type': 'application/x-npy' }, body: 'PK' }],
    [/must be integer/, {
      headers: { 'content-type': 'text/event-stream' },
      body: 'data: {"size":1}\n\ndata: {"size":"2"}\n\n'
    }],
    [/limit=6: .*must be <= 5/, { url: '/things/1?limit=6', body: '{"size":1}' }],
    [/the parameter colour, which is not documented/, { url: '/things/1?colour=red', body: '{"size":1}' }],
    [/a body that the document does not allow/, { method: 'PUT', sent: '{"size":"1"}', status: 204, headers: {} }],
    [/no such operation/, { method: 'DELETE', status: 204, headers: {} }]
  ]
  for (const [finding, exchange] of bad) {
    test(`finds ${finding.source}`, () => {
      const found = findingsOf(exchange)
      assert.equal(found.length, 1, found.join('; '))
      assert.match(found[0]!, finding)
    })
  }

  test('passes on what it checks as it stands, and stays when a connection breaks', async t => {
    const service = createServer((request, response) => {
      if (request.url === '/openapi.json') {
        return response.setHeader('content-type', 'application/json').end(JSON.stringify(document))
      }
      if (request.url === '/things/broken') return response.writeHead(200, json).write('{"si', () => response.destroy())
      return request.resume().on('end', () =>
        response.writeHead(200, { ...json, trailer: 'x-sum' }).end(
          JSON.stringify({ size: Number(request.url!.split('/').at(-1)) })
        ))
    }).listen(0, '127.0.0.1')
    t.after(() => service.close())
    await new Promise(resolve => service.once('listening', resolve))
    const proxy = await startCheckingProxy(`http://127.0.0.1:${(service.address() as AddressInfo).port}`)
    t.after(proxy.close)
    await assert.rejects(fetch(`${proxy.url}/things/broken`).then(answer => answer.text()))
    const answer = await fetch(`${proxy.url}/things/7`)
    assert.deepEqual([answer.status, answer.headers.get('trailer'), await answer.text()], [200, 'x-sum', '{"size":7}'])
    assert.deepEqual(proxy.findings(), [])
    assert.equal((await fetch(`${proxy.url}/things/1.5`)).status, 200)
    assert.match(proxy.findings().join(), /getThing 200: application\/json: \/size must be integer/)
    assert.deepEqual(proxy.seen(), ['getThing 200'])
  })
})
