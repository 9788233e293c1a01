import type { TemplateMatrix } from '../linear-algebra/matrix.js'
import { Problem } from '../../errors.js'
import { float32FromBytes } from './float32.js'
import { checkNpySize, npyElementsStart, npyPrefixBytes, readNpyHeader } from './npy.js'
import type { Space } from './space.js'

/** Reads the bytes of a request or a file in order. */
export interface ByteReader {
  /** The next `count` bytes, or what is left of them, in memory of their own. */
  take(count: number): Promise<Buffer>
  /** Bytes read so far. */
  received(): number
}

/** How rows of templates are laid out in bytes. */
export interface RowLayout {
  /** undefined when neither a header nor the size tells */
  readonly rows: number | undefined
  readonly cols: number
  /** bytes before the first row */
  readonly start: number
  readonly rowBytes: number
  /** The numbers of these rows, sharing the memory of their bytes where these are float32. */
  decode(bytes: Buffer, rows: number): Float32Array
  /**
   * @param bytes of all rows
   * @throws Problem when they are not whole rows, or not as many as the header says
   */
  checkSize(bytes: number): void
}

/**
 * Rows of little-endian float32, one after the other.
 *
 * @param size of all bytes, where known
 * @param where the caller's name for them, for errors
 * @throws Problem `template-invalid` when they are not whole rows
 */
export function rawLayout (space: Space, size: number | undefined, where: string): RowLayout {
  const rowBytes = space.dimension * 4
  const checkSize = (bytes: number) => {
    if (bytes % rowBytes === 0) return
    throw new Problem(
      'template-invalid',
      `${where}: expected a multiple of ${rowBytes} bytes, rows of ${space.dimension} float32 numbers for model ` +
        `"${space.model}", received ${bytes} bytes`
    )
  }
  if (size !== undefined) checkSize(size)
  return {
    rows: size === undefined ? undefined : size / rowBytes,
    cols: space.dimension,
    start: 0,
    rowBytes,
    decode: float32FromBytes,
    checkSize
  }
}

/**
 * Reads the header of an .npy file.
 *
 * @param bytes from the beginning; afterwards they are at the first row
 * @param size of the file, where known
 * @throws Problem `body-invalid` when it is not such a file, `template-invalid` when its rows have another dimension
 */
export async function readNpyLayout (bytes: ByteReader, space: Space, size: number | undefined): Promise<RowLayout> {
  const prefix = await bytes.take(npyPrefixBytes)
  const start = npyElementsStart(prefix)
  const header = readNpyHeader(Buffer.concat([prefix, await bytes.take(start - npyPrefixBytes)]))
  const { rows, cols } = header
  if (cols !== space.dimension) {
    throw new Problem(
      'template-invalid',
      `.npy: expected shape (n, ${space.dimension}) for model "${space.model}", received (${rows}, ${cols})`
    )
  }
  const checkSize = (received: number) => {
    checkNpySize(header, received)
  }
  if (size !== undefined) checkSize(size - start)
  return {
    rows,
    cols,
    start,
    rowBytes: cols * header.elementBytes,
    decode: (chunk, count) => header.read(chunk, count * cols),
    checkSize
  }
}

/**
 * Reads rows chunk by chunk, without reading ahead.
 *
 * @param bytes at the row `first`
 * @returns matrices of `rowsPerChunk` rows, the last one shorter, each with memory of its own
 * @throws Problem when the bytes end within a row, before the last row, or go on after it
 */
export async function* readRows (
  bytes: ByteReader,
  layout: RowLayout,
  rowsPerChunk: number,
  first = 0
): AsyncGenerator<TemplateMatrix, void> {
  const { rows: all = Infinity, cols, start, rowBytes, decode, checkSize } = layout
  for (let row = first; row < all;) {
    const wanted = Math.min(rowsPerChunk, all - row)
    const chunk = await bytes.take(wanted * rowBytes)
    const rows = Math.floor(chunk.length / rowBytes)
    row += rows
    const surplus = row === all && (await bytes.take(1)).length > 0
    if (chunk.length < wanted * rowBytes || surplus) checkSize(bytes.received() - start)
    if (rows > 0) yield { rows, cols, data: decode(chunk, rows) }
    if (rows < wanted) return
  }
}
