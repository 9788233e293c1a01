import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { request } from 'node:http'
import { after, before, describe, test } from 'node:test'
import { eventually } from '../../support/eventually.js'
import { call, startService, type RunningService } from '../../support/service.js'
import { portrait } from '../../support/photographs.js'

describe('overload', () => {
  let running: RunningService
  let photograph: Buffer
  const lines: string[] = []
  const embed = () =>
    call(running.url, 'POST', '/v1/embeddings', {
      body: new Uint8Array(photograph),
      headers: { 'content-type': 'image/jpeg' }
    })

  before(async () => {
    photograph = await readFile(portrait)
    running = await startService({
      config: { maxWait: 0, embedThreads: 1 },
      log: {
        write: line => {
          lines.push(line)
        }
      }
    })
    assert.equal((await embed()).status, 200)
  })
  after(async () => {
    await running.stop()
  })

  test('is rejected with 503 and Retry-After; admitted requests, health and metrics are served', async () => {
    const health = () =>
      Promise.all(['/health/live', '/health/ready', '/metrics'].map(path => call(running.url, 'GET', path)))
    const [answers, ...others] = await Promise.all([Promise.all(Array.from({ length: 40 }, embed)), health(), health()])
    for (const { status } of others.flat()) assert.equal(status, 200)
    const refused = answers.filter(({ status }) => status === 503)
    assert.ok(refused.length > 0 && refused.length < 40, `${refused.length} were rejected`)
    for (const { status, json, headers } of answers) {
      if (status === 200) {
        assert.equal(json.faces.length, 1)
      } else {
        assert.equal(json.code, 'overloaded')
        assert.equal(headers.get('retry-after'), '1')
        assert.match(headers.get('content-type')!, /^application\/problem\+json/)
      }
    }
    const metrics = (await call(running.url, 'GET', '/metrics')).bytes.toString()
    assert.match(
      metrics,
      new RegExp(`^http_requests_shed_total\\{method="POST",route="/v1/embeddings"\\} ${refused.length}$`, 'm')
    )
    // A warning each, without a stack: more of them than of anything else are to be expected.
    const told = lines.map(line => JSON.parse(line) as { level: number, code?: string, err?: unknown }).filter((
      { code, err }
    ) => code === 'overloaded' || err !== undefined)
    assert.deepEqual(told.map(({ level, err }) => [level, err]), Array(refused.length).fill([40, undefined]))
    // It is over when it is over.
    assert.equal((await embed()).status, 200)
  })

  test('does not count requests whose bodies arrive slowly', async () => {
    const address = new URL(`${running.url}/v1/verifications`)
    const slow = Array.from({ length: 20 }, () => {
      const sending = request(address, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'content-length': 100 }
      })
      sending.on('error', () => {})
      sending.write('{')
      return sending
    })
    const requests = async () =>
      Number(/^http_requests_in_flight (\d+)$/m.exec((await call(running.url, 'GET', '/metrics')).bytes.toString())![1])
    await eventually('all of them to be there', requests, count => count === slow.length + 1)
    await eventually('another one to be let in', () =>
      call(running.url, 'POST', '/v1/verifications', {
        json: { probe: {}, reference: {}, ignored: 'x'.repeat(50) }
      }), ({ status }) => status === 400)
    for (const sending of slow) sending.destroy()
  })
})
