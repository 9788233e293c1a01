import type { Matrix, Products, TemplateMatrix } from '../linear-algebra/matrix.js'
import { normaliseRows, normaliseRowsInPlace } from '../linear-algebra/normalise.js'
import { orderStatistic } from '../linear-algebra/quantile.js'

/**
 * The map of one side into a comparison space: `l2(l2(x) weights + bias)`, with a floor `l2(raised(l2(x) weights +
 * bias))`.
 */
export interface ComparisonSide {
  /** (d, k), row-major; null for templates that are compared as they are */
  readonly weights: TemplateMatrix | null
  /** (k) */
  readonly bias: Float32Array
  /** missing from spaces that were fitted before there was one */
  readonly floor?: LengthFloor | undefined
}

/**
 * The least distance of a projection from what all projections have in common. Nearer ones are moved away to it.
 * Without a floor what is in common dominates a template near the mean, such as the average of many people, and it
 * scores high against everybody.
 */
export interface LengthFloor {
  /** (k), the constant coordinate of a shared space, or the mean of a native one */
  readonly centre: Float32Array
  readonly length: number
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
 * @throws RangeError when the dimensions differ, with both shapes; or when a template projects exactly to the centre of
 *   the floor, which says nothing
 */
export async function project (
  space: ComparisonSpace,
  side: SideName,
  templates: TemplateMatrix,
  products: Products
): Promise<TemplateMatrix> {
  const { floor } = space[side]
  const projected = await affineRows(space[side], templates, products)
  if (floor !== undefined) raise(projected, floor)
  normaliseRowsInPlace(projected)
  if (space.normalisation !== null) await normaliseByCohort(space.normalisation, side, projected, products)
  return projected
}

/** `l2(x) weights + bias` */
async function affineRows (
  { weights, bias }: ComparisonSide,
  templates: TemplateMatrix,
  products: Products
): Promise<TemplateMatrix> {
  const rows = normaliseRows(templates)
  const projected = weights === null ? rows : await products.multiply(rows, weights)
  const { cols, data } = projected
  if (bias.length !== cols) throw new RangeError(`expected templates of ${bias.length} numbers, received ${cols}`)
  for (let i = 0; i < projected.rows; i++) {
    for (let j = 0; j < cols; j++) data[i * cols + j] = data[i * cols + j]! + bias[j]!
  }
  return projected
}

/** In place: `centre + (p - centre) max(1, length / |p - centre|)`. */
function raise (projected: TemplateMatrix, { centre, length }: LengthFloor): void {
  const { cols, data } = projected
  distancesTo(centre, projected).forEach((distance, row) => {
    if (distance >= length) return
    const factor = length / distance
    for (let j = 0; j < cols; j++) {
      data[row * cols + j] = centre[j]! + (data[row * cols + j]! - centre[j]!) * factor
    }
  })
}

/** (n), Euclidean */
function distancesTo (centre: Float32Array, { rows, cols, data }: TemplateMatrix): Float64Array {
  const distances = new Float64Array(rows)
  for (let i = 0; i < rows; i++) {
    let sum = 0
    for (let j = 0; j < cols; j++) sum += (data[i * cols + j]! - centre[j]!) ** 2
    distances[i] = Math.sqrt(sum)
  }
  return distances
}

/**
 * A projection shorter than this share of the floor is of no template of the model. Between CelebA and LFW it is below
 * one template in a thousand, and above every average of ten people of dlib128 or forty of faceres1024 (`npm run report
 * -- attacks`).
 */
export const shortShare = 0.9

/** Templates of the fitting set that project nearer to the centre than the floor. */
const flooredShare = 0.01

/**
 * The side with a floor at the first percentile of the fitting set's distances from the centre. Between CelebA and LFW,
 * for six pairs of models, it costs at most 0.0005 of the TMR at FMR 1e-3. The average of 200 people of dlib128 matches
 * 4 times as many people of r512 as FMR 1e-2 allows, where it matched 31 times as many (`npm run report -- attacks`).
 *
 * @param templates (n, d), of the fitting set
 */
export async function withFloor (
  side: ComparisonSide,
  centre: Float32Array,
  templates: TemplateMatrix,
  products: Products
): Promise<ComparisonSide> {
  const distances = distancesTo(centre, await affineRows(side, templates, products)).sort()
  return { ...side, floor: { centre, length: Math.fround(orderStatistic(distances, flooredShare)) } }
}

/**
 * The space with floors that hold for people who fitted nothing. A space of many dimensions that was fitted on few
 * people projects others shorter: fitted on 300 templates of 512 dimensions that vary alike, it left every template of
 * others below 0.9 of the floor. So the first percentile of unseen templates counts, each measured against the floor of
 * the space that was fitted without it. A floor is only lowered: where unseen templates are longer it stays.
 *
 * @param unseen spaces of the same kind, each with templates of people that it was not fitted on
 */
export async function lowerFloors (
  space: ComparisonSpace,
  unseen: readonly {
    readonly space: ComparisonSpace
    readonly templates: Readonly<Record<SideName, TemplateMatrix>>
  }[],
  products: Products
): Promise<ComparisonSpace> {
  const lowered = async (name: SideName): Promise<ComparisonSide> => {
    const { floor, ...side } = space[name]
    if (floor === undefined) return side
    const shares: number[] = []
    for (const { space: { [name]: other }, templates } of unseen) {
      const { centre, length } = other.floor!
      const distances = distancesTo(centre, await affineRows(other, templates[name], products))
      shares.push(...distances.map(distance => distance / length))
    }
    const share = orderStatistic(shares.sort((a, b) => a - b), flooredShare)
    return { ...side, floor: { ...floor, length: Math.fround(floor.length * Math.min(1, share)) } }
  }
  return { ...space, source: await lowered('source'), target: await lowered('target') }
}

/** A space with floors as long as another's of the same kind, and without where that has none. */
export function withFloorsOf (space: ComparisonSpace, other: ComparisonSpace): ComparisonSpace {
  const floored = (name: SideName): ComparisonSide => {
    const { floor, ...side } = space[name]
    const length = other[name].floor?.length
    return floor === undefined || length === undefined ? side : { ...side, floor: { ...floor, length } }
  }
  return { ...space, source: floored('source'), target: floored('target') }
}

/** Smaller variances of a template's scores are raised to this one, so that the factor stays finite. */
export const minVariance = 1e-12

/** What the normalisation does to one side: `(u - mean) scale / max(minVariance, ut covariance u)^(1/4)`. */
export function cohortOf (
  { meanSource, meanTarget, covarianceSource, covarianceTarget, scale }: CohortNormalisation,
  side: SideName
): { readonly mean: Float32Array, readonly covariance: TemplateMatrix, readonly scale: number } {
  return side === 'source'
    ? { mean: meanSource, covariance: covarianceTarget, scale }
    : { mean: meanTarget, covariance: covarianceSource, scale }
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
  const { mean, covariance } = cohortOf(cohort, side)
  const { rows, cols, data } = vectors
  const spread = await products.multiply(vectors, covariance)
  for (let i = 0; i < rows; i++) {
    let variance = 0
    for (let k = i * cols; k < (i + 1) * cols; k++) variance += data[k]! * spread.data[k]!
    const factor = cohort.scale / Math.max(minVariance, variance) ** 0.25
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
