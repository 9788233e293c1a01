import { CholeskyDecomposition, Matrix as DenseMatrix } from 'ml-matrix'
import { rowsByIdentity } from '../linear-algebra/identities.js'
import type { TemplateMatrix } from '../linear-algebra/matrix.js'
import type { Random } from '../linear-algebra/random.js'

/** The scores of one part: those of row i of the probes with row j of the references. */
export interface PartScores {
  /** (n, n), row-major */
  readonly scores: Float32Array
  /** whether the element of (i, j) is at (j, i): the part with its sides exchanged */
  readonly transposed: boolean
}

/** Comparisons, each scored by several parts. */
export interface FusionSample {
  readonly parts: number
  /** (n, parts), row-major */
  readonly scores: Float32Array
  /** (n), the weight of a mated comparison, by which identities weigh the same; 0 for a non-mated one */
  readonly mated: Float64Array
}

/** Non-mated comparisons that weights are fitted on, per sample. */
const maxNonMated = 40_000

/**
 * All mated comparisons of different images, and the others, or a sample where they are many.
 *
 * @param parts each of the same n images on both sides
 * @param identity (n), index of the identity of each image
 * @param rows images that take part; all unless given
 */
export function sampleComparisons (
  parts: readonly PartScores[],
  identity: Int32Array,
  random: Random,
  rows: readonly number[] = [...identity.keys()]
): FusionSample {
  const n = identity.length
  const chosen: { i: number, j: number, weight: number }[] = []
  for (const own of rowsByIdentity(identity, rows).values()) {
    const weight = 1 / (own.length * (own.length - 1))
    for (const i of own) for (const j of own) if (i !== j) chosen.push({ i, j, weight })
  }
  if (rows.length ** 2 <= maxNonMated) {
    for (const i of rows) for (const j of rows) if (identity[i] !== identity[j]) chosen.push({ i, j, weight: 0 })
  } else {
    for (let drawn = 0; drawn < maxNonMated; drawn++) {
      const [i, j] = [rows[random.integer(rows.length)]!, rows[random.integer(rows.length)]!]
      if (identity[i] !== identity[j]) chosen.push({ i, j, weight: 0 })
    }
  }
  const scores = new Float32Array(chosen.length * parts.length)
  chosen.forEach(({ i, j }, k) => {
    parts.forEach((part, p) => {
      scores[k * parts.length + p] = part.scores[part.transposed ? j * n + i : i * n + j]!
    })
  })
  return { parts: parts.length, scores, mated: Float64Array.from(chosen, ({ weight }) => weight) }
}

/**
 * The share of mated comparisons that weights are fitted for. A low one fits them where decisions are made, at
 * likelihood ratios of some hundreds, and not where the two kinds are equally likely. On CelebA, over ten pairs of
 * models and three combinations of each, 0.005 was better than 0.05 and 0.5, than Fisher's discriminant and than equal
 * weights, at FMR 1e-3 and 1e-4.
 */
const prior = 0.005
/** On the slopes, in units of the deviation of the scores: it keeps them finite when the kinds are separated. */
const penalty = 1e-6
const maxSteps = 50
const tolerance = 1e-9

/**
 * Weights of some parts, by which the sum of their scores tells mated from non-mated comparisons: those of a
 * prior-weighted logistic regression (Bruemmer and du Preez, Computer Speech and Language 20, 2006). A part that would
 * take away from the sum is left out: a better match in one part never lowers it.
 *
 * @param samples comparisons of both kinds
 * @param parts indices among those of the samples
 * @returns one weight for each, at least 0, of sum 1; equal ones where nothing tells the kinds apart
 */
export function fusionWeights (samples: readonly FusionSample[], parts: readonly number[]): number[] {
  let kept = [...parts]
  while (kept.length > 0) {
    const slopes = fitSlopes(samples, kept)
    if (slopes === undefined) break
    const lowest = slopes.indexOf(Math.min(...slopes))
    if (slopes[lowest]! > 0) {
      const sum = slopes.reduce((total, slope) => total + slope, 0)
      return parts.map(part => kept.includes(part) ? slopes[kept.indexOf(part)]! / sum : 0)
    }
    kept = kept.filter((_, k) => k !== lowest)
  }
  return parts.map(() => 1 / parts.length)
}

/** One column of ones and the standardised scores of the parts, with the weight of each comparison. */
interface Design {
  readonly columns: number
  /** (n, columns), row-major */
  readonly values: Float64Array
  /** (n), positive of mated comparisons, negative of others; either kind adds up to its share */
  readonly weights: Float64Array
  /** (columns), what values are multiplied by to be scores, less their means */
  readonly deviations: readonly number[]
}

/** The slopes of the scores by Newton's method on the convex cost; undefined when a kind is missing. */
function fitSlopes (samples: readonly FusionSample[], parts: readonly number[]): number[] | undefined {
  const design = designOf(samples, parts)
  if (design === undefined) return undefined
  const { columns, deviations } = design
  let reached = costOf(design, new Array<number>(columns).fill(0))
  let found = new Array<number>(columns).fill(0)
  for (let step = 0; step < maxSteps; step++) {
    const { gradient, hessian } = derivativesAt(design, found)
    const factor = new CholeskyDecomposition(new DenseMatrix(hessian))
    if (!factor.isPositiveDefinite()) return undefined
    const direction = factor.solve(DenseMatrix.columnVector(gradient)).to1DArray()
    // Halved until the cost falls: a full step overshoots where the kinds are nearly separated.
    let length = 1
    let next = found.map((value, k) => value - direction[k]!)
    let cost = costOf(design, next)
    while (!(cost <= reached) && length > 1e-6) {
      length /= 2
      next = found.map((value, k) => value - length * direction[k]!)
      cost = costOf(design, next)
    }
    if (!(cost <= reached)) break
    const gain = reached - cost
    found = next
    reached = cost
    if (gain < tolerance * reached) break
  }
  return found.slice(1).map((slope, k) => slope / deviations[k + 1]!)
}

