import type { Products, TemplateMatrix } from '../../../science/linear-algebra/matrix.js'
import { createBestSubjects, type BestSubjects } from './best-subjects.js'
import { innerProduct } from './inner-product.js'

/** Rows that are compared: a block of a view in memory, or a batch of one that streams. */
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
  /** Compares the rows that are wanted. */
  add (rows: ScannedRows, isWanted: (row: number) => boolean): Promise<void>
}

/**
 * Rows that are multiplied at once. onnxruntime does not take tensors in shared memory, so rows are copied, into memory
 * small enough to stay in the cache of a core: one probe and 262,144 rows of 512 numbers take 42 ms so, 8 MiB each time
 * take 45, and rows that need no copy 49.
 */
const rowsAtOnce = 2048
/** Probes that are multiplied at once, so that their scores stay in the cache too. */
const probesAtOnce = 128

interface ProbeTile {
  readonly start: number
  readonly probes: TemplateMatrix
  /** the score of single precision below which a row can be passed over, for each probe */
  readonly cuts: Float64Array
}

/**
 * The best subjects of each probe among rows, exactly: the product in single precision only says which rows are not
 * worth a look. What it may be off by is known, and whatever could still get a place is scored anew in double precision, so that
 * scores and the order of equal ones do not depend on how rows are blocked.
 *
 * @param floors for each probe, a score that a row has to reach; none when absent
 */
export function createScan (products: Products, probes: TemplateMatrix, limit: number, floors?: Float64Array): Scan {
  const { rows: count, cols: dimension, data } = probes
  const best = Array.from({ length: count }, () => createBestSubjects(limit))
  const norms = Array.from({ length: count }, (_, probe) => Math.sqrt(innerProduct(data, probe * dimension, data, probe * dimension, dimension)))
  const tiles = tilesOf(probes)
  const gathered = new Float32Array(rowsAtOnce * dimension) // (rowsAtOnce, d), row-major
  const picked = new Int32Array(rowsAtOnce)
  const margin = errorOfProduct(dimension)

  /** Copies wanted rows from `start` on until there are enough. @returns how many, and where to go on */
  function gather ({ vectors, rows }: ScannedRows, isWanted: (row: number) => boolean, start: number): { filled: number, next: number } {
    let [filled, next] = [0, start]
    for (; next < rows && filled < rowsAtOnce; next++) if (isWanted(next)) picked[filled++] = next
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
      // Both are (filled, probes) in memory when there is one probe, which goes faster in front.
      const { data: scores } = probes.rows === 1
        ? await products.multiply(probes, references, { transposeB: true })
        : await products.multiply(references, probes, { transposeB: true })
      for (let row = 0, at = 0; row < filled; row++) {
        for (let i = 0; i < cuts.length; i++, at++) {
          // So written that what overflowed to NaN is looked at.
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
  return Array.from({ length: Math.ceil(rows / probesAtOnce) }, (_, tile) => {
    const start = tile * probesAtOnce
    const end = Math.min(rows, start + probesAtOnce)
    return { start, probes: { rows: end - start, cols, data: data.subarray(start * cols, end * cols) }, cuts: new Float64Array(end - start) }
  })
}

/**
 * What an inner product of n numbers in single precision is off by at most, as a share of the product of both norms and
 * in whatever order it is summed: n u / (1 - n u), Higham, Accuracy and Stability of Numerical Algorithms, 3.1. One more
 * for the exact one, which is not without error either.
 */
function errorOfProduct (n: number): number {
  const unit = (n + 1) * 2 ** -24
  return unit / (1 - unit)
}
