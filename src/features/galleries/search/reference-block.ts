import { paddedDimension } from '../../../engines/simd/int8-products.js'
import { maxPieceBytes, pieceSize } from './shared-memory.js'

/**
 * What a view holds of its vectors: all of them, or 8-bit integers with a bound on what they lost, a quarter of the
 * memory, by which a search finds the few that it has to read.
 */
export type RowFormat = 'float32' | 'int8'

/**
 * Some references of a view in one piece of shared memory, which worker threads read in place. Rows are only appended
 * behind those that searches know of, and a removed row is marked with the version that removed it.
 */
export interface ReferenceBlock {
  readonly memory: SharedArrayBuffer
  /** rows that fit */
  readonly capacity: number
  /** rows in use */
  readonly rows: number
  /** an upper bound on the norms of the vectors; 0 where they are quantised */
  readonly largestNorm: number
}

/** The columns of a block, one element per row. Those of the other format are empty. */
export interface BlockColumns {
  readonly subjects: Float64Array
  /** ascending */
  readonly ordinals: Float64Array
  /** (capacity, d), row-major */
  readonly vectors: Float32Array
  /** (capacity, padded d), row-major, see `quantiseRows` */
  readonly numbers: Int8Array
  readonly scales: Float32Array
  readonly errors: Float32Array
  /** the first version of the view without the row; 0 while it is live */
  readonly removedAt: Uint32Array
}

const bytesOfNumbers = 2 * Float64Array.BYTES_PER_ELEMENT + Uint32Array.BYTES_PER_ELEMENT
const bytesOfScaleAndError = 2 * Float32Array.BYTES_PER_ELEMENT

/** Bytes of one row in a block. */
export const bytesOfRow = (dimension: number, format: RowFormat): number =>
  bytesOfNumbers + (format === 'float32'
    ? dimension * Float32Array.BYTES_PER_ELEMENT
    : bytesOfScaleAndError + paddedDimension(dimension))

/** Bytes of memory that a view takes. */
export function bytesOfView (rows: number, dimension: number, format: RowFormat): number {
  const full = rowsIn(maxPieceBytes, dimension, format)
  const rest = rows % full
  return Math.floor(rows / full) * maxPieceBytes + (rest === 0 ? 0 : pieceSize(rest * bytesOfRow(dimension, format)))
}

export const rowsIn = (bytes: number, dimension: number, format: RowFormat): number =>
  Math.floor(bytes / bytesOfRow(dimension, format))

export function emptyBlock (memory: SharedArrayBuffer, dimension: number, format: RowFormat): ReferenceBlock {
  return { memory, capacity: rowsIn(memory.byteLength, dimension, format), rows: 0, largestNorm: 0 }
}

export function columnsOf (
  { memory, capacity }: Pick<ReferenceBlock, 'memory' | 'capacity'>,
  dimension: number,
  format: RowFormat
): BlockColumns {
  let at = 0
  const next = <Column>(
    Type: { new(memory: SharedArrayBuffer, start: number, length: number): Column, BYTES_PER_ELEMENT: number },
    width: number
  ): Column => {
    const column = new Type(memory, at, capacity * width)
    at += capacity * width * Type.BYTES_PER_ELEMENT
    return column
  }
  const [whole, quantised] = format === 'float32' ? [1, 0] : [0, 1]
  return {
    subjects: next(Float64Array, 1),
    ordinals: next(Float64Array, 1),
    vectors: next(Float32Array, whole * dimension),
    scales: next(Float32Array, quantised),
    errors: next(Float32Array, quantised),
    removedAt: next(Uint32Array, 1),
    // Last, since its elements need no alignment.
    numbers: next(Int8Array, quantised * paddedDimension(dimension))
  }
}

/** Whether a row removed at one version is still live at another. */
export const isLiveAt = (removedAt: number, version: number): boolean => removedAt === 0 || removedAt > version

/** The largest Euclidean norm of the rows. @param vectors (n, d), row-major */
export function largestNorm (vectors: Float32Array, dimension: number): number {
  let largest = 0
  for (let start = 0; start < vectors.length; start += dimension) {
    let sum = 0
    for (let i = start; i < start + dimension; i++) sum += vectors[i]! * vectors[i]!
    if (sum > largest) largest = sum
  }
  return Math.sqrt(largest)
}
