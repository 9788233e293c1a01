import type { AffineMap } from './affine-map.js'
import { toSingle, transpose, type Matrix, type Products, type TemplateMatrix } from '../linear-algebra/matrix.js'

/** Rows whose mean serves as the origin. The mean of all rows would take 60 ms for 50,000 of 512 dimensions. */
const maxOriginRows = 2048

/**
 * The statistics of a set of pairs that the estimators need. They are additive over disjoint sets, so those of a
 * training fold are those of all pairs minus those of the fold left out.
 *
 * Rows enter as `l2(x) - origin`. The origin is near the mean and common to all sets that are added or subtracted.
 * Anisotropic spaces have means of norm 0.9; without it the centring below would cancel most digits.
 */
export interface PairStatistics {
  readonly pairs: number
  readonly originSource: Float64Array
  readonly originTarget: Float64Array
  /** (dSource) and (dTarget), sums of the shifted rows */
  readonly sumSource: Float64Array
  readonly sumTarget: Float64Array
  /** (dSource, dSource), `At A` of the shifted rows */
  readonly gram: Matrix
  /** (dSource, dTarget), `At B` of the shifted rows */
  readonly cross: Matrix
  /** (dTarget, dTarget), `Bt B` of the shifted rows, where it was gathered */
  readonly gramTarget?: Matrix | undefined
}

/** Moments about the exact means of the set: the input of every estimator. */
export interface CentredMoments {
  readonly pairs: number
  /** Means of the normalised rows. */
  readonly meanSource: Float64Array
  readonly meanTarget: Float64Array
  /** (dSource, dSource), `At A` of the centred rows */
  readonly gram: Matrix
  /** (dSource, dTarget), `At B` of the centred rows */
  readonly cross: Matrix
  /** (dTarget, dTarget), `Bt B` of the centred rows, where it was gathered */
  readonly gramTarget?: Matrix | undefined
}

/** Moments of the same pairs in both directions. */
export interface MutualMoments {
  /** source to target */
  readonly forward: CentredMoments
  /** target to source */
  readonly backward: CentredMoments
}

/** Mean of the rows of `indices`, in double precision. */
export function meanOfRows ({ cols, data }: TemplateMatrix, indices: ArrayLike<number>): Float64Array {
  const mean = new Float64Array(cols)
  for (let i = 0; i < indices.length; i++) {
    const offset = indices[i]! * cols
    for (let j = 0; j < cols; j++) mean[j] = mean[j]! + data[offset + j]!
  }
  for (let j = 0; j < cols; j++) mean[j] = mean[j]! / indices.length
  return mean
}

/** A point near the mean of the rows of `indices`, good enough as an origin: the mean of evenly sampled rows. */
export function nearMean (templates: TemplateMatrix, indices: ArrayLike<number>): Float64Array {
  const step = Math.max(1, Math.floor(indices.length / maxOriginRows))
  return meanOfRows(templates, Array.from({ length: Math.ceil(indices.length / step) }, (_, k) => indices[k * step]!))
}

/**
 * Gathers the statistics of some pairs.
 *
 * @param source (n, dSource), normalised rows
 * @param target (n, dTarget), normalised rows
 * @param indices the rows to include
 */
export async function gatherStatistics (
  source: TemplateMatrix,
  target: TemplateMatrix,
  indices: ArrayLike<number>,
  origins: { readonly source: Float64Array, readonly target: Float64Array },
  products: Products
): Promise<PairStatistics> {
  const { sum, sumB, gram, cross } = await products.sumRows(indices, { rows: source, origin: origins.source }, {
    rows: target,
    origin: origins.target
  })
  return {
    pairs: indices.length,
    originSource: origins.source,
    originTarget: origins.target,
    sumSource: sum,
    sumTarget: sumB,
    gram,
    cross
  }
}

/** As `gatherStatistics`, with the Gram matrix of the target too, which takes a third product. */
export async function gatherMutualStatistics (
  source: TemplateMatrix,
  target: TemplateMatrix,
  indices: ArrayLike<number>,
  origins: { readonly source: Float64Array, readonly target: Float64Array },
  products: Products
): Promise<PairStatistics> {
  const forward = await gatherStatistics(source, target, indices, origins, products)
  const { gram } = await products.sumRows(indices, { rows: target, origin: origins.target })
  return { ...forward, gramTarget: gram }
}

/**
 * Moments in both directions.
 * @throws RangeError when the statistics have no Gram matrix of the target
 */
export function mutualMoments (statistics: PairStatistics): MutualMoments {
  const forward = centre(statistics)
  const { pairs, meanSource, meanTarget, gram, cross, gramTarget } = forward
  if (gramTarget === undefined) throw new RangeError('expected statistics with the Gram matrix of the target')
  return {
    forward,
    backward: {
      pairs,
      meanSource: meanTarget,
      meanTarget: meanSource,
      gram: gramTarget,
      cross: transpose(cross),
      gramTarget: gram
    }
  }
}

/**
 * The statistics of the union of disjoint sets.
 * @throws RangeError when there is no set
 */
