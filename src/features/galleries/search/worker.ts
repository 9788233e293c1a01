import type { TemplateMatrix } from '../../../science/linear-algebra/matrix.js'
import { createEngineProducts } from '../../../engines/onnx/products.js'
import {
  columnsOf,
  isLiveAt,
  largestNorm,
  type BlockColumns,
  type ReferenceBlock,
  type RowFormat
} from './reference-block.js'
import { rankedLists, type RankedLists } from './ranked-lists.js'
import type { ReferenceBatch, ReferenceSnapshot } from './reference-rows.js'
import { createScan } from './scan.js'
import { createSieve, type SieveResult } from './sieve.js'
import { isInSet, type SubjectSet } from './subject-set.js'

export interface SearchTask {
  readonly probes: TemplateMatrix
  readonly best: number
  readonly allowed: SubjectSet | undefined
}

export interface SnapshotTask extends SearchTask {
  /** ordinals of references to leave out; none when undefined */
  readonly excluded: ReadonlySet<number> | undefined
  readonly snapshot: Pick<ReferenceSnapshot, 'dimension' | 'version' | 'blocks'>
  /** (1), shared by the tasks of one search: the next block. A thread that is delayed takes fewer. */
  readonly next: Int32Array
}

export interface BatchTask extends SearchTask {
  readonly batch: ReferenceBatch
  /** (q), the current k-th best score of each probe */
  readonly floors: Float64Array
}

const products = createEngineProducts({ threads: 1 })

/** Searches blocks until none is left. */
export async function searchSnapshot (task: SnapshotTask): Promise<RankedLists> {
  const scan = createScan(products, task.probes, task.best)
  for (const { block, columns, isWanted } of blocksOf(task, 'float32')) {
    await scan.add({ ...columns, rows: block.rows, largestNorm: block.largestNorm }, isWanted)
  }
  return rankedLists(scan.best)
}

/** Sieves blocks of quantised vectors until none is left. */
export async function sieveSnapshot (task: SnapshotTask): Promise<SieveResult> {
  const sieve = createSieve(task.probes, task.best)
  for (const { block, columns, isWanted } of blocksOf(task, 'int8')) sieve.add(columns, block.rows, isWanted)
  return sieve.result()
}

/** The blocks that this thread takes. */
function* blocksOf (
  { snapshot: { blocks, dimension, version }, next, allowed, excluded }: SnapshotTask,
  format: RowFormat
): Generator<{ block: ReferenceBlock, columns: BlockColumns, isWanted: (row: number) => boolean }> {
  for (;;) {
    const block = blocks[Atomics.add(next, 0, 1)]
    if (block === undefined) return
    const columns = columnsOf(block, dimension, format)
    const { subjects, ordinals, removedAt } = columns
    const isLive = (row: number) => isLiveAt(removedAt[row]!, version)
    const isAllowed = allowed === undefined ? isLive : (row: number) => isLive(row) && isInSet(allowed, subjects[row]!)
    yield {
      block,
      columns,
      isWanted: excluded === undefined ? isAllowed : row => isAllowed(row) && !excluded.has(ordinals[row]!)
    }
  }
}

/** Searches the rows of one batch. */
export async function searchBatch ({ probes, best, allowed, batch, floors }: BatchTask): Promise<RankedLists> {
  const scan = createScan(products, probes, best, floors)
  const { vectors: { rows, cols, data }, subjects, ordinals } = batch
  await scan.add(
    { vectors: data, subjects, ordinals, rows, largestNorm: largestNorm(data, cols) },
    allowed === undefined ? () => true : row => isInSet(allowed, subjects[row]!)
  )
  return rankedLists(scan.best)
}
