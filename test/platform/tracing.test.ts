import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, describe, test } from 'node:test'
import { readConfig } from '../../src/config.js'
import { exampleGalleryId, examples } from '../../src/platform/http/documented-examples.js'
import { createOtlpExporter } from '../../src/platform/tracing/otlp.js'
import type { Span } from '../../src/platform/tracing/spans.js'
import { createLogger } from '../../src/logger.js'
import { eventually } from '../support/eventually.js'
import { call, startService, type Json, type RunningService } from '../support/service.js'

interface Received {
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId?: string
  readonly name: string
  readonly kind: number
  readonly startTimeUnixNano: string
  readonly endTimeUnixNano: string
  readonly attributes: { key: string, value: { stringValue?: string, intValue?: string } }[]
  readonly status: { code?: number }
}

/** A collector, as far as it takes traces in JSON. */
async function startCollector (status = 200) {
  const spans: Received[] = []
  const requests: {
    url: string | undefined
    headers: NodeJS.Dict<string | string[]>
    resource: Json
    bytes: string
  }[] = []
  const server = createServer(async (request, response) => {
    const parts: Buffer[] = []
    for await (const part of request) parts.push(part as Buffer)
    const bytes = Buffer.concat(parts).toString()
    const { resourceSpans } = JSON.parse(bytes) as Json
    for (const { resource, scopeSpans } of resourceSpans) {
      requests.push({ url: request.url, headers: request.headers, resource, bytes })
      if (status === 200) { for (const scope of scopeSpans) spans.push(...scope.spans) }
    }
    response.writeHead(status, { 'content-type': 'application/json' }).end('{}')
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    spans,
    requests,
    close: () => new Promise<void>(resolve => server.close(() => resolve()))
  }
}

const trace = (digit: string, flags = '01') => ({
  id: digit.repeat(32),
  parent: digit.repeat(16),
  header: { traceparent: `00-${digit.repeat(32)}-${digit.repeat(16)}-${flags}` }
})

describe('spans', () => {
  let collector: Awaited<ReturnType<typeof startCollector>>
  let service: RunningService
  before(async () => {
    collector = await startCollector()
    const { tracing } = readConfig({
      OTEL_EXPORTER_OTLP_ENDPOINT: `${collector.endpoint}/`,
      OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Bearer%20abc,x-tenant=one',
      OTEL_SERVICE_NAME: 'gate'
    })
    service = await startService({ config: { tracing } })
  })
  after(async () => {
    await service.stop()
    await collector.close()
  })

  /** The spans of a trace, once its request is among them. */
  const spansOf = async ({ id, parent }: ReturnType<typeof trace>): Promise<Received[]> =>
    await eventually(
      'the spans',
      async () => collector.spans.filter(({ traceId }) => traceId === id),
      found => found.some(({ parentSpanId }) => parentSpanId === parent)
    )

  test('tell what a photograph took: decoding, detection, embedding, below the request and its caller', async () => {
    const of = trace('a')
    const image = examples.face
    assert.equal(
      (await call(service.url, 'POST', '/v1/embeddings', { json: { image }, headers: of.header })).status,
      200
    )
    const spans = await spansOf(of)
    const [root] = spans.filter(({ parentSpanId }) => parentSpanId === of.parent)
    assert.equal(root!.name, 'POST /v1/embeddings')
    assert.equal(root!.kind, 2)
    const [whole] = spans.filter(({ name }) => name === 'image')
    assert.equal(whole!.parentSpanId, root!.spanId)
    for (const name of ['decode', 'detect', 'embed']) {
      const [stage] = spans.filter(span => span.name === name)
      assert.equal(stage!.parentSpanId, whole!.spanId, name)
      // In microseconds, and threads round differently.
      const [start, end] = [stage!, whole!].map(span => Number(BigInt(span.startTimeUnixNano) / 1000n)) as [
        number,
        number
      ]
      assert.ok(start >= end - 1000, name)
      assert.ok(BigInt(stage!.endTimeUnixNano) >= BigInt(stage!.startTimeUnixNano))
    }
    const said = Object.fromEntries(
      root!.attributes.map(({ key, value }) => [key, value.stringValue ?? value.intValue])
    )
    assert.equal(said['http.response.status_code'], '200')
    assert.equal(said['http.route'], '/v1/embeddings')
  })

  test('tell translations, searches and what was asked of the database, and hold nothing that callers send', async () => {
    const of = trace('b')
    const template = { model: 'example-a', vector: [0.123456789, 2, 3, 4] }
    for (
      const [path, json] of [
        ['/v1/translations', { target: 'example-b', templates: [template] }],
        [`/v1/galleries/${exampleGalleryId}/identifications`, { probes: [template], candidates: 1 }]
      ] as const
    ) assert.equal((await call(service.url, 'POST', path, { json, headers: of.header })).status, 200, path)
    await eventually(
      'both requests',
      async () => (await spansOf(of)).filter(({ parentSpanId }) => parentSpanId === of.parent),
      found => found.length === 2
    )
    const spans = await spansOf(of)
    const byId = new Map(spans.map(span => [span.spanId, span]))
    const [translate, search] = ['translate', 'search'].map(name => spans.find(span => span.name === name)!)
    assert.equal(byId.get(translate!.parentSpanId!)!.name, 'POST /v1/translations')
    assert.equal(byId.get(search!.parentSpanId!)!.name, 'POST /v1/galleries/:id/identifications')
    const queries = spans.filter(({ name }) => name === 'database')
    assert.ok(queries.length > 0)
    for (const { parentSpanId } of queries) assert.ok(byId.has(parentSpanId!))
    for (const { url, headers, resource, bytes } of collector.requests) {
      assert.equal(url, '/v1/traces')
      assert.deepEqual([headers['authorization'], headers['x-tenant']], ['Bearer abc', 'one'])
      assert.ok(
        resource.attributes.some(({ key, value }: Json) => key === 'service.name' && value.stringValue === 'gate')
      )
      for (const secret of ['0.123456789', exampleGalleryId, examples.face.slice(30, 60)]) {
        assert.equal(bytes.includes(secret), false, secret)
      }
    }
  })

  test('say that a request failed, and are left out where the caller records nothing', async () => {
    const [silent, of] = [trace('c', '00'), trace('d')]
    await call(service.url, 'GET', '/v1/models', { headers: silent.header })
    await call(service.url, 'GET', '/v1/maps/00000000-0000-4000-8000-000000000000', { headers: of.header })
    const root = (await spansOf(of)).find(({ parentSpanId }) => parentSpanId === of.parent)
    assert.deepEqual(root!.status, {})
    assert.ok(
      root!.attributes.some(({ key, value }) => key === 'http.response.status_code' && value.intValue === '404')
    )
    assert.equal(collector.spans.some(({ traceId }) => traceId === silent.id), false)
  })
})

test('a collector that refuses, or is not there, costs spans and nothing else', async () => {
  const collector = await startCollector(503)
  const lines: string[] = []
  const log = createLogger('warn', { write: line => lines.push(line) })
  const span: Span = {
    traceId: 'a'.repeat(32),
    spanId: 'b'.repeat(16),
    name: 'work',
    kind: 'internal',
    start: 1,
    end: 2,
    attributes: {},
    failed: true
  }
  const options = { headers: {}, service: 'crosswalk', version: '1' }
  const refused = createOtlpExporter({ ...options, endpoint: collector.endpoint }, log)
  for (let i = 0; i < 5000; i++) refused.add(span)
  await refused.close()
  await collector.close()
  assert.equal(refused.dropped(), 5000)
  assert.equal(lines.filter(line => line.includes('spans are lost')).length, 1)
  const absent = createOtlpExporter({ ...options, endpoint: collector.endpoint }, log)
  absent.add(span)
  await absent.close()
  assert.equal(absent.dropped(), 1)
})

test('nothing is traced unless a collector is named, and a wrong one is refused', () => {
  assert.equal(readConfig({}).tracing, undefined)
  assert.throws(() => readConfig({ OTEL_EXPORTER_OTLP_ENDPOINT: 'localhost:4317' }), /OTEL_EXPORTER_OTLP_ENDPOINT/)
  assert.throws(
    () => readConfig({ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://localhost:4318', OTEL_EXPORTER_OTLP_HEADERS: 'secret' }),
    (error: Error) => /OTEL_EXPORTER_OTLP_HEADERS/.test(error.message) && !error.message.includes('secret')
  )
})
