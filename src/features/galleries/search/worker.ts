import type { TemplateMatrix } from '../../../science/linear-algebra/matrix.js'
import { createEngineProducts } from '../../../engines/onnx/products.js'
import { columnsOf, isLiveAt, largestNorm } from './reference-block.js'
import { rankedLists, type RankedLists } from './ranked-lists.js'
import type { ReferenceBatch, ReferenceSnapshot } from './reference-rows.js'
import { createScan } from './scan.js'
import { isInSet, type SubjectSet } from './subject-set.js'

export interface SearchTask {
  readonly probes: TemplateMatrix
  readonly best: number
  readonly allowed: SubjectSet | undefined
}

export interface SnapshotTask extends SearchTask {
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
export async function searchSnapshot ({ probes, best, allowed, snapshot, next }: SnapshotTask): Promise<RankedLists> {
  const scan = createScan(products, probes, best)
  const { blocks, dimension, version } = snapshot
  for (;;) {
    const block = blocks[Atomics.add(next, 0, 1)]
    if (block === undefined) return rankedLists(scan.best)
    const columns = columnsOf(block, dimension)
    const { subjects, removedAt } = columns
    const isLive = (row: number) => isLiveAt(removedAt[row]!, version)
    await scan.add(
      { ...columns, rows: block.rows, largestNorm: block.largestNorm },
      allowed === undefined ? isLive : row => isLive(row) && isInSet(allowed, subjects[row]!)
    )
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
