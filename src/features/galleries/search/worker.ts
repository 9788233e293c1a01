import type { TemplateMatrix } from '../../../science/linear-algebra/matrix.js'
import { createEngineProducts } from '../../../engines/onnx/products.js'
import type { BestSubjects } from './best-subjects.js'
import { columnsOf, isLiveAt, largestNorm } from './reference-block.js'
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
  /** (1), shared by the tasks of one search: the block that is next. A thread that is held up takes fewer. */
  readonly next: Int32Array
}

export interface BatchTask extends SearchTask {
  readonly batch: ReferenceBatch
  /** (q), what the k-th best score of each probe is already */
  readonly floors: Float64Array
}

/** The best subjects of q probes, one list behind the other. */
export interface RankedLists {
  /** (q) */
  readonly counts: Int32Array
  /** (sum of counts) each */
  readonly subjects: Float64Array
  readonly ordinals: Float64Array
  readonly scores: Float64Array
}

const products = createEngineProducts({ threads: 1 })

/** Searches blocks until none is left. */
export async function searchSnapshot ({ probes, best, allowed, snapshot, next }: SnapshotTask): Promise<RankedLists> {
  const scan = createScan(products, probes, best)
  const { blocks, dimension, version } = snapshot
  for (;;) {
    const block = blocks[Atomics.add(next, 0, 1)]
    if (block === undefined) return listsOf(scan.best)
    const columns = columnsOf(block, dimension)
    const { subjects, removedAt } = columns
    const isLive = (row: number) => isLiveAt(removedAt[row]!, version)
    await scan.add({ ...columns, rows: block.rows, largestNorm: block.largestNorm },
      allowed === undefined ? isLive : row => isLive(row) && isInSet(allowed, subjects[row]!))
  }
}

/** Searches the rows of one batch. */
export async function searchBatch ({ probes, best, allowed, batch, floors }: BatchTask): Promise<RankedLists> {
  const scan = createScan(products, probes, best, floors)
  const { vectors: { rows, cols, data }, subjects, ordinals } = batch
  await scan.add({ vectors: data, subjects, ordinals, rows, largestNorm: largestNorm(data, cols) },
    allowed === undefined ? () => true : row => isInSet(allowed, subjects[row]!))
  return listsOf(scan.best)
}

function listsOf (best: readonly BestSubjects[]): RankedLists {
  const counts = Int32Array.from(best, ({ count }) => count)
  const total = counts.reduce((sum, count) => sum + count, 0)
  const lists = { counts, subjects: new Float64Array(total), ordinals: new Float64Array(total), scores: new Float64Array(total) }
  let at = 0
  for (const list of best) {
    for (const column of ['subjects', 'ordinals', 'scores'] as const) lists[column].set(list[column].subarray(0, list.count), at)
    at += list.count
  }
  return lists
}
