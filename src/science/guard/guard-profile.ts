import { mean } from '../linear-algebra/sums.js'
import { orderStatistic } from '../linear-algebra/quantile.js'
import { closed } from '../schemas.js'
import { Type, type Static } from 'typebox'
import { factorise, solve } from '../linear-algebra/cholesky.js'
import { countIdentities, dealFolds, indexIdentities, limitRows } from '../linear-algebra/identities.js'
import {
  selectRows,
  toSingle,
  trace,
  type Matrix,
  type Products,
  type TemplateMatrix
} from '../linear-algebra/matrix.js'
import { normaliseRows, normaliseRowsInPlace } from '../linear-algebra/normalise.js'
import { createRandom, type Random } from '../linear-algebra/random.js'
import { nearMean } from '../alignment/statistics.js'
import { calibrateGuard, GuardTest } from './guard-calibration.js'
import { squaredDistances, whiteningOf } from './mahalanobis.js'

/** What is known about a space besides its mean and covariance. */
export const ProfileSummary = Type.Object({
  schemaVersion: Type.Literal(1, { description: 'Version of this schema' }),
  templates: Type.Integer({ minimum: 1, description: 'Templates the profile was computed from' }),
  identities: Type.Integer({ minimum: 1, description: 'Identities among them' }),
  shrinkage: Type.Number({ description: 'g of the covariance (1 - g) C + g trace(C) / d I' }),
  logDeterminant: Type.Number({ description: 'Natural logarithm of the determinant of that covariance' }),
  dispersion: Type.Object({
    mean: Type.Number({ description: 'Mean' }),
    variance: Type.Number({ description: 'Variance' })
  }, { ...closed, description: 'Of squared Mahalanobis distance / dimension, over held-out identities' }),
  norm: Type.Object({
    low: Type.Number({ description: '0.5 % of the norms are lower' }),
    median: Type.Number({ description: 'Median' }),
    high: Type.Number({ description: '0.5 % of the norms are higher' })
  }, { ...closed, description: 'Of the templates before they are normalised' }),
  tests: Type.Array(GuardTest, { minItems: 1, description: 'Thresholds by size of batch' })
}, { ...closed, description: 'How the profile of a space was calibrated' })
export type ProfileSummary = Static<typeof ProfileSummary>

/** What the templates of a space look like: a Gaussian, and how far from it its own templates lie. */
export interface SpaceProfile {
  /** (d), of the normalised templates */
  readonly mean: Float32Array
  /** (d, d), upper triangular, see `Whitening` */
  readonly whitening: TemplateMatrix
  readonly summary: ProfileSummary
}

/** With fewer there is nothing to hold out for calibration. */
const minTemplates = 50
const minIdentities = 20
/** Maximum rows that the covariance is computed from, and that it is calibrated on. */
const maxRows = 20_000
const maxCalibrationRows = 8000
/**
 * Held-out templates lie the farther out the fewer templates the Gaussian was computed from. With two folds, of half of
 * them, thresholds were so high that spaces with nearly equal eigenvalues passed for each other.
 */
const foldCount = 10
/**
 * Held-out templates that the shrinkage is chosen by, in at least three folds. A Gaussian of 1,024 dimensions takes
 * 0.2 s; all shrinkages in ten folds would take 10 s.
 */
const minChoosingRows = 300
const minChoosingFolds = 3
/**
 * Little shrinkage is tried first: strangers give themselves away in the directions in which the space hardly varies,
 * and shrinkage fills those. More is chosen where there are too few templates to know these directions.
 */
const shrinkages = [0.005, 0.02, 0.1, 0.3]

/**
 * Computes and calibrates the profile of a space. With ten folds by identity, the Gaussian of templates outside each
 * is tried on those of the fold, and on synthetic strangers made of them by a random signed permutation about the mean.
 * They have the same mean, and the same spectrum in other directions. The profile itself is of all templates.
 *
 * @param templates (n, d), as the model gave them, finite and without zero rows
 * @param labels (n), identities; null where unknown
 * @param samples (n), unique
 * @returns undefined when there are fewer than 50 templates or 20 identities, or they do not vary
 */
