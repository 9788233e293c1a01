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
import { centredGram, meanOfRows } from '../alignment/statistics.js'
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
const maxCalibrationRows = 4000
/**
 * Little shrinkage is tried first: strangers give themselves away in the directions in which the space hardly varies,
 * and shrinkage fills those. More is chosen where there are too few templates to know these directions.
 */
const shrinkages = [0.005, 0.02, 0.1, 0.3]
const strangeSpaces = 8

/**
 * Computes and calibrates the profile of a space. With two folds by identity, the Gaussian of each is tried on the
 * templates of the other, and on synthetic strangers made of them by a random signed permutation about the mean: they
 * have the same mean, and the same spectrum in other directions. The profile itself is of all templates.
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
  const folds = await Promise.all(
    dealFolds(identities, rows, 2, random).map(async (heldOut, fold, dealt) => ({
      moments: await momentsOf(normalised, dealt[1 - fold]!, products),
      heldOut: selectRows(normalised, limitRows(identities, heldOut, maxCalibrationRows, random))
    }))
  )

  let best: { shrinkage: number, gap: number, trials: Trial[] } | undefined
  for (const shrinkage of shrinkages) {
    const trials: Trial[] = []
    for (const { moments, heldOut } of folds) {
      const gaussian = await gaussianOf(moments, shrinkage, products)
      if (gaussian !== undefined) trials.push(await tryOut(gaussian, heldOut, createRandom(seed), products))
    }
    if (trials.length < folds.length) continue
    const gap = Math.min(
      ...trials.map(
        ({ own, strangers }) =>
          orderStatistic(sorted(strangers.flatMap(values => [...values])), 0.01) - orderStatistic(sorted(own), 0.99)
      )
    )
    if (best === undefined || gap > best.gap) best = { shrinkage, gap, trials }
  }
  if (best === undefined) return undefined
  const gaussian = await gaussianOf(await momentsOf(normalised, rows, products), best.shrinkage, products)
  if (gaussian === undefined) return undefined

  const own = Float64Array.from(best.trials.flatMap(trial => [...trial.own]))
  const strangers = best.trials.flatMap(trial => trial.strangers)
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

interface Moments {
  readonly mean: Float64Array /** (d, d) */
  readonly covariance: Matrix
}
interface Gaussian {
  readonly mean: Float32Array
  readonly whitening: TemplateMatrix
  readonly logDeterminant: number
}
interface Trial {
  readonly own: Float64Array
  readonly strangers: Float64Array[]
}

async function momentsOf (normalised: TemplateMatrix, rows: readonly number[], products: Products): Promise<Moments> {
  const gram = await centredGram(normalised, rows, products)
  return {
    mean: meanOfRows(normalised, rows),
    covariance: { ...gram, data: gram.data.map(value => value / rows.length) }
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
  const own = await statistics(heldOut)
  const strangers: Float64Array[] = []
  for (let space = 0; space < strangeSpaces; space++) {
    const rows = Array.from(
      { length: Math.ceil((heldOut.rows - space) / strangeSpaces) },
      (_, i) => space + i * strangeSpaces
    )
    strangers.push(await statistics(strangersOf(selectRows(heldOut, rows), gaussian.mean, random)))
  }
  return { own, strangers }
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

const sorted = (values: ArrayLike<number>) => Float64Array.from(values).sort()
