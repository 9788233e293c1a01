import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Problem } from '../../src/errors.js'
import { maxLineBytes, readLines, type Line } from '../../src/platform/lines.js'

/** Bytes as a connection brings them: never more than `most` at once. */
function sourceOf (bytes: Buffer, most = Infinity) {
  let position = 0
  return {
    async take (count: number): Promise<Buffer> {
      const piece = bytes.subarray(position, position + Math.min(count, most))
      position += piece.length
      return piece
    }
  }
}

async function linesOf (bytes: Buffer, most?: number): Promise<Line[]> {
  const lines: Line[] = []
  for await (const line of readLines(sourceOf(bytes, most), { tooLong: 'tell' })) lines.push(line)
  return lines
}

test('lines are split at newlines, with their numbers and ends, in whatever pieces they arrive', async () => {
  const line = fc.oneof(
    fc.constantFrom('', ' ', '\r', '\t\r', ' \t '),
    fc.string({ maxLength: 5 }).map(text => text.replaceAll('\n', ''))
  )
  await fc.assert(
    fc.asyncProperty(fc.array(line, { maxLength: 20 }), fc.integer({ min: 1, max: 9 }), async (texts, most) => {
      const told = await linesOf(Buffer.from(texts.join('\n')), most)
      const full = told.filter(({ bytes }) => bytes!.length > 0).map(({ bytes, number }) => [bytes!.toString(), number])
      assert.deepEqual(full, texts.map((text, i) => [text, i + 1]).filter(([text]) => !/^[ \t\r]*$/.test(String(text))))
      for (const { number, end } of told) {
        assert.equal(
          end,
          Math.min(Buffer.byteLength(texts.join('\n')), Buffer.byteLength(texts.slice(0, number).join('\n')) + 1)
        )
      }
    })
  )
})

test('an overlong line is reported without its bytes, or stops the reading before its end arrives', async () => {
  const bytes = Buffer.from(`a\n${'x'.repeat(maxLineBytes)}\n${'y'.repeat(maxLineBytes + 1)}\nb`)
  assert.deepEqual((await linesOf(bytes)).map(line => [line.bytes?.length, line.number, line.end]), [
    [1, 1, 2],
    [maxLineBytes, 2, maxLineBytes + 3],
    [undefined, 3, 2 * maxLineBytes + 5],
    [1, 4, bytes.length]
  ])
  const endless = { take: async (count: number) => Buffer.alloc(count, 'x') }
  await assert.rejects(
    readLines(endless, { tooLong: 'refuse' }).next(),
    (error: unknown) => error instanceof Problem && /line 1: expected at most/.test(error.detail)
  )
})

/** Turns of the event loop that others get while lines are read. */
async function turnsWhile (read: () => Promise<unknown>): Promise<number> {
  let [turns, over] = [0, false]
  const count = () => {
    turns++
    if (!over) setImmediate(count)
  }
  setImmediate(count)
  await read()
  over = true
  return turns
}

test('the event loop stays free, whatever the lines are', async () => {
  const many = {
    'empty ones': Buffer.alloc(2 ** 26, '\n'),
    'blank ones': Buffer.alloc(2 ** 26, ' \r\n'),
    'short ones': Buffer.alloc(2 ** 20, 'x\n')
  }
  for (const [name, bytes] of Object.entries(many)) {
    const turns = await turnsWhile(async () => {
      for await (const { end } of readLines(sourceOf(bytes), { tooLong: 'refuse' })) assert.ok(end > 0)
    })
    assert.ok(turns >= 4, `${name}: ${turns} turns`)
  }
})
