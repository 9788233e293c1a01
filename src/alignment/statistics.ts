import type { AffineMap } from './affine-map.js'
import { toSingle, type Matrix, type Products, type TemplateMatrix } from './matrix.js'

/** Rows taken to double precision at once: bounds the copy to 32 MB at 1024 dimensions. */
const rowBlock = 4096

/**
 * What the estimators need to know of a set of pairs. Additive over disjoint sets, so that the statistics of a training
 * fold are those of all pairs minus those of the fold left out.
 *
 * Rows enter as `l2(x) - origin`. The origin is near the mean and the same for all sets that are added or subtracted:
 * anisotropic spaces have means of norm 0.9, and without it the centring below would cancel most digits.
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
}

/** The moments about the means of the set itself, exactly: what every estimator is written in. */
export interface CentredMoments {
  readonly pairs: number
  /** Means of the normalised rows. */
  readonly meanSource: Float64Array
  readonly meanTarget: Float64Array
  /** (dSource, dSource), `At A` of the centred rows */
  readonly gram: Matrix
  /** (dSource, dTarget), `At B` of the centred rows */
  readonly cross: Matrix
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

/**
 * Gathers the statistics of some pairs.
 *
 * @param source (n, dSource), normalised rows
 * @param target (n, dTarget), normalised rows
 * @param indices the rows that count
 */
export async function gatherStatistics (
  source: TemplateMatrix, target: TemplateMatrix, indices: ArrayLike<number>,
  origins: { readonly source: Float64Array, readonly target: Float64Array }, products: Products
): Promise<PairStatistics> {
  const sumSource = new Float64Array(source.cols)
  const sumTarget = new Float64Array(target.cols)
  const gram = zeros(source.cols, source.cols)
  const cross = zeros(source.cols, target.cols)
  for (let start = 0; start < indices.length; start += rowBlock) {
    const end = Math.min(indices.length, start + rowBlock)
    const A = shiftedRows(source, indices, start, end, origins.source)
    const B = shiftedRows(target, indices, start, end, origins.target)
    addColumnSums(A, sumSource)
    addColumnSums(B, sumTarget)
    addTo(gram.data, (await products.multiply(A, A, { transposeA: true })).data, 1)
    addTo(cross.data, (await products.multiply(A, B, { transposeA: true })).data, 1)
  }
  return { pairs: indices.length, originSource: origins.source, originTarget: origins.target, sumSource, sumTarget, gram, cross }
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
  const gram = { ...statistics.gram, data: Float64Array.from(statistics.gram.data) }
  const cross = { ...statistics.cross, data: Float64Array.from(statistics.cross.data) }
  subtractOuter(gram, sumSource, sumSource, n)
  subtractOuter(cross, sumSource, sumTarget, n)
  return {
    pairs: n,
    meanSource: originSource.map((value, j) => value + sumSource[j]! / n),
    meanTarget: originTarget.map((value, j) => value + sumTarget[j]! / n),
    gram,
    cross
  }
}

/** The map of these moments with these weights, in single precision as it is stored and applied. */
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
export async function centredGram (templates: TemplateMatrix, indices: ArrayLike<number>, products: Products): Promise<Matrix> {
  const mean = meanOfRows(templates, indices)
  const gram = zeros(templates.cols, templates.cols)
  for (let start = 0; start < indices.length; start += rowBlock) {
    const rows = shiftedRows(templates, indices, start, Math.min(indices.length, start + rowBlock), mean)
    addTo(gram.data, (await products.multiply(rows, rows, { transposeA: true })).data, 1)
  }
  return gram
}

function combine (a: PairStatistics, b: PairStatistics, sign: 1 | -1): PairStatistics {
  const sum = (x: Float64Array, y: Float64Array) => addTo(Float64Array.from(x), y, sign)
  return {
    pairs: a.pairs + sign * b.pairs,
    originSource: a.originSource,
    originTarget: a.originTarget,
    sumSource: sum(a.sumSource, b.sumSource),
    sumTarget: sum(a.sumTarget, b.sumTarget),
    gram: { ...a.gram, data: sum(a.gram.data, b.gram.data) },
    cross: { ...a.cross, data: sum(a.cross.data, b.cross.data) }
  }
}

function shiftedRows ({ cols, data }: TemplateMatrix, indices: ArrayLike<number>, start: number, end: number, origin: Float64Array): Matrix {
  const shifted = new Float64Array((end - start) * cols) // (end - start, cols), row-major
  for (let i = start; i < end; i++) {
    const from = indices[i]! * cols
    const to = (i - start) * cols
    for (let j = 0; j < cols; j++) shifted[to + j] = data[from + j]! - origin[j]!
  }
  return { rows: end - start, cols, data: shifted }
}

function addColumnSums ({ rows, cols, data }: Matrix, sums: Float64Array): void {
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < cols; j++) sums[j] = sums[j]! + data[i * cols + j]!
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

function zeros (rows: number, cols: number): Matrix {
  return { rows, cols, data: new Float64Array(rows * cols) }
}