function designOf (samples: readonly FusionSample[], parts: readonly number[]): Design | undefined {
  const columns = parts.length + 1
  const n = samples.reduce((sum, { mated }) => sum + mated.length, 0)
  const values = new Float64Array(n * columns).fill(1)
  const weights = new Float64Array(n)
  let [row, own, others] = [0, 0, 0]
  for (const { parts: all, scores, mated } of samples) {
    for (const [k, weight] of mated.entries()) {
      parts.forEach((part, p) => {
        values[row * columns + p + 1] = scores[k * all + part]!
      })
      weights[row++] = weight > 0 ? weight : -1
      if (weight > 0) own += weight
      else others++
    }
  }
  if (own === 0 || others === 0) return undefined
  for (const [k, weight] of weights.entries()) weights[k] = weight * (weight > 0 ? prior / own : (1 - prior) / others)
  const deviations = [1]
  for (let c = 1; c < columns; c++) {
    const { mean, deviation } = spreadOf(values, c, columns)
    if (!(deviation > 0)) return undefined
    for (let k = c; k < values.length; k += columns) values[k] = (values[k]! - mean) / deviation
    deviations.push(deviation)
  }
  return { columns, values, weights, deviations }
}

function spreadOf (values: Float64Array, column: number, columns: number): { mean: number, deviation: number } {
  const n = values.length / columns
  let [sum, squares] = [0, 0]
  for (let k = column; k < values.length; k += columns) sum += values[k]!
  const mean = sum / n
  for (let k = column; k < values.length; k += columns) squares += (values[k]! - mean) ** 2
  return { mean, deviation: Math.sqrt(squares / n) }
}

/** The log odds of the prior, which the log likelihood ratio is added to. */
const logPrior = Math.log(prior / (1 - prior))

function costOf ({ columns, values, weights }: Design, found: readonly number[]): number {
  let sum = 0
  for (let c = 1; c < columns; c++) sum += penalty * found[c]! ** 2 / 2
  for (const [k, weight] of weights.entries()) {
    let odds = logPrior
    for (let c = 0; c < columns; c++) odds += found[c]! * values[k * columns + c]!
    const x = weight > 0 ? -odds : odds
    sum += Math.abs(weight) * (x > 0 ? x + Math.log1p(Math.exp(-x)) : Math.log1p(Math.exp(x)))
  }
  return sum
}

function derivativesAt (
  { columns, values, weights }: Design,
  found: readonly number[]
): { gradient: number[], hessian: number[][] } {
  const gradient = found.map((value, c) => c === 0 ? 0 : penalty * value)
  const curvature = new Float64Array(columns * columns)
  for (const [k, weight] of weights.entries()) {
    const first = k * columns
    let odds = logPrior
    for (let c = 0; c < columns; c++) odds += found[c]! * values[first + c]!
    const p = 1 / (1 + Math.exp(-odds))
    const slope = weight > 0 ? -weight * (1 - p) : -weight * p
    const bend = Math.abs(weight) * p * (1 - p)
    for (let c = 0; c < columns; c++) {
      gradient[c] = gradient[c]! + slope * values[first + c]!
      const scaled = bend * values[first + c]!
      for (let d = 0; d <= c; d++) {
        curvature[c * columns + d] = curvature[c * columns + d]! + scaled * values[first + d]!
      }
    }
  }
  const hessian = found.map((_, c) =>
    found.map((_, d) =>
      curvature[Math.max(c, d) * columns + Math.min(c, d)]! + (c === d ? (c === 0 ? 1e-12 : penalty) : 0)
    )
  )
  return { gradient, hessian }
}

/**
 * Templates of one side of several parts, side by side: inner products of the rows of two sides are the weighted sums
 * of the scores of the parts, `sum of w u.v = (sqrt(w) u).(sqrt(w) v)`.
 *
 * @param parts vectors (n, k of the part), such that inner products of two sides are scores; weights of at least 0
 * @returns (n, sum of k) without the parts of weight 0
 */
export function fuseRows (
  parts: readonly { readonly vectors: TemplateMatrix, readonly weight: number }[]
): TemplateMatrix {
  const kept = parts.filter(({ weight }) => weight > 0)
  const { rows } = parts[0]!.vectors
  const cols = kept.reduce((sum, { vectors }) => sum + vectors.cols, 0)
  const data = new Float32Array(rows * cols) // (n, k), row-major
  let offset = 0
  for (const { vectors, weight } of kept) {
    const factor = Math.sqrt(weight)
    for (let i = 0; i < rows; i++) {
      for (let j = 0; j < vectors.cols; j++) {
        data[i * cols + offset + j] = factor * vectors.data[i * vectors.cols + j]!
      }
    }
    offset += vectors.cols
  }
  return { rows, cols, data }
}
