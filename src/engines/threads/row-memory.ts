/** Bytes of a buffer: the largest chunk of rows that streams. The system commits only the pages that are written to. */
const bufferBytes = 4 * 2 ** 20
/** Below this many bytes an allocation of its own costs no more. */
const minBytes = 2 ** 17
/** Unused buffers that are kept: enough for four requests with two chunks going in and two coming out. */
const maxKept = 16

/** Reuses memory for rows. */
export interface RowMemory {
  /**
   * Memory of this many bytes with arbitrary content. Small requests, and those larger than a buffer, get new memory.
   */
  take(bytes: number): Buffer<ArrayBuffer>
  /** Returns memory that is no longer in use. Memory that is not from `take`, or was transferred away, is ignored. */
  give(memory: ArrayBufferView): void
}

/**
 * V8 counts the memory of arrays and collects garbage when it adds up. With 2 MB for the rows of every request and as
 * much for its answer, that took a third of the time of the thread that answers. Memory that is never returned is
 * collected as usual.
 */
export function createRowMemory (): RowMemory {
  const free: ArrayBuffer[] = []
  return {
    take (bytes) {
      // Not from Node's pool of small buffers, which must not be transferred to a worker.
      if (bytes < minBytes || bytes > bufferBytes) return Buffer.allocUnsafeSlow(bytes) as Buffer<ArrayBuffer>
      return Buffer.from(free.pop() ?? new ArrayBuffer(bufferBytes), 0, bytes)
    },
    give ({ buffer }) {
      if (buffer.byteLength !== bufferBytes || free.length === maxKept || !(buffer instanceof ArrayBuffer)) return
      if (free.includes(buffer)) throw new Error('expected memory in use, received memory that was returned before')
      free.push(buffer)
    }
  }
}
