import assert from 'node:assert/strict'
import { once } from 'node:events'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { request, type IncomingMessage, type ServerResponse } from 'node:http'
import { after, before, describe, test } from 'node:test'
import { exampleMapId } from '../../../src/platform/http/documented-examples.js'
import type { Comparer } from '../../../src/features/comparisons/comparer/comparer.js'
import { idle } from '../../support/connection.js'
import { eventually } from '../../support/eventually.js'
import { call, startService, type Json, type RunningService } from '../../support/service.js'

const raw = 'application/octet-stream'
const [rows, columns] = [3000, 3000]
const bytesOfScores = 4 * rows * columns

describe('a matrix of scores that is larger than the buffers on its way', () => {
  let running: RunningService
  let admin: { authorization: string }
  /**
   * What was asked of the threads for the matrix: blocks, how many at once at most, and the scores of the largest. And
   * the most bytes of its answer that this process held when a block was asked for.
   */
  let asked: { blocks: number, atOnce: number, largest: number, held: number }
  let answering: ServerResponse | undefined
  const note = (message: unknown) => {
    const { request, response } = message as { request: IncomingMessage, response: ServerResponse }
    if (request.url!.startsWith('/v1/comparisons?')) answering = response
  }
  before(async () => {
    running = await startService({ config: { apiKeysRequired: true } })
    admin = { authorization: await issue(['admin', 'fit', 'verify']) }
    observe(running.service.comparer)
    subscribe('http.server.request.start', note)
  })
  after(async () => {
    unsubscribe('http.server.request.start', note)
    await running.stop()
  })

  const issue = async (scopes: ('admin' | 'fit' | 'verify')[]) =>
    `Bearer ${(await running.service.access.issue({ name: 'test', scopes, scores: 'exact' })).key}`

  /** Counts the blocks that are asked for; the threads compute them as always. */
  function observe (comparer: { -readonly [name in keyof Comparer]: Comparer[name] }): void {
    const { open } = comparer
    comparer.open = (...given) => {
      const opened = open(...given)
      if (given[0].rows !== columns) return opened
      let now = 0
      return {
        async score (probes, from, to) {
          asked.blocks++
          asked.atOnce = Math.max(asked.atOnce, ++now)
          asked.largest = Math.max(asked.largest, probes.rows * (to - from))
          asked.held = Math.max(asked.held, answering!.writableLength)
          try {
            return await opened.score(probes, from, to)
          } finally {
            now--
          }
        }
      }
    }
  }

  /** A comparison of 3,000 probes with 3,000 references whose answer nobody reads yet. */
  async function comparing (headers: Record<string, string> = admin): Promise<IncomingMessage> {
    asked = { blocks: 0, atOnce: 0, largest: 0, held: 0 }
    const form = new FormData()
    for (const [name, count, cols] of [['probes', rows, 4], ['references', columns, 3]] as const) {
      form.set(name, new Blob([Float32Array.from({ length: count * cols }, (_, k) => Math.sin(k * k) + 0.1)]))
    }
    const encoded = new Response(form)
    const body = Buffer.from(await encoded.arrayBuffer())
    const sending = request(`${running.url}/v1/comparisons?probe=example-a&reference=example-b`, {
      method: 'POST',
      headers: { ...headers, accept: raw, 'content-type': encoded.headers.get('content-type')! }
    })
    sending.end(body)
    const [answer] = await once(sending, 'response') as [IncomingMessage]
    assert.equal(answer.statusCode, 200)
    assert.equal(Number(answer.headers['content-length']), bytesOfScores)
    return answer
  }

  /** A small comparison, which goes through the same thread behind whatever is queued there. */
  async function fence (): Promise<void> {
    const { status } = await call(running.url, 'POST', '/v1/comparisons', {
      json: { probes: [{ model: 'example-a', vector: [1, 2, 3, 4] }] },
      headers: admin
    })
    assert.equal(status, 200)
  }

  /** Resolves once two fences see the same number of blocks. */
  async function settled (): Promise<number> {
    for (;;) {
      const { blocks } = asked
      await fence()
      await fence()
      if (asked.blocks === blocks) return blocks
    }
  }

  /** The record of its end, once it is there. */
  const endOf = async ({ headers }: IncomingMessage): Promise<Json> =>
    await eventually('the record of its end', async () => {
      const { json } = await call(running.url, 'GET', `/v1/audit?request=${headers['x-request-id']}`, {
        headers: admin
      })
      return json.records.map(({ record }: Json) => record).find(({ phase }: Json) => phase === 'ended')
    })

  async function read (answer: IncomingMessage): Promise<Buffer> {
    const pieces: Buffer[] = []
    for await (const piece of answer) pieces.push(piece as Buffer)
    return Buffer.concat(pieces)
  }
  const blocksInAll = Math.ceil(rows / Math.floor(2 ** 18 / columns))

  test('is not computed further than its reader reads, and whole once everything is read', async () => {
    const answer = await comparing()
    const whilePaused = await settled()
    assert.ok(whilePaused > 0 && whilePaused < blocksInAll, `${whilePaused} of ${blocksInAll} blocks`)
    const bytes = await read(answer)
    assert.equal(bytes.length, bytesOfScores)
    assert.equal(asked.blocks, blocksInAll)
    const last = await endOf(answer)
    assert.deepEqual([last.complete, last.comparisons, last.templates, last.models, last.maps], [
      true,
      rows * columns,
      rows + columns,
      ['example-a', 'example-b'],
      [exampleMapId]
    ])
  })

  test('is computed a block at a time for a slow reader, and no more than two blocks wait for it', async () => {
    const answer = await comparing()
    let received = 0
    answer.on('readable', () => {
      // A little at a time, and not before whoever computes has had its turn.
      const piece = answer.read(Math.min(answer.readableLength, 10_000)) as Buffer | null
      received += piece?.length ?? 0
      if (answer.readableLength > 0) setImmediate(() => answer.emit('readable'))
    })
    await once(answer, 'end')
    assert.equal(received, bytesOfScores)
    assert.deepEqual([asked.blocks, asked.atOnce], [blocksInAll, 1])
    assert.ok(asked.largest <= 2 ** 18, 'a block is 1 MiB')
    assert.ok(asked.held <= 2 * 4 * asked.largest, `${asked.held} bytes`)
  })

  test('is not computed further once its reader has left, and leaves nothing behind', async () => {
    const answer = await comparing()
    const whilePaused = await settled()
    answer.destroy()
    await idle(running.url, admin)
    // Buffers of the system that drained meanwhile may have let in one more.
    const blocks = await settled()
    assert.ok(blocks <= whilePaused + 1 && blocks < blocksInAll, `${blocks} blocks after ${whilePaused}`)
    const { status, complete, comparisons } = await endOf(answer)
    assert.deepEqual([status, complete], [200, false])
    assert.ok(comparisons > 0 && comparisons < rows * columns, `${comparisons}`)
  })

  test('breaks off when its key is revoked', async () => {
    const { key, stored } = await running.service.access.issue({ name: 'test', scopes: ['verify'] })
    const answer = await comparing({ authorization: `Bearer ${key}` })
    assert.equal((await call(running.url, 'DELETE', `/v1/api-keys/${stored.id}`, { headers: admin })).status, 200)
    // Keys are looked at every now and then; a reader who read on could have everything before that.
    await idle(running.url, admin)
    assert.ok(asked.blocks < blocksInAll)
    await assert.rejects(read(answer), /aborted/)
  })

  // Last: it takes the map away.
  test('breaks off when its map is retired', async () => {
    const answer = await comparing()
    assert.equal((await call(running.url, 'DELETE', `/v1/maps/${exampleMapId}`, { headers: admin })).status, 200)
    await assert.rejects(read(answer), /aborted/)
    await idle(running.url, admin)
    assert.ok(asked.blocks < blocksInAll)
  })
})
