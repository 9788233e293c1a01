import type { Matrix, Products, TemplateMatrix } from '../linear-algebra/matrix.js'
import { normaliseRows, normaliseRowsInPlace } from '../linear-algebra/normalise.js'

/** The map of one side into a comparison space: `l2(l2(x) weights + bias)`. */
export interface ComparisonSide {
  /** (d, k), row-major; null for templates that are compared as they are */
  readonly weights: TemplateMatrix | null
  /** (k) */
  readonly bias: Float32Array
}

/**
 * Normalises scores by what a template is expected to score against strangers. For a cohort of unit vectors with mean m
 * and covariance S, the score `u.v` of a template u has mean `u.m` and variance `ut S u` (Z-norm in closed form). Both
 * sides enter symmetrically: `(u - mu).(v - mv) / sqrt(sigma(u) sigma(v))`, again a product of two vectors that depend
 * on one template each.
 */
export interface CohortNormalisation {
  /** (k), means of the cohort's source and target vectors in the comparison space */
  readonly meanSource: Float32Array
  readonly meanTarget: Float32Array
  /** (k, k), covariances of the same */
  readonly covarianceSource: TemplateMatrix
  readonly covarianceTarget: TemplateMatrix
  /** multiplies each vector, so that scores of the cohort lie within -1 and 1 */
  readonly scale: number
}

/** Where templates of two models are compared: the score is the inner product of both sides' projections. */
export interface ComparisonSpace {
  readonly source: ComparisonSide
  readonly target: ComparisonSide
  readonly normalisation: CohortNormalisation | null
}

export type SideName = 'source' | 'target'

/**
 * Projects templates of one side into the comparison space.
 *
 * @param templates (n, d), raw or normalised, finite and without zero rows
 * @returns (n, k), such that inner products of the two sides are comparison scores
 * @throws RangeError when the dimensions differ, with both shapes
 */
export async function project (
  space: ComparisonSpace,
  side: SideName,
  templates: TemplateMatrix,
  products: Products
): Promise<TemplateMatrix> {
  const { weights, bias } = space[side]
  const rows = normaliseRows(templates)
  const projected = weights === null ? rows : await products.multiply(rows, weights)
  const { cols, data } = projected
  if (bias.length !== cols) throw new RangeError(`expected templates of ${bias.length} numbers, received ${cols}`)
  for (let i = 0; i < projected.rows; i++) {
    for (let j = 0; j < cols; j++) data[i * cols + j] = data[i * cols + j]! + bias[j]!
  }
  normaliseRowsInPlace(projected)
  if (space.normalisation !== null) await normaliseByCohort(space.normalisation, side, projected, products)
  return projected
}

/**
 * In place: `(u - mean) scale / sqrt(sigma)`, with sigma the deviation of u's scores against the cohort of the other
 * side.
 */
async function normaliseByCohort (
  cohort: CohortNormalisation,
  side: SideName,
  vectors: TemplateMatrix,
  products: Products
): Promise<void> {
  const [mean, covariance] = side === 'source'
    ? [cohort.meanSource, cohort.covarianceTarget]
    : [cohort.meanTarget, cohort.covarianceSource]
  const { rows, cols, data } = vectors
  const spread = await products.multiply(vectors, covariance)
  for (let i = 0; i < rows; i++) {
    let variance = 0
    for (let k = i * cols; k < (i + 1) * cols; k++) variance += data[k]! * spread.data[k]!
    const factor = cohort.scale / Math.max(1e-12, variance) ** 0.25
    for (let j = 0; j < cols; j++) data[i * cols + j] = (data[i * cols + j]! - mean[j]!) * factor
  }
}

/** The side of templates that are compared as they are. */
export function nativeSide (dimension: number): ComparisonSide {
  return { weights: null, bias: new Float32Array(dimension) }
}

/**
 * The side `l2([(l2(x) - mean) W, offset])`. The constant coordinate is the same on both sides. It shortens the
 * projections of templates near the mean, which are those the model knows least about: with offset 0 the score is the
 * cosine of the centred vectors, with a large one it orders pairs as their Euclidean distance does. The mean of an
 * anisotropic space has the same effect by itself.
 *
 * @param mean (d)
 * @param weights (d, k)
 */
export function centredSide (mean: Float64Array, weights: Matrix, offset: number): ComparisonSide {
  const { rows, cols, data } = weights
  const width = offset === 0 ? cols : cols + 1
  const extended = new Float32Array(rows * width) // (d, width), row-major
  const bias = new Float64Array(width)
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < cols; j++) {
      extended[i * width + j] = data[i * cols + j]!
      bias[j] = bias[j]! - mean[i]! * data[i * cols + j]!
    }
  }
  if (offset !== 0) bias[cols] = offset
  return { weights: { rows, cols: width, data: extended }, bias: Float32Array.from(bias) }
}

/**
 * The normalisation of a space by its cohort.
 *
 * @param source (n, k), unit vectors in the comparison space
 * @param target (m, k), the same of the other side
 */
export async function normalisationOf (
  source: TemplateMatrix,
  target: TemplateMatrix,
  products: Products
): Promise<CohortNormalisation> {
  const [a, b] = [await momentsOf(source, products), await momentsOf(target, products)]
  const cohort: CohortNormalisation = {
    meanSource: a.mean,
    meanTarget: b.mean,
    covarianceSource: a.covariance,
    covarianceTarget: b.covariance,
    scale: 1
  }
  const longestOf = async (side: SideName, vectors: TemplateMatrix) => {
    const copy = { ...vectors, data: Float32Array.from(vectors.data) }
    await normaliseByCohort(cohort, side, copy, products)
    let longest = 0
    for (let i = 0; i < copy.rows; i++) {
      let square = 0
      for (let k = i * copy.cols; k < (i + 1) * copy.cols; k++) square += copy.data[k]! * copy.data[k]!
      longest = Math.max(longest, square)
    }
    return Math.sqrt(longest)
  }
  // By Cauchy-Schwarz no two templates of the cohort score above 1.
  return { ...cohort, scale: 1 / Math.sqrt(await longestOf('source', source) * await longestOf('target', target)) }
}

async function momentsOf (
  vectors: TemplateMatrix,
  products: Products
): Promise<{ mean: Float32Array, covariance: TemplateMatrix }> {
  const { rows, cols } = vectors
  const mean = new Float64Array(cols)
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < cols; j++) mean[j] = mean[j]! + vectors.data[i * cols + j]! / rows
  }
  const centred = { rows, cols, data: vectors.data.map((value, k) => value - mean[k % cols]!) }
  const gram = await products.multiply(centred, centred, { transposeA: true })
  return { mean: Float32Array.from(mean), covariance: { ...gram, data: gram.data.map(value => value / rows) } }
}
