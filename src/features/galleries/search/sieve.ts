import {
  createInt8Products,
  maxProbeNumber,
  paddedDimension,
  type Int8Products
} from '../../../engines/simd/int8-products.js'
import type { TemplateMatrix } from '../../../science/linear-algebra/matrix.js'
import { quantiseProbe, type QuantisedProbe } from '../../../science/linear-algebra/quantise.js'
import { createBestSubjects, type BestSubjects } from './best-subjects.js'
import { rankedLists, type RankedLists } from './ranked-lists.js'
import type { BlockColumns } from './reference-block.js'

/** Rows multiplied at once: with their scores they fit the cache of a core. */
const rowsPerProduct = 512
/** Probes multiplied at once. */
const probesPerProduct = 32
/** Maximum rows that a thread keeps for all probes together, 24 bytes each. */
const maxKept = 2 ** 20

/** Rows whose score may be among the best, for q probes, as concatenated lists. */
interface PassedRows {
  /** (q) */
  readonly counts: Int32Array
  /** (sum of counts) each */
  readonly subjects: Float64Array
  readonly ordinals: Float64Array
  /** no score is higher */
  readonly upper: Float64Array
}

export interface SieveResult {
  /** the best subjects by what their scores are at least */
  readonly lower: RankedLists
  /** undefined when too many rows pass, such as copies of one template */
  readonly passed: PassedRows | undefined
}

export interface Sieve {
  /** @param columns of a block with quantised vectors */
  add(columns: BlockColumns, rows: number, isWanted: (row: number) => boolean): void
  result(): SieveResult
}

interface SievedProbe extends QuantisedProbe {
  /** by lower bound */
  readonly best: BestSubjects
  readonly kept: Kept
}

interface Tile {
  readonly numbers: Int16Array
  readonly probes: readonly SievedProbe[]
}

/** Of this thread: kernels are made for a dimension. */
const products = new Map<number, Int8Products>()

function productsOf (dimension: number): Int8Products {
  const known = products.get(dimension)
  if (known !== undefined) return known
  const made = createInt8Products(dimension, { maxProbes: probesPerProduct, maxRows: rowsPerProduct })
  products.set(dimension, made)
  return made
}

/**
 * Rules rows out by quantised vectors, without an error: the score of a row lies in an interval (`quantiseProbe`), and
 * a row passes unless `limit` subjects have scores above its upper end. So every row that has a place among the best
 * passes, and those of equal scores do too.
 */
export function createSieve (probes: TemplateMatrix, limit: number): Sieve {
  const { cols: dimension } = probes
  const padded = paddedDimension(dimension)
  const tiles = tilesOf(probes, limit)
  const kernel = productsOf(dimension)
  let overflowed = false

  /** @param scores of the probe and these rows, as integers */
  function compare (
    probe: SievedProbe,
    { subjects, ordinals, scales, errors }: BlockColumns,
    scores: Int32Array,
    start: number,
    isWanted: (row: number) => boolean
  ): void {
    const { scale, perScale, perError, best, kept } = probe
    let { floor } = best
    for (let i = 0, row = start; i < scores.length; i++, row++) {
      const score = scores[i]! * scales[row]! * scale
      const slack = scales[row]! * perScale + errors[row]! * perError
      // Written so that NaN, from an overflow, passes.
      if (score + slack < floor || !isWanted(row)) continue
      const isNumber = !Number.isNaN(score - slack)
      best.offer(subjects[row]!, ordinals[row]!, isNumber ? score - slack : -Infinity)
      floor = best.floor
      kept.add(subjects[row]!, ordinals[row]!, isNumber ? score + slack : Infinity, floor)
    }
  }

  const keptRows = () =>
    tiles.reduce((sum, tile) => sum + tile.probes.reduce((all, { kept }) => all + kept.count, 0), 0)

  return {
    add (columns, rows, isWanted) {
      if (overflowed) return
      for (const { numbers, probes } of tiles) {
        kernel.load(numbers)
        for (let start = 0; start < rows; start += rowsPerProduct) {
          const end = Math.min(rows, start + rowsPerProduct)
          const scores = kernel.multiply(columns.numbers.subarray(start * padded, end * padded))
          const count = end - start
          probes.forEach((probe, i) => {
            compare(probe, columns, scores.subarray(i * count, (i + 1) * count), start, isWanted)
          })
        }
      }
      overflowed = keptRows() > maxKept
    },
    result () {
      const all = tiles.flatMap(tile => tile.probes)
      const lower = rankedLists(all.map(({ best }) => best))
      if (overflowed) return { lower, passed: undefined }
      for (const { kept, best } of all) kept.drop(best.floor)
      const join = (column: 'subjects' | 'ordinals' | 'upper') => {
        const joined = new Float64Array(all.reduce((sum, { kept }) => sum + kept.count, 0))
        let at = 0
        for (const { kept } of all) {
          joined.set(kept[column].subarray(0, kept.count), at)
          at += kept.count
        }
        return joined
      }
      return {
        lower,
        passed: {
          counts: Int32Array.from(all, ({ kept }) => kept.count),
          subjects: join('subjects'),
          ordinals: join('ordinals'),
          upper: join('upper')
        }
      }
    }
  }
}

function tilesOf ({ rows, cols, data }: TemplateMatrix, limit: number): Tile[] {
  const most = maxProbeNumber(cols)
  return Array.from({ length: Math.ceil(rows / probesPerProduct) }, (_, tile) => {
    const start = tile * probesPerProduct
    const count = Math.min(rows, start + probesPerProduct) - start
    const numbers = new Int16Array(count * cols)
    const probes = Array.from({ length: count }, (_, i) => ({
      ...quantiseProbe(
        data.subarray((start + i) * cols, (start + i + 1) * cols),
        most,
        numbers.subarray(i * cols, (i + 1) * cols)
      ),
      best: createBestSubjects(limit),
      kept: new Kept()
    }))
    return { numbers, probes }
  })
}

/** Rows that passed so far. Most of them pass early and are dropped when the floor has risen. */
class Kept {
  count = 0
  subjects = new Float64Array(256)
  ordinals = new Float64Array(256)
  upper = new Float64Array(256)

  add (subject: number, ordinal: number, upper: number, floor: number): void {
    if (this.count === this.upper.length) {
      this.drop(floor)
      if (2 * this.count > this.upper.length) this.grow()
    }
    this.subjects[this.count] = subject
    this.ordinals[this.count] = ordinal
    this.upper[this.count++] = upper
  }

  drop (floor: number): void {
    let kept = 0
    for (let i = 0; i < this.count; i++) {
      if (this.upper[i]! < floor) continue
      this.subjects[kept] = this.subjects[i]!
      this.ordinals[kept] = this.ordinals[i]!
      this.upper[kept++] = this.upper[i]!
    }
    this.count = kept
  }

  private grow (): void {
    for (const column of ['subjects', 'ordinals', 'upper'] as const) {
      const larger = new Float64Array(2 * this[column].length)
      larger.set(this[column])
      this[column] = larger
    }
  }
}
