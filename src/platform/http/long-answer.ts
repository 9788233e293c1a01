import { Readable } from 'node:stream'
import type { FastifyReply } from 'fastify'
import { json } from './media-types.js'
import { createTurns } from '../turns.js'

/** Characters of JSON per piece; shorter responses are written at once. */
const pieceLength = 2 ** 16

/**
 * Sends a document with one array member that may be long. A long one is streamed piece by piece, as fast as the client
 * reads, so that its text is never in memory as a whole, and other requests do not wait while it is written.
 *
 * @param type a media type of JSON
 */
export async function sendLong<Document extends object> (
  reply: FastifyReply,
  document: Document,
  long: keyof Document & string,
  type: string = json
): Promise<void> {
  reply.type(`${type}; charset=utf-8`).serializer(String)
  await sendPieces(reply, jsonPieces(document, long))
}

type Pieces<Piece> = AsyncGenerator<Piece, void> | Generator<Piece, void>

/**
 * Sends an answer that is made piece by piece: one piece as it is, more as a stream, each in a turn of the event loop
 * and as fast as the client reads.
 */
export async function sendPieces<Piece extends string | Buffer> (
  reply: FastifyReply,
  pieces: Pieces<Piece>
): Promise<void> {
  const first = await pieces.next()
  const second = await pieces.next()
  await reply.send(
    second.done === true
      ? first.value
      : Readable.from(inTurns([first.value as Piece, second.value], pieces), { objectMode: false })
  )
}

async function* inTurns<Piece> (taken: readonly Piece[], rest: Pieces<Piece>) {
  yield* taken
  const turns = createTurns()
  for await (const piece of rest) {
    if (turns.over()) await turns.next()
    yield piece
  }
}

/** The text of a document in pieces, each but the last about as long as `pieceLength` or an item of the array. */
export async function* jsonPieces (document: object, long: string): AsyncGenerator<string, void> {
  const turns = createTurns()
  let text = '{'
  for (const [key, value] of Object.entries(document)) {
    if (value === undefined) continue
    text += `${text === '{' ? '' : ','}${JSON.stringify(key)}:`
    if (key !== long) {
      text += JSON.stringify(value)
      continue
    }
    text += '['
    for (const [index, item] of (value as readonly unknown[]).entries()) {
      text += (index === 0 ? '' : ',') + JSON.stringify(item)
      if (turns.over()) await turns.next()
      if (text.length < pieceLength) continue
      yield text
      text = ''
    }
    text += ']'
  }
  yield text + '}'
}
