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
  const pieces = jsonPieces(document, long)
  const first = await pieces.next()
  const second = await pieces.next()
  reply.type(`${type}; charset=utf-8`).serializer(String)
  await reply.send(
    second.done === true
      ? first.value
      : Readable.from(prepend([first.value as string, second.value], pieces), { objectMode: false })
  )
}

async function* prepend (taken: readonly string[], rest: AsyncGenerator<string, void>) {
  yield* taken
  yield* rest
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
