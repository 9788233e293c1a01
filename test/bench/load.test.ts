import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { generateLoad } from '../../bench/load.js'

const answers: Readonly<Record<string, (response: ServerResponse) => void>> = {
  '/whole' (response) {
    response.end(Buffer.alloc(100_000))
  },
  '/chunked' (response) {
    response.setHeader('trailer', 'found')
    for (const size of [1, 10, 300_000]) response.write(Buffer.alloc(size, '0\r\n\r\n'))
    response.addTrailers({ found: '3' })
    response.end()
  },
  '/refused' (response) {
    response.writeHead(503).end('no')
  }
}

test('load goes on when an answer is whole, in chunks or not, and ends at one that is no success', async t => {
  const folder = await mkdtemp(join(tmpdir(), 'crosswalk-load-'))
  let served = 0
  const server = createServer((request, response) => {
    request.resume().on('end', () => {
      served++
      answers[request.url!]!(response)
    })
  }).listen(0, '127.0.0.1')
  t.after(async () => {
    server.close()
    await rm(folder, { recursive: true })
  })
  await once(server, 'listening')
  const body = join(folder, 'body')
  await writeFile(body, 'a body')
  const send = (path: string) =>
    generateLoad({
      url: `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`,
      body,
      headers: {},
      connections: 2,
      seconds: 0.3
    })
  for (const path of ['/whole', '/chunked']) {
    served = 0
    const { requestsPerSecond, latency } = await send(path)
    assert.ok(served >= 4 && requestsPerSecond > 0 && latency.p99 >= latency.p50, path)
  }
  await assert.rejects(send('/refused'), /expected 200 and a length, received HTTP\/1.1 503/)
})
