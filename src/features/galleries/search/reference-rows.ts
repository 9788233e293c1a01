import { paddedDimension } from '../../../engines/simd/int8-products.js'
import type { TemplateMatrix } from '../../../science/linear-algebra/matrix.js'
import { quantiseRows } from '../../../science/linear-algebra/quantise.js'
import {
  bytesOfRow,
  columnsOf,
  emptyBlock,
  largestNorm,
  rowsIn,
  type BlockColumns,
  type ReferenceBlock,
  type RowFormat
} from './reference-block.js'
import { createSharedMemory, maxPieceBytes, type SharedMemory } from './shared-memory.js'

/** References of one view of a gallery, which probes are multiplied with. */
export interface ReferenceBatch {
  /** (n, d), projections into the comparison space of the view */
  readonly vectors: TemplateMatrix
  /** (n), subject number of each row */
  readonly subjects: Float64Array
  /** (n), positions in the gallery's log: ascending within a batch and across batches */
  readonly ordinals: Float64Array
}

/** An immutable view for a search; rows may be added and removed meanwhile. */
export interface ReferenceSnapshot {
  readonly dimension: number
  readonly format: RowFormat
  readonly version: number
  readonly blocks: readonly ReferenceBlock[]
  /** Call once per `snapshot()`, when the search has ended: its memory may be reused after that. */
  release(): void
}

export interface ReferenceRows {
  readonly format: RowFormat
  /**
   * Appends a copy of a batch, which stays invisible until `publish`.
   * @throws RangeError when the dimension differs or ordinals do not ascend
   */
  append(batch: ReferenceBatch): void
  /** Removes references by ordinal; unknown ones are ignored. They stay visible until `publish`. */
  remove(ordinals: Iterable<number>): void
  /** Makes all pending changes visible at once to searches that begin from now on. */
  publish(): void
  /** The published rows, held until the caller releases them. */
  snapshot(): ReferenceSnapshot
  /** Frees the memory when the last search has ended. Nothing can be appended or searched afterwards. */
  close(): void
  /** rows present and not removed */
  readonly live: number
  /** of memory, including spare capacity */
  readonly bytes: number
  /** of the last appended row; 0 if there is none */
  readonly lastOrdinal: number
}

interface OpenBlock {
  block: ReferenceBlock
  readonly columns: BlockColumns
  live: number
}