export function addStatistics (parts: readonly PairStatistics[]): PairStatistics {
  const [first, ...others] = parts
  if (first === undefined) throw new RangeError('expected statistics of at least one set, received none')
  return others.reduce((total, part) => combine(total, part, 1), first)
}

/** The statistics of the pairs of `total` that are not in `part`. */
export function subtractStatistics (total: PairStatistics, part: PairStatistics): PairStatistics {
  return combine(total, part, -1)
}

/**
 * Moments about the set's own means: with m the mean of the shifted rows, `At A - n m mt` and `At B - n m_A m_Bt`.
 * @throws RangeError when the set is empty
 */
export function centre (statistics: PairStatistics): CentredMoments {
  const { pairs: n, sumSource, sumTarget, originSource, originTarget } = statistics
  if (n === 0) throw new RangeError('expected at least one pair, received none')
  const gram = { ...statistics.gram, data: new Float64Array(statistics.gram.data) }
  const cross = { ...statistics.cross, data: new Float64Array(statistics.cross.data) }
  subtractOuter(gram, sumSource, sumSource, n)
  subtractOuter(cross, sumSource, sumTarget, n)
  const gramTarget = statistics.gramTarget &&
    { ...statistics.gramTarget, data: new Float64Array(statistics.gramTarget.data) }
  if (gramTarget !== undefined) subtractOuter(gramTarget, sumTarget, sumTarget, n)
  return {
    pairs: n,
    meanSource: originSource.map((value, j) => value + sumSource[j]! / n),
    meanTarget: originTarget.map((value, j) => value + sumTarget[j]! / n),
    gram,
    cross,
    gramTarget
  }
}

/**
 * Moments of the normalised rows about the origin, for maps without an intercept: `St S + s ot + o st + n o ot`, with S
 * the shifted rows, s their sum and o the origin.
 */
export function aboutOrigin (
  { pairs, sumSource, sumTarget, originSource, originTarget, gram, cross }: PairStatistics
): CentredMoments {
  const shiftedBack = (
    { rows, cols, data }: Matrix,
    [sumLeft, left]: readonly [Float64Array, Float64Array],
    [sumRight, right]: readonly [Float64Array, Float64Array]
  ): Matrix => {
    const moved = new Float64Array(data)
    for (let i = 0; i < rows; i++) {
      for (let j = 0; j < cols; j++) {
        moved[i * cols + j] = moved[i * cols + j]! + sumLeft[i]! * right[j]! + left[i]! * sumRight[j]! +
          pairs * left[i]! * right[j]!
      }
    }
    return { rows, cols, data: moved }
  }
  const source = [sumSource, originSource] as const
  return {
    pairs,
    meanSource: new Float64Array(gram.rows),
    meanTarget: new Float64Array(cross.cols),
    gram: shiftedBack(gram, source, source),
    cross: shiftedBack(cross, source, [sumTarget, originTarget])
  }
}

/** The map of these moments and weights, in single precision as it is stored and applied. */
export function toAffineMap (moments: CentredMoments, weights: Matrix): AffineMap {
  return {
    weights: toSingle(weights),
    meanSource: Float32Array.from(moments.meanSource),
    meanTarget: Float32Array.from(moments.meanTarget)
  }
}

/**
 * `At A` of the rows of `indices`, centred by their own mean.
 * @returns (d, d)
 */
export async function centredGram (
  templates: TemplateMatrix,
  indices: ArrayLike<number>,
  products: Products
): Promise<Matrix> {
  const { sum, gram } = await products.sumRows(indices, { rows: templates, origin: nearMean(templates, indices) })
  subtractOuter(gram, sum, sum, indices.length)
  return gram
}

function combine (a: PairStatistics, b: PairStatistics, sign: 1 | -1): PairStatistics {
  const sum = (x: Float64Array, y: Float64Array) => addTo(new Float64Array(x), y, sign)
  return {
    pairs: a.pairs + sign * b.pairs,
    originSource: a.originSource,
    originTarget: a.originTarget,
    sumSource: sum(a.sumSource, b.sumSource),
    sumTarget: sum(a.sumTarget, b.sumTarget),
    gram: { ...a.gram, data: sum(a.gram.data, b.gram.data) },
    cross: { ...a.cross, data: sum(a.cross.data, b.cross.data) },
    gramTarget: a.gramTarget && b.gramTarget &&
      { ...a.gramTarget, data: sum(a.gramTarget.data, b.gramTarget.data) }
  }
}

function addTo (sums: Float64Array, values: Float64Array, factor: number): Float64Array {
  for (let k = 0; k < sums.length; k++) sums[k] = sums[k]! + factor * values[k]!
  return sums
}

function subtractOuter ({ rows, cols, data }: Matrix, left: Float64Array, right: Float64Array, divisor: number): void {
  for (let i = 0; i < rows; i++) {
    const factor = left[i]! / divisor
    for (let j = 0; j < cols; j++) data[i * cols + j] = data[i * cols + j]! - factor * right[j]!
  }
}
