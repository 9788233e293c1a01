import assert from 'node:assert/strict'
import { test } from 'node:test'
import { traceOf } from '../../../src/platform/http/trace-context.js'
import { call, startService } from '../../support/service.js'

const trace = '4bf92f3577b34da6a3ce929d0e0e4736'
const span = '00f067aa0ba902b7'

test('a malformed trace is no trace', () => {
  const parts = { trace_id: trace, parent_span_id: span }
  for (
    const [traceparent, expected] of [
      [`00-${trace}-${span}-01`, parts],
      [`01-${trace}-${span}-00-later`, parts],
      [`ff-${trace}-${span}-01`, {}],
      [`00-${'0'.repeat(32)}-${span}-01`, {}],
      [`00-${trace}-${'0'.repeat(16)}-01`, {}],
      [`00-${trace.toUpperCase()}-${span}-01`, {}],
      [`00-${trace}-${span}-01\n`, {}],
      ['x', {}]
    ] as const
  ) assert.deepEqual(traceOf({ headers: { traceparent } }), expected, traceparent)
})

test('every line of a request names its trace', async () => {
  const lines: { req?: object, res?: object, trace_id?: string, parent_span_id?: string, reqId?: string }[] = []
  const running = await startService({ log: { write: line => lines.push(JSON.parse(line)) } })
  try {
    await call(running.url, 'GET', '/v1/models', {
      headers: { traceparent: `00-${trace}-${span}-01`, 'x-request-id': 'traced' }
    })
    await call(running.url, 'GET', '/v1/models', { headers: { 'x-request-id': 'untraced' } })
  } finally {
    await running.stop()
  }
  const of = (id: string) => lines.filter(({ reqId }) => reqId === id)
  assert.ok(of('traced').length >= 2)
  for (const line of of('traced')) assert.deepEqual([line.trace_id, line.parent_span_id], [trace, span])
  for (const line of of('untraced')) assert.equal(line.trace_id, undefined)
})