export async function fitProfile (
  templates: TemplateMatrix,
  labels: readonly (string | null)[],
  samples: readonly string[],
  seed: number,
  products: Products
): Promise<SpaceProfile | undefined> {
  const identities = indexIdentities(labels, samples)
  if (templates.rows < minTemplates || identities.rows.length < minIdentities) return undefined
  const random = createRandom(seed)
  const normalised = normaliseRows(templates)
  const rows = limitRows(identities, samples.map((_, row) => row), maxRows, random)
  const folds = dealFolds(identities, rows, foldCount, random)
  const origin = nearMean(normalised, rows)
  const parts: RowSums[] = []
  for (const fold of folds) parts.push(await sumsOf(normalised, fold, origin, products))
  const total = parts.reduce((sum, part) => combine(sum, part, 1))
  const heldOut = folds.map(fold =>
    selectRows(normalised, limitRows(identities, fold, Math.ceil(maxCalibrationRows / folds.length), random))
  )

  const trialOf = async (shrinkage: number, k: number): Promise<Trial | undefined> => {
    const gaussian = await gaussianOf(momentsOf(combine(total, parts[k]!, -1), origin), shrinkage, products)
    return gaussian && await tryOut(gaussian, heldOut[k]!, createRandom(seed + k), products)
  }
  const trialsOf = async (shrinkage: number, of: readonly number[]): Promise<Trial[] | undefined> => {
    const trials: Trial[] = []
    for (const k of of) {
      const trial = await trialOf(shrinkage, k)
      if (trial === undefined) return undefined
      trials.push(trial)
    }
    return trials
  }

  const choosing = enough(heldOut)
  let best: { shrinkage: number, gap: number, trials: Trial[] } | undefined
  for (const shrinkage of shrinkages) {
    const trials = await trialsOf(shrinkage, choosing)
    if (trials === undefined) continue
    const gap = orderStatistic(sorted(pooled(trials.map(({ strangers }) => strangers))), 0.01) -
      orderStatistic(sorted(pooled(trials.map(({ own }) => own))), 0.99)
    if (best === undefined || gap > best.gap) best = { shrinkage, gap, trials }
  }
  if (best === undefined) return undefined
  const rest = await trialsOf(best.shrinkage, folds.map((_, k) => k).slice(choosing.length))
  const gaussian = await gaussianOf(momentsOf(total, origin), best.shrinkage, products)
  if (rest === undefined || gaussian === undefined) return undefined
  const trials = [...best.trials, ...rest]

  const own = pooled(trials.map(trial => trial.own))
  const strangers = trials.map(trial => trial.strangers)
  return {
    mean: gaussian.mean,
    whitening: gaussian.whitening,
    summary: {
      schemaVersion: 1,
      templates: rows.length,
      identities: countIdentities(identities, rows),
      shrinkage: best.shrinkage,
      logDeterminant: gaussian.logDeterminant,
      dispersion: momentsOfRatios(own.map(Math.exp)),
      norm: norms(templates),
      tests: calibrateGuard(own, strangers, random)
    }
  }
}

/**
 * The statistic of one template: ln(squared Mahalanobis distance / dimension). A single outlier hardly moves its mean
 * over a batch.
 */
export function statisticOf (squaredDistance: number, dimension: number): number {
  return Math.log(Math.max(squaredDistance, Number.MIN_VALUE) / dimension)
}

/** Sums of some rows `l2(x) - origin`, additive over disjoint sets. */
interface RowSums {
  readonly rows: number
  /** (d) */
  readonly sum: Float64Array
  /** (d, d) */
  readonly gram: Matrix
}
interface Moments {
  readonly mean: Float64Array
  /** (d, d) */
  readonly covariance: Matrix
}
/** The first folds that have enough rows to choose by. */
function enough (folds: readonly TemplateMatrix[]): number[] {
  const chosen: number[] = []
  let rows = 0
  for (const [k, fold] of folds.entries()) {
    if (chosen.length >= minChoosingFolds && rows >= minChoosingRows) break
    chosen.push(k)
    rows += fold.rows
  }
  return chosen
}

interface Gaussian {
  readonly mean: Float32Array
  readonly whitening: TemplateMatrix
  readonly logDeterminant: number
}
interface Trial {
  readonly own: Float64Array
  readonly strangers: Float64Array
}

