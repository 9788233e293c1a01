/**
 * A pool of shared memory. The garbage collector knows neither how much memory a piece holds nor when a sleeping thread
 * is done with it: without reuse, fifteen successive views of 195 MiB took 3.2 GB.
 */
export interface SharedMemory {
  /** Takes a piece of `pieceSize(bytes)` bytes, which is at most the maximum size. It may contain old data. */
  take(bytes: number): SharedArrayBuffer
  /** Returns a piece for reuse. Only readers whose results are discarded may still read it. */
  give(piece: SharedArrayBuffer): void
}

const minPieceBytes = 2 ** 12
/**
 * 4,056 rows of 512 numbers. Threads share the pieces of a view, so that a few thousand rows keep more than one thread
 * busy.
 */
export const maxPieceBytes = 2 ** 23

/** Sizes are powers of two, so that any later taker can reuse a piece. */
export const pieceSize = (bytes: number): number =>
  Math.min(maxPieceBytes, Math.max(minPieceBytes, 2 ** Math.ceil(Math.log2(bytes))))

/** Keeps every piece for reuse, by size: as much as was in use at once. */
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
