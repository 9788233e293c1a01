/**
 * Pieces of shared memory that are used again. The collector does not know how much a piece holds on to, nor when a
 * sleeping thread is done with it: fifteen views of 195 MiB that followed one another took 3.2 GB without this.
 */
export interface SharedMemory {
  /**
   * A piece whose size is `pieceSize`, or less when that is the largest there is. What is in it is left from before.
   */
  take(bytes: number): SharedArrayBuffer
  /** For others to take: nobody may read it any more whose result counts. */
  give(piece: SharedArrayBuffer): void
}

const smallestPiece = 2 ** 12
/**
 * 4,056 rows of 512 numbers. Threads share the pieces of a view, so that a few thousand rows keep more than one busy.
 */
export const largestPiece = 2 ** 23

/** Sizes are powers of two, so that a piece fits whoever comes next. */
export const pieceSize = (bytes: number): number =>
  Math.min(largestPiece, Math.max(smallestPiece, 2 ** Math.ceil(Math.log2(bytes))))

/** It keeps what was in use at once, by size. */
export function createSharedMemory (): SharedMemory {
  const idle = new Map<number, SharedArrayBuffer[]>()
  return {
    take (bytes) {
      const size = pieceSize(bytes)
      return idle.get(size)?.pop() ?? new SharedArrayBuffer(size)
    },
    give (piece) {
      const same = idle.get(piece.byteLength)
      if (same === undefined) idle.set(piece.byteLength, [piece])
      else same.push(piece)
    }
  }
}
