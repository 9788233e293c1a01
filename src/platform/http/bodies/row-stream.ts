import type { FastifyRequest } from 'fastify'
import type { TemplateMatrix } from '../../../science/linear-algebra/matrix.js'
import { Problem } from '../../../errors.js'
import type { RowMemory } from '../../../engines/threads/row-memory.js'
import { emptyNpy } from '../../../science/template/npy.js'
import { rawLayout, readNpyLayout, readRows, type ByteReader } from '../../../science/template/row-bytes.js'
import type { Space } from '../../../science/template/space.js'
import * as media from '../media-types.js'
import { unlessAborted } from './unless-aborted.js'

/** Not from the pool of small buffers, which must not be transferred to a worker. */
const ownMemory: RowMemory = { take: bytes => Buffer.allocUnsafeSlow(bytes) as Buffer<ArrayBuffer>, give () {} }

/** Maximum bytes of a rejected request that are read nevertheless. */
const maxDiscarded = 64 * 2 ** 20

/** Templates of one space, streamed as they arrive. */
export interface RowStream {
  /** Expected number of rows; undefined when the request does not say. */
  readonly rows: number | undefined
  /** (n, d), n at most the requested number, in memory that the consumer may give back; nothing is read ahead. */
  readonly chunks: AsyncGenerator<TemplateMatrix, void>
}

/**
 * Reads a request body, .npy or raw float32, chunk by chunk. The headers of the request and of the .npy file are
 * checked before the first chunk.
 *
 * @param limit of the body, in bytes
 * @param memory the memory for chunks
 * @throws Problem `body-invalid`, `template-invalid`, `body-too-large`; also while the stream is read
 */
export async function readRowStream (
  request: FastifyRequest,
  space: Space,
  rowsPerChunk: number,
  limit: number,
  memory: RowMemory
): Promise<RowStream> {
  const announced = request.headers['content-length']
  const size = announced === undefined ? undefined : Number(announced)
  if (size !== undefined && size > limit) throw tooLarge(limit, announced!)
  if (size === 0 || request.body === undefined) throw empty(request)
  const body = createBodyReader(request.body as AsyncIterable<Buffer>, limit, request.exchange.signal, size, memory)
  try {
    const layout = media.contentType(request) === media.rawFloat32
      ? rawLayout(space, size, 'body')
      : await readNpyLayout(body, space, size)
    if (layout.rows === 0) throw emptyNpy(layout.cols)
    return { rows: layout.rows, chunks: chunksOf(readRows(body, layout, rowsPerChunk), body, request) }
  } catch (error) {
    body.discard(request)
    throw error
  }
}

/** Yields chunks until the rows end; a request without rows is invalid. */
async function* chunksOf (
  rows: AsyncGenerator<TemplateMatrix, void>,
  body: BodyReader,
  request: FastifyRequest
): AsyncGenerator<TemplateMatrix, void> {
  try {
    let some = false
    for await (const chunk of rows) {
      some = true
      yield chunk
    }
    if (!some) throw empty(request)
  } finally {
    body.discard(request)
  }
}

export interface BodyReader extends ByteReader {
  /**
   * Reads the rest of a rejected request, which would hold back the next one on its connection; destroys the connection
   * if the rest is long.
   */
  discard(request: FastifyRequest): void
}

/**
 * @param limit of the body, in bytes
 * @param signal of the exchange: reads after it is aborted throw its reason
 * @param total bytes of the body, where known
 * @param memory where the bytes are stored; newly allocated by default
 */
export function createBodyReader (
  body: AsyncIterable<Buffer>,
  limit: number,
  signal: AbortSignal,
  total = Infinity,
  memory: RowMemory = ownMemory
): BodyReader {
  const pieces = body[Symbol.asyncIterator]()
  let rest: Buffer = Buffer.alloc(0)
  let received = 0

  async function nextPiece (): Promise<Buffer | undefined> {
    const { done, value } = await unlessAborted(
      signal,
      pieces.next().catch((error: Error) => {
        throw new Problem('body-invalid', `body: expected more bytes, the connection ended after ${received}`, {}, {
          cause: error
        })
      })
    ) as IteratorResult<Buffer>
    if (done === true) return undefined
    received += value.length
    if (received > limit) throw tooLarge(limit, 'more')
    return value
  }

  return {
    // Copied, so that the network buffers can be freed.
    async take (count) {
      const bytes = memory.take(Math.min(count, Math.max(0, total - received + rest.length)))
      let filled = 0
      while (filled < bytes.length) {
        if (rest.length === 0) {
          const piece = await nextPiece()
          if (piece === undefined) break
          rest = piece
        }
        const length = Math.min(rest.length, bytes.length - filled)
        rest.copy(bytes, filled, 0, length)
        rest = rest.subarray(length)
        filled += length
      }
      if (filled === 0) memory.give(bytes)
      return bytes.subarray(0, filled)
    },
    discard (request) {
      const end = received + maxDiscarded
      const discardAll = async () => {
        for (let piece = await pieces.next(); piece.done !== true; piece = await pieces.next()) {
          received += piece.value.length
          if (received > Math.min(end, limit)) request.raw.destroy()
        }
      }
      discardAll().catch(() => request.raw.destroy())
    },
    received: () => received
  }
}

/** Wraps a reader and reports the bytes that stay in memory. */
export function reportingReader (reader: ByteReader, keep: (bytes: number) => void): ByteReader {
  return {
    async take (count) {
      const bytes = await reader.take(count)
      keep(bytes.length)
      return bytes
    },
    received: () => reader.received()
  }
}

const tooLarge = (limit: number, received: string) =>
  new Problem('body-too-large', `expected at most ${limit} bytes, received ${received}`)

const empty = (request: FastifyRequest) =>
  new Problem('body-invalid', `body: expected bytes of type ${media.contentType(request)}, received none`)
