import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { head, idle, open } from '../../support/connection.js'
import { eventually } from '../../support/eventually.js'
import { call, startService, type RunningService } from '../../support/service.js'

describe('connections with hardly any traffic', () => {
  let running: RunningService
  let authorization: string
  before(async () => {
    running = await startService({
      config: { apiKeysRequired: true },
      patience: { headers: 600, body: 900 }
    })
    authorization = `Bearer ${
      (await running.service.access.issue({ name: 'k', scopes: ['translate', 'verify', 'enrol', 'admin'] })).key
    }`
  })
  after(async () => {
    await running.stop()
  })

  /** A byte at a time until the connection is closed. */
  async function drip (first: string) {
    const { socket, received, closed } = await open(running.url)
    socket.write(first)
    const timer = setInterval(() => socket.write('1'), 50)
    await closed
    clearInterval(timer)
    return received().toString('latin1')
  }
  const rows = {
    'content-type': 'application/octet-stream',
    accept: 'application/octet-stream',
    'content-length': 2048 * 5000
  }

  for (
    const { name, first, status } of [
      { name: 'headers', first: () => 'GET /health/live HTTP/1.1\r\nX-Slow: ', status: '408' },
      {
        name: 'a body that is kept',
        first: () =>
          head('POST', '/v1/verifications', {
            authorization,
            'content-type': 'application/json',
            'content-length': 10_000
          }),
        status: '408'
      },
      {
        name: 'a body that streams',
        first: () => head('POST', '/v1/translations?source=r512&target=dlib128', { authorization, ...rows }),
        status: ''
      },
      {
        name: 'the body of a request without a key',
        first: () =>
          head('POST', '/v1/verifications', { 'content-type': 'application/json', 'content-length': 10_000 }),
        status: '401'
      },
      {
        name: 'a body that would stream, without a key',
        first: () => head('POST', '/v1/translations?source=r512&target=dlib128', rows),
        status: '401'
      }
    ]
  ) {
    test(`are closed: ${name}`, async () => {
      assert.equal((await drip(first())).slice(9, 12), status)
      await idle(running.url, { authorization })
    })
  }
})

describe('bodies held in memory', () => {
  test('share a memory limit; a single one may exceed it, and one too many is told to try again', async () => {
    const running = await startService({ config: { bodyMemory: 2 ** 16 } })
    try {
      const text = (size: number) => JSON.stringify({ probe: {}, reference: {}, more: 'x'.repeat(size) })
      const post = (size: number) =>
        call(running.url, 'POST', '/v1/verifications', { json: { probe: {}, reference: {}, more: 'x'.repeat(size) } })
      assert.equal((await post(100_000)).status, 400)

      const half = await open(running.url)
      half.socket.write(
        head('POST', '/v1/verifications', {
          'content-type': 'application/json',
          'content-length': text(100_000).length
        }) + text(100_000).slice(0, 60_000)
      )
      const metrics = async () => (await call(running.url, 'GET', '/metrics')).bytes.toString()
      await eventually('60,000 bytes to be kept', metrics, text => /\nrequest_body_bytes 60000\n/.test(text))

      const refused = await post(10_000)
      assert.deepEqual([refused.status, refused.json.code, refused.headers.get('retry-after')], [
        503,
        'overloaded',
        '1'
      ])
      const form = new FormData()
      form.append('image', new Blob([new Uint8Array(10_000)]), 'image.jpg')
      const image = await call(running.url, 'POST', '/v1/embeddings', { body: form })
      assert.deepEqual([image.status, image.json.code], [503, 'overloaded'])
      assert.equal((await post(100)).status, 400)

      half.socket.destroy()
      await idle(running.url)
      assert.equal((await post(10_000)).status, 400)
    } finally {
      await running.stop()
    }
  })
})