/** Blocks of references that grow, and shrink when many rows have been removed. @param format kept of each vector */
export function createReferenceRows (
  dimension: number,
  memory: SharedMemory = createSharedMemory(),
  format: RowFormat = 'float32'
): ReferenceRows {
  let blocks: OpenBlock[] = []
  let version = 1
  let lastOrdinal = 0
  const taken = new Set<SharedArrayBuffer>()
  /** Number of snapshots that use each piece of memory. */
  const uses = new Map<SharedArrayBuffer, number>()
  let published = publishNow()

  function publishNow (): ReferenceSnapshot & { hold: () => void } {
    const shown = blocks.map(({ block }) => block)
    for (const { memory } of shown) uses.set(memory, (uses.get(memory) ?? 0) + 1)
    let holders = 1
    return {
      dimension,
      format,
      version,
      blocks: shown,
      hold () {
        holders++
      },
      release () {
        if (--holders === 0) { for (const { memory } of shown) leave(memory) }
      }
    }
  }

  function leave (piece: SharedArrayBuffer): void {
    uses.set(piece, uses.get(piece)! - 1)
    freeUnused(piece)
  }

  /** Called when a piece leaves the blocks or a snapshot; frees it once neither uses it. */
  function freeUnused (piece: SharedArrayBuffer): void {
    if ((uses.get(piece) ?? 0) > 0) return
    uses.delete(piece)
    // Give it back only once: otherwise two views could take the same piece.
    if (taken.delete(piece)) memory.give(piece)
  }

  function opened (rows: number): OpenBlock {
    const block = emptyBlock(memory.take(rows * bytesOfRow(dimension, format)), dimension, format)
    taken.add(block.memory)
    return { block, columns: columnsOf(block, dimension, format), live: 0 }
  }

  /** The last block if it has room; otherwise a new one, or the last one moved to a larger piece of memory. */
  function blockWithRoom (rows: number): OpenBlock {
    const last = blocks.at(-1)
    if (last !== undefined && last.block.rows < last.block.capacity) return last
    if (last === undefined || last.block.memory.byteLength === maxPieceBytes) {
      const fresh = opened(rows)
      blocks.push(fresh)
      return fresh
    }
    const larger = opened(Math.max(2 * last.block.capacity, last.block.rows + rows))
    copyRows(last, 0, last.block.rows, larger)
    blocks[blocks.length - 1] = larger
    freeUnused(last.block.memory)
    return larger
  }

  function copyRows (from: OpenBlock, start: number, end: number, to: OpenBlock): void {
    const at = to.block.rows
    for (const name of Object.keys(to.columns) as (keyof BlockColumns)[]) {
      const width = from.columns[name].length / from.block.capacity
      to.columns[name].set(from.columns[name].subarray(start * width, end * width), at * width)
    }
    to.block = {
      ...to.block,
      rows: at + end - start,
      largestNorm: Math.max(to.block.largestNorm, from.block.largestNorm)
    }
    for (let row = start; row < end; row++) if (from.columns.removedAt[row] === 0) to.live++
  }

  function assertFits ({ vectors, subjects, ordinals }: ReferenceBatch): void {
    if (vectors.cols !== dimension) {
      throw new RangeError(`expected references of ${dimension} numbers, received ${vectors.cols}`)
    }
    if (
      subjects.length !== vectors.rows || ordinals.length !== vectors.rows ||
      vectors.data.length !== vectors.rows * dimension
    ) {
      throw new RangeError(
        `expected ${vectors.rows} subjects, ordinals and rows, received ${subjects.length}, ${ordinals.length} and ${
          vectors.data.length / dimension
        }`
      )
    }
    let before = lastOrdinal
    for (const ordinal of ordinals) {
      if (!(ordinal > before)) throw new RangeError(`expected an ordinal above ${before}, received ${ordinal}`)
      before = ordinal
    }
  }

  /**
   * Rewrites blocks that have lost most of their rows, joined with the previous block where both fit into one. This
   * copies fewer rows than were removed, or half a block. Running searches keep the old blocks.
   */
  function compact (): OpenBlock[] {
    const replaced: OpenBlock[] = []
    const kept: OpenBlock[] = []
    for (const open of blocks) {
      if (2 * open.live >= open.block.rows) {
        kept.push(open)
        continue
      }
      const before = kept.at(-1)
      const joined = before !== undefined && before.live + open.live <= rowsIn(maxPieceBytes, dimension, format)
        ? [kept.pop()!, open]
        : [open]
      replaced.push(...joined)
      const live = joined.reduce((sum, part) => sum + part.live, 0)
      if (live === 0) continue
      const fresh = opened(live)
      for (const part of joined) copyLive(part, fresh)
      kept.push(fresh)
    }
    blocks = kept
    return replaced
  }

  function copyLive (from: OpenBlock, to: OpenBlock): void {
    for (let row = 0; row < from.block.rows;) {
      let end = row
      while (end < from.block.rows && from.columns.removedAt[end] === 0) end++
      if (end > row) copyRows(from, row, end, to)
      row = end + 1
    }
  }

  return {
    format,

    append (batch) {
      assertFits(batch)
      const { vectors: { rows, data }, subjects, ordinals } = batch
      for (let start = 0; start < rows;) {
        const open = blockWithRoom(rows - start)
        const at = open.block.rows
        const end = Math.min(rows, start + open.block.capacity - at)
        const vectors = data.subarray(start * dimension, end * dimension)
        open.columns.subjects.set(subjects.subarray(start, end), at)
        open.columns.ordinals.set(ordinals.subarray(start, end), at)
        if (format === 'float32') open.columns.vectors.set(vectors, at * dimension)
        else quantiseRows(vectors, dimension, open.columns, at, paddedDimension(dimension))
        open.columns.removedAt.fill(0, at, at + end - start)
        open.block = {
          ...open.block,
          rows: at + end - start,
          largestNorm: Math.max(open.block.largestNorm, format === 'float32' ? largestNorm(vectors, dimension) : 0)
        }
        open.live += end - start
        start = end
      }
      lastOrdinal = ordinals[rows - 1] ?? lastOrdinal
    },

    remove (ordinals) {
      for (const ordinal of ordinals) {
        const open = blocks[
          lowerBound(blocks.length, at => blocks[at]!.columns.ordinals[blocks[at]!.block.rows - 1]! >= ordinal)
        ]
        if (open === undefined) continue
        const { columns, block } = open
        const row = lowerBound(block.rows, at => columns.ordinals[at]! >= ordinal)
        if (columns.ordinals[row] !== ordinal || columns.removedAt[row] !== 0) continue
        columns.removedAt[row] = version + 1
        open.live--
      }
    },

    publish () {
      version++
      const replaced = compact()
      const before = published
      published = publishNow()
      before.release()
      for (const { block } of replaced) freeUnused(block.memory)
    },

    snapshot () {
      published.hold()
      return published
    },

    close () {
      const closed = blocks
      blocks = []
      const before = published
      published = publishNow()
      before.release()
      for (const { block } of closed) freeUnused(block.memory)
    },

    get live () {
      return blocks.reduce((sum, { live }) => sum + live, 0)
    },
    get bytes () {
      return blocks.reduce((sum, { block }) => sum + block.memory.byteLength, 0)
    },
    get lastOrdinal () {
      return lastOrdinal
    }
  }
}

/** The first of `length` places at which an ascending condition holds; `length` when it nowhere does. */
function lowerBound (length: number, holds: (at: number) => boolean): number {
  let [low, high] = [0, length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if (holds(middle)) high = middle
    else low = middle + 1
  }
  return low
}