async function sumsOf (
  normalised: TemplateMatrix,
  rows: readonly number[],
  origin: Float64Array,
  products: Products
): Promise<RowSums> {
  return { rows: rows.length, ...await products.sumRows(rows, { rows: normalised, origin }) }
}

function combine (a: RowSums, b: RowSums, sign: 1 | -1): RowSums {
  return {
    rows: a.rows + sign * b.rows,
    sum: a.sum.map((value, j) => value + sign * b.sum[j]!),
    gram: { ...a.gram, data: a.gram.data.map((value, k) => value + sign * b.gram.data[k]!) }
  }
}

/** With s the sum of the shifted rows: `origin + s / n` and `(G - s st / n) / n`. */
function momentsOf ({ rows, sum, gram }: RowSums, origin: Float64Array): Moments {
  const d = sum.length
  const covariance = new Float64Array(d * d) // (d, d), row-major
  for (let i = 0; i < d; i++) {
    for (let j = 0; j < d; j++) {
      covariance[i * d + j] = (gram.data[i * d + j]! - sum[i]! * sum[j]! / rows) / rows
    }
  }
  return {
    mean: origin.map((value, j) => value + sum[j]! / rows),
    covariance: { rows: d, cols: d, data: covariance }
  }
}

/** `C = L Lt` of the shrunk covariance; `C^-1 L = L^-t`. */
async function gaussianOf (
  { mean, covariance }: Moments,
  shrinkage: number,
  products: Products
): Promise<Gaussian | undefined> {
  const d = covariance.rows
  const variance = trace(covariance) / d
  const shrunk = { ...covariance, data: covariance.data.map(value => (1 - shrinkage) * value) }
  for (let i = 0; i < d; i++) shrunk.data[i * (d + 1)] = shrunk.data[i * (d + 1)]! + shrinkage * variance
  const factor = await factorise(shrunk, products)
  if (!factor.positiveDefinite) return undefined
  const inverse = await solve(factor, factor.lower, products)
  let logDeterminant = 0
  for (let i = 0; i < d; i++) {
    logDeterminant += 2 * Math.log(factor.lower.data[i * (d + 1)]!)
    // Zero except for rounding.
    inverse.data.fill(0, i * d, i * (d + 1))
  }
  return { mean: Float32Array.from(mean), whitening: toSingle(inverse), logDeterminant }
}

async function tryOut (
  gaussian: Gaussian,
  heldOut: TemplateMatrix,
  random: Random,
  products: Products
): Promise<Trial> {
  const whitening = whiteningOf(gaussian)
  const statistics = async (templates: TemplateMatrix) =>
    (await squaredDistances(whitening, templates, products)).map(distance => statisticOf(distance, templates.cols))
  return {
    own: await statistics(heldOut),
    strangers: await statistics(strangersOf(heldOut, gaussian.mean, random))
  }
}

/** Templates as another model with the same mean and spectrum might give them: (n, d), normalised. */
function strangersOf (templates: TemplateMatrix, mean: Float32Array, random: Random): TemplateMatrix {
  const { rows, cols } = templates
  const order = random.shuffle(Array.from({ length: cols }, (_, j) => j))
  const signs = order.map(() => random.next() < 0.5 ? -1 : 1)
  const data = new Float32Array(rows * cols)
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < cols; j++) {
      const from = order[j]!
      data[i * cols + j] = mean[j]! + signs[j]! * (templates.data[i * cols + from]! - mean[from]!)
    }
  }
  const strangers = { rows, cols, data }
  normaliseRowsInPlace(strangers)
  return strangers
}

function norms ({ rows, cols, data }: TemplateMatrix): ProfileSummary['norm'] {
  const values = new Float64Array(rows)
  for (let i = 0; i < rows; i++) values[i] = Math.hypot(...data.subarray(i * cols, (i + 1) * cols))
  values.sort()
  return {
    low: orderStatistic(values, 0.005),
    median: orderStatistic(values, 0.5),
    high: orderStatistic(values, 0.995)
  }
}

function momentsOfRatios (ratios: Float64Array): ProfileSummary['dispersion'] {
  const centre = mean(ratios)
  return { mean: centre, variance: mean(ratios.map(value => (value - centre) ** 2)) }
}

const sorted = (values: Float64Array) => values.sort()
const pooled = (parts: readonly Float64Array[]) => Float64Array.from(parts.flatMap(values => [...values]))
