import type { Products, TemplateMatrix } from '../../../science/linear-algebra/matrix.js'
import { createBestSubjects, type BestSubjects } from './best-subjects.js'
import { innerProduct } from './inner-product.js'

/** Rows to compare: a block of a view in memory, or a batch of a streamed view. */
interface ScannedRows {
  /** (n or more, d), row-major */
  readonly vectors: Float32Array
  readonly subjects: Float64Array
  readonly ordinals: Float64Array
  readonly rows: number
  readonly largestNorm: number
}

export interface Scan {
  readonly best: readonly BestSubjects[]
  /** Compares the wanted rows. */
  add(rows: ScannedRows, isWanted: (row: number) => boolean): Promise<void>
}

/**
 * Rows multiplied at once. onnxruntime does not accept tensors in shared memory, so rows are copied into a buffer that
 * fits the cache of a core. One probe against 262,144 rows of 512 numbers takes 42 ms this way, 45 ms with a buffer of
 * 8 MiB, and 49 ms with rows that need no copy.
 */
const rowsPerProduct = 2048
/** Probes multiplied at once, so that their scores stay in the cache too. */
const probesPerProduct = 128

interface ProbeTile {
  readonly start: number
  readonly probes: TemplateMatrix
  /** for each probe, the single-precision score below which a row is skipped */
  readonly cuts: Float64Array
}

/**
 * Finds the best subjects of each probe among rows, exactly. The single-precision product only rules rows out. Its
 * error is bounded, and every row that could still get a place is scored again in double precision, so that scores and
 * the order of equal ones do not depend on how rows are grouped.
 *
 * @param floors for each probe, a score that a row has to reach; none when absent
 */
export function createScan (products: Products, probes: TemplateMatrix, limit: number, floors?: Float64Array): Scan {
  const { rows: count, cols: dimension, data } = probes
  const best = Array.from({ length: count }, () => createBestSubjects(limit))
  const norms = Array.from(
    { length: count },
    (_, probe) => Math.sqrt(innerProduct(data, probe * dimension, data, probe * dimension, dimension))
  )
  const tiles = tilesOf(probes)
  const gathered = new Float32Array(rowsPerProduct * dimension) // (rowsPerProduct, d), row-major
  const picked = new Int32Array(rowsPerProduct)
  const margin = errorOfProduct(dimension)

  /** Copies wanted rows from `start` on until the buffer is full. @returns how many, and where to continue */
  function gather (
    { vectors, rows }: ScannedRows,
    isWanted: (row: number) => boolean,
    start: number
  ): { filled: number, next: number } {
    let [filled, next] = [0, start]
    for (; next < rows && filled < rowsPerProduct; next++) if (isWanted(next)) picked[filled++] = next
    for (let from = 0; from < filled;) {
      const row = picked[from]!
      let to = from + 1
      while (to < filled && picked[to] === row + to - from) to++
      gathered.set(vectors.subarray(row * dimension, (row + to - from) * dimension), from * dimension)
      from = to
    }
    return { filled, next }
  }

  async function compare (rows: ScannedRows, filled: number): Promise<void> {
    const references = { rows: filled, cols: dimension, data: gathered.subarray(0, filled * dimension) }
    for (const { start, probes, cuts } of tiles) {
      for (let i = 0; i < cuts.length; i++) cuts[i] = cutOf(start + i, rows.largestNorm)
      // With one probe both orders give the same layout, (filled, probes), and the probe first is faster.
      const { data: scores } = probes.rows === 1
        ? await products.multiply(probes, references, { transposeB: true })
        : await products.multiply(references, probes, { transposeB: true })
      for (let row = 0, at = 0; row < filled; row++) {
        for (let i = 0; i < cuts.length; i++, at++) {
          // Written so that NaN, from an overflow, passes.
          if (scores[at]! < cuts[i]!) continue
          const probe = start + i
          const exact = innerProduct(gathered, row * dimension, data, probe * dimension, dimension)
          best[probe]!.offer(rows.subjects[picked[row]!]!, rows.ordinals[picked[row]!]!, exact)
          cuts[i] = cutOf(probe, rows.largestNorm)
        }
      }
    }
  }

  function cutOf (probe: number, largestNorm: number): number {
    return Math.max(best[probe]!.floor, floors?.[probe] ?? -Infinity) - margin * norms[probe]! * largestNorm
  }

  return {
    best,
    async add (rows, isWanted) {
      for (let start = 0; start < rows.rows;) {
        const { filled, next } = gather(rows, isWanted, start)
        if (filled > 0) await compare(rows, filled)
        start = next
      }
    }
  }
}

function tilesOf ({ rows, cols, data }: TemplateMatrix): ProbeTile[] {
  return Array.from({ length: Math.ceil(rows / probesPerProduct) }, (_, tile) => {
    const start = tile * probesPerProduct
    const end = Math.min(rows, start + probesPerProduct)
    return {
      start,
      probes: { rows: end - start, cols, data: data.subarray(start * cols, end * cols) },
      cuts: new Float64Array(end - start)
    }
  })
}

/**
 * The maximum error of an inner product of n numbers in single precision, relative to the product of both norms and for
 * any order of summation: n u / (1 - n u), Higham, Accuracy and Stability of Numerical Algorithms, 3.1. The n includes
 * one more for the error of the double-precision product.
 */
function errorOfProduct (n: number): number {
  const unit = (n + 1) * 2 ** -24
  return unit / (1 - unit)
}
