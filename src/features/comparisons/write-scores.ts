import { Readable } from 'node:stream'
import type { FastifyReply, FastifyRequest } from 'fastify'
import * as media from '../../platform/http/media-types.js'
import { createTurns } from '../../platform/turns.js'
import { maxDecimalsBytes, writeDecimals } from '../../science/template/decimals.js'
import { bytesOfFloat32 } from '../../science/template/float32.js'
import { npyHeader } from '../../science/template/npy.js'
import { describeToAudit } from '../audit/index.js'
import type { ScoreBlock } from './comparer/comparer.js'
import type { Comparison } from './comparison.js'

/** How scores are written. */
interface ScoreFormat {
  readonly head: Buffer
  readonly tail: Buffer
  /** bytes of the whole answer; undefined where the scores themselves decide */
  readonly length: number | undefined
  write(block: ScoreBlock): Promise<Buffer> | Buffer
}

/**
 * Sends scores as they are computed: a block is asked for when the one before it is with the connection. So a caller
 * who reads slowly slows the computation down, and one who leaves ends it.
 *
 * @param type of the answer
 * @param document members before the scores, for JSON
 */
export async function sendScores (
  request: FastifyRequest,
  reply: FastifyReply,
  type: string,
  comparison: Comparison,
  document: object
): Promise<FastifyReply> {
  const { rows, columns } = comparison
  const format = formatOf(type, comparison, document)
  const blocks = comparison.blocks(request.exchange.signal)
  // Failures in the first block can still be reported by the status.
  const first = (await blocks.next()).value!
  reply.type(type === media.json ? `${type}; charset=utf-8` : type)
  if (first.scores.data.length === rows * columns) {
    await blocks.return()
    return reply.send(Buffer.concat([format.head, await format.write(first), format.tail]))
  }
  // Without the length a client would take an answer that was broken off for a shorter one.
  if (format.length !== undefined) reply.header('content-length', format.length)
  // Until the response ends well, its audit record says how many scores the caller may have received.
  let sent = 0
  request.exchange.onEnd(() => describeToAudit(request, { comparisons: sent }))
  return reply.send(Readable.from(
    pieces(first, blocks, format, scores => {
      sent += scores
    }),
    { objectMode: false }
  ))
}

/** @param sent called with the number of scores once they were handed to the connection */
async function* pieces (
  first: ScoreBlock,
  rest: AsyncGenerator<ScoreBlock, void>,
  format: ScoreFormat,
  sent: (scores: number) => void
): AsyncGenerator<Buffer, void> {
  try {
    yield Buffer.concat([format.head, await format.write(first)])
    sent(first.scores.data.length)
    for await (const block of rest) {
      yield await format.write(block)
      sent(block.scores.data.length)
    }
    if (format.tail.length > 0) yield format.tail
  } finally {
    await rest.return()
  }
}

const nothing = Buffer.alloc(0)

function formatOf (type: string, { rows, columns }: Comparison, document: object): ScoreFormat {
  if (type === media.json) {
    return {
      head: Buffer.from(`${JSON.stringify(document).slice(0, -1)},"scores":[`),
      tail: Buffer.from(']}'),
      length: undefined,
      write: block => textOf(block, columns)
    }
  }
  const head = type === media.npy ? npyHeader(rows, columns) : nothing
  return {
    head,
    tail: nothing,
    length: head.length + rows * columns * Float32Array.BYTES_PER_ELEMENT,
    write: ({ scores }) => bytesOfFloat32(scores.data)
  }
}

/** Numbers that are written in one go: 16,384 take 0.2 ms, and 8 ms where each is zero or as small. */
const numbersAtOnce = 2 ** 14
const [comma, opening] = [',', '['].map(character => character.charCodeAt(0)) as [number, number]

/**
 * The block as text: its rows as arrays of numbers with nine digits, or null where nothing is told; a part of a row
 * begins and ends in the middle of its array.
 *
 * @param columns of the whole matrix
 */
async function textOf ({ row, column, scores }: ScoreBlock, columns: number): Promise<Buffer> {
  const { rows, cols, data } = scores
  const slices = Math.ceil(cols / numbersAtOnce)
  const bytes = Buffer.allocUnsafe(rows * (maxDecimalsBytes(cols) + 2 * slices + 1))
  const turns = createTurns()
  let end = 0
  for (let i = 0; i < rows; i++) {
    if (column === 0 && row + i > 0) bytes[end++] = comma
    for (let from = 0; from < cols; from += numbersAtOnce) {
      const to = Math.min(cols, from + numbersAtOnce)
      const start = end
      end = writeNumbers(data.subarray(i * cols + from, i * cols + to), bytes, start)
      // Only the first slice of a row opens its array, and only the last one closes it.
      bytes[start] = column + from === 0 ? opening : comma
      if (column + to < columns) end--
      if (turns.over()) await turns.next()
    }
  }
  return bytes.subarray(0, end)
}

/** An array in text, see `writeDecimals`, with null in place of NaN. */
function writeNumbers (values: Float32Array, bytes: Buffer, at: number): number {
  if (!values.some(Number.isNaN)) return writeDecimals(values, bytes, at)
  // Coarse scores: a few numbers, again and again.
  const texts = new Map<number, string>()
  const textFor = (value: number): string => {
    const known = texts.get(value)
    if (known !== undefined) return known
    const text = Number.isNaN(value) ? 'null' : String(Number(value.toPrecision(9)))
    texts.set(value, text)
    return text
  }
  return at + bytes.write(`[${Array.from(values, textFor).join(',')}]`, at, 'latin1')
}
