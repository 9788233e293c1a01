import { maxPieceBytes, pieceSize } from './shared-memory.js'

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
  /** an upper bound on the norms of the vectors */
  readonly largestNorm: number
}

/** The columns of a block, one element per row. */
export interface BlockColumns {
  readonly subjects: Float64Array
  /** ascending */
  readonly ordinals: Float64Array
  /** (capacity, d), row-major */
  readonly vectors: Float32Array
  /** the first version of the view without the row; 0 while it is live */
  readonly removedAt: Uint32Array
}

const bytesOfNumbers = 2 * Float64Array.BYTES_PER_ELEMENT + Uint32Array.BYTES_PER_ELEMENT

/** Bytes of one row in a block. */
export const bytesOfRow = (dimension: number): number => bytesOfNumbers + dimension * Float32Array.BYTES_PER_ELEMENT

/** Bytes of memory that a view takes. */
export function bytesOfView (rows: number, dimension: number): number {
  const full = rowsIn(maxPieceBytes, dimension)
  const rest = rows % full
  return Math.floor(rows / full) * maxPieceBytes + (rest === 0 ? 0 : pieceSize(rest * bytesOfRow(dimension)))
}

export const rowsIn = (bytes: number, dimension: number): number => Math.floor(bytes / bytesOfRow(dimension))

export function emptyBlock (memory: SharedArrayBuffer, dimension: number): ReferenceBlock {
  return { memory, capacity: rowsIn(memory.byteLength, dimension), rows: 0, largestNorm: 0 }
}

export function columnsOf ({ memory, capacity }: ReferenceBlock, dimension: number): BlockColumns {
  const ordinals = capacity * Float64Array.BYTES_PER_ELEMENT
  const vectors = 2 * ordinals
  const removedAt = vectors + capacity * dimension * Float32Array.BYTES_PER_ELEMENT
  return {
    subjects: new Float64Array(memory, 0, capacity),
    ordinals: new Float64Array(memory, ordinals, capacity),
    vectors: new Float32Array(memory, vectors, capacity * dimension),
    removedAt: new Uint32Array(memory, removedAt, capacity)
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
