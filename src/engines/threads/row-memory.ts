/** Bytes of a piece: those of the largest chunk of rows that streams. The system gives what is written to, no more. */
const pieceBytes = 4 * 2 ** 20
/** Bytes below which memory of its own costs no more. */
const fewestBytes = 2 ** 17
/** Pieces that are kept while nobody uses them: four requests with two chunks going in and two coming out. */
const mostKept = 16

/** Memory for rows that is used again. */
export interface RowMemory {
  /** As many bytes, of whatever content; of memory of their own when they are few, or more than a piece. */
  take (bytes: number): Buffer<ArrayBuffer>
  /** Takes back what nobody reads or writes any more. What is not of `take`, or was transferred to another thread, is left alone. */
  give (memory: ArrayBufferView): void
}

/**
 * V8 counts the memory of arrays, and collects garbage when it adds up: with 2 MB for the rows of every request and as much for those
 * of its answer that was a third of the time of the thread that answers. What is never given back is collected as ever.
 */
export function createRowMemory (): RowMemory {
  const free: ArrayBuffer[] = []
  return {
    take (bytes) {
      // Not of the pool of small buffers, which must not be transferred to a worker.
      if (bytes < fewestBytes || bytes > pieceBytes) return Buffer.allocUnsafeSlow(bytes) as Buffer<ArrayBuffer>
      return Buffer.from(free.pop() ?? new ArrayBuffer(pieceBytes), 0, bytes)
    },
    give ({ buffer }) {
      if (buffer.byteLength !== pieceBytes || free.length === mostKept || !(buffer instanceof ArrayBuffer)) return
      if (free.includes(buffer)) throw new Error('expected memory that is in use, received some that was given back already')
      free.push(buffer)
    }
  }
}
