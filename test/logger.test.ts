import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createLogger } from '../src/logger.js'

test('what a careless line logs of templates, bodies and headers is redacted, in errors and in children too', () => {
  const lines: string[] = []
  const log = createLogger('info', { write: line => lines.push(line) })
  const careless = { template: [0.125], nested: { headers: { authorization: 'Bearer 0.125' }, kept: 1 } }
  log.info(careless, 'own')
  log.child({ reqId: 'a' }).info({ probes: [{ vector: [0.125] }] }, 'child')
  log.error({ err: Object.assign(new Error('failed'), careless) }, 'error')
  log.info({ req: { method: 'GET', url: '/v1/galleries/g/subjects/Jane?key=0.125', ip: '::1', body: '0.125' } })
  assert.equal(lines.length, 4)
  for (const line of lines) assert.ok(!line.includes('0.125') && !line.includes('Jane'), line)
  const [own, child, error, request] = lines.map(line => JSON.parse(line) as Record<string, any>)
  assert.deepEqual([own!.template, own!.nested], ['[redacted]', { headers: '[redacted]', kept: 1 }])
  assert.deepEqual([child!.reqId, child!.probes], ['a', [{ vector: '[redacted]' }]])
  assert.deepEqual([error!.err.message, error!.err.template], ['failed', '[redacted]'])
  assert.match(error!.err.stack as string, /logger\.test/)
  assert.deepEqual(request!.req, { method: 'GET', path: '/v1/galleries/g/subjects/…', address: '::1' })
})
