import type { FastifyRequest } from 'fastify'
import type { TemplateMatrix } from '../alignment/matrix.js'
import { Problem } from '../errors.js'
import type { RowMemory } from '../operations/translator/row-memory.js'
import { float32FromBytes } from '../template/float32.js'
import { checkNpySize, npyElementsStart, npyPrefixBytes, readNpyHeader } from '../template/npy.js'
import type { Space } from '../template/space.js'
import * as media from './media-types.js'

/** Bytes of a refused request that are read all the same. */
const longestDiscarded = 64 * 2 ** 20

/** Templates of one space, as they arrive. */
export interface RowStream {
  /** How many there are to be; undefined when the request does not say. */
  readonly rows: number | undefined
  /** (n, d), n at most what was asked for, in memory that whoever takes them may give back; nothing is read ahead. */
  readonly chunks: AsyncGenerator<TemplateMatrix, void>
}

/**
 * Reads the body of a request, .npy or raw float32, chunk by chunk. What its headers and that of the .npy file say is
 * checked before the first chunk.
 *
 * @param limit of the body, in bytes
 * @param memory that chunks are read into
 * @throws Problem `body-invalid`, `template-invalid`, `body-too-large`; while it is read too
 */
export async function readRowStream (request: FastifyRequest, space: Space, rowsPerChunk: number, limit: number, memory: RowMemory): Promise<RowStream> {
  const announced = request.headers['content-length']
  const size = announced === undefined ? undefined : Number(announced)
  if (size !== undefined && size > limit) throw tooLarge(limit, announced!)
  if (size === 0 || request.body === undefined) throw empty(request)
  const body = createByteReader(request.body as AsyncIterable<Buffer>, limit, memory)
  try {
    const { rows, next } = await openRows(request, space, rowsPerChunk, body, memory, size)
    return { rows, chunks: chunksOf(next, body, request) }
  } catch (error) {
    body.discard(request)
    throw error
  }
}

async function openRows (
  request: FastifyRequest, space: Space, rowsPerChunk: number, body: ByteReader, memory: RowMemory, size: number | undefined
) {
  if (media.contentType(request) === media.rawFloat32) {
    const rowBytes = space.dimension * 4
    if (size !== undefined && size % rowBytes !== 0) throw brokenRow(space, size)
    const next = async () => {
      const bytes = await body.take(rowsPerChunk * rowBytes, size)
      if (bytes.length % rowBytes !== 0) throw brokenRow(space, body.received())
      return { rows: bytes.length / rowBytes, cols: space.dimension, data: float32FromBytes(bytes) }
    }
    return { rows: size === undefined ? undefined : size / rowBytes, next }
  }

  const prefix = await body.take(npyPrefixBytes, size)
  const start = npyElementsStart(prefix)
  const header = readNpyHeader(Buffer.concat([prefix, await body.take(start - npyPrefixBytes, size)]))
  if (header.cols !== space.dimension) {
    throw new Problem('template-invalid', `.npy: expected shape (n, ${space.dimension}) for model "${space.model}", received (${header.rows}, ${header.cols})`)
  }
  if (size !== undefined) checkNpySize(header, size - start)
  let left = header.rows
  const next = async () => {
    const rows = Math.min(rowsPerChunk, left)
    if (rows === 0) return { rows, cols: header.cols, data: new Float32Array(0) }
    const bytes = await body.take(rows * header.cols * header.elementBytes)
    left -= rows
    // With the last chunk the body has to end.
    if (bytes.length < rows * header.cols * header.elementBytes || (left === 0 && (await body.take(1)).length > 0)) {
      checkNpySize(header, body.received() - start)
    }
    const data = header.read(bytes, rows * header.cols)
    // Of wider or narrower numbers they are copies.
    if (data.buffer !== bytes.buffer) memory.give(bytes)
    return { rows, cols: header.cols, data }
  }
  return { rows: header.rows, next }
}

/** Until there are no more rows; without any there is no request. */
async function * chunksOf (next: () => Promise<TemplateMatrix>, body: ByteReader, request: FastifyRequest): AsyncGenerator<TemplateMatrix, void> {
  try {
    for (let first = true; ; first = false) {
      const chunk = await next()
      if (chunk.rows > 0) yield chunk
      else if (first) throw empty(request)
      else return
    }
  } finally {
    body.discard(request)
  }
}

type ByteReader = ReturnType<typeof createByteReader>

function createByteReader (body: AsyncIterable<Buffer>, limit: number, memory: RowMemory) {
  const pieces = body[Symbol.asyncIterator]()
  let rest: Buffer = Buffer.alloc(0)
  let received = 0

  async function nextPiece (): Promise<Buffer | undefined> {
    const { done, value } = await pieces.next().catch((error: Error) => {
      throw new Problem('body-invalid', `body: expected more bytes, the connection ended after ${received}`, {}, { cause: error })
    }) as IteratorResult<Buffer>
    if (done === true) return undefined
    received += value.length
    if (received > limit) throw tooLarge(limit, 'more')
    return value
  }

  return {
    /** As many bytes, or what there is to the end; copied, so that the pieces of the network are free. @param total of the body, where known */
    async take (count: number, total = Infinity): Promise<Buffer> {
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
    /** Reads what is left of a request that was refused, which would hold back the next one of its connection; or ends both when it is long. */
    discard (request: FastifyRequest): void {
      const most = received + longestDiscarded
      const discardAll = async () => {
        while (await nextPiece() !== undefined) if (received > most) request.raw.destroy()
      }
      discardAll().catch(() => request.raw.destroy())
    },
    received: () => received
  }
}

const tooLarge = (limit: number, received: string) => new Problem('body-too-large', `expected at most ${limit} bytes, received ${received}`)

const empty = (request: FastifyRequest) => new Problem('body-invalid', `body: expected bytes of type ${media.contentType(request)}, received none`)

const brokenRow = (space: Space, received: number) => new Problem('template-invalid',
  `body: expected a multiple of ${space.dimension * 4} bytes, rows of ${space.dimension} float32 numbers for model "${space.model}", received ${received} bytes`)
