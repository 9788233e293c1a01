import assert from 'node:assert/strict'
import { setImmediate } from 'node:timers'
import { test } from 'node:test'
import fastify from 'fastify'
import { jsonPieces, sendLong } from '../../../src/platform/http/long-answer.js'

const documentOf = (items: number) => ({
  before: { a: 'ü"' },
  none: undefined,
  items: Array.from({ length: items }, (_, i) => ({ i, text: 'x'.repeat(200) })),
  after: null
})

test('an answer is the JSON of its document, whatever its length, and only a long one is streamed', async t => {
  const app = fastify()
  t.after(() => app.close())
  app.get('/:items', async (request, reply) => {
    await sendLong(reply, documentOf(Number((request.params as { items: string }).items)), 'items')
  })
  for (const items of [0, 1, 250, 5000]) {
    const answer = await app.inject(`/${items}`)
    assert.equal(answer.body, JSON.stringify(documentOf(items)))
    assert.equal(answer.headers['content-type'], 'application/json; charset=utf-8')
    assert.equal(answer.headers['content-length'] === undefined, items === 5000)
  }
})

test('no piece exceeds its bound by more than an item, and other requests run while pieces are written', async () => {
  let turns = 0
  let going = true
  const count = () => {
    turns++
    if (going) setImmediate(count)
  }
  setImmediate(count)
  const lengths: number[] = []
  for await (const piece of jsonPieces(documentOf(100_000), 'items')) lengths.push(piece.length)
  going = false
  assert.ok(
    lengths.length > 300 && lengths.every(length => length < 2 ** 16 + 300),
    `${lengths.length} pieces, the longest of ${Math.max(...lengths)}`
  )
  assert.ok(turns >= 3, `${turns} turns`)
})
