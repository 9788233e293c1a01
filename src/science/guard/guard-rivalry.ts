import { sumOfSquares } from '../linear-algebra/sums.js'
import { trace, type Matrix, type Products, type TemplateMatrix } from '../linear-algebra/matrix.js'
import { testFor } from './guard-calibration.js'
import { statisticOf, type ProfileSummary, type SpaceProfile } from './guard-profile.js'

/** Log-likelihood of a template under a space, in nats, up to a constant of the dimension. */
export function logLikelihood (squaredDistance: number, logDeterminant: number): number {
  return -0.5 * (squaredDistance + logDeterminant)
}

/** By how many nats another space explains the templates of this one better; usually negative. */
export interface Advantage {
  readonly mean: number
  readonly standardDeviation: number
  /** Squared Mahalanobis distance in the other space, on average. */
  readonly squaredDistance: number
  /** see `correlationOf` */
  readonly correlation: number
}

/**
 * The log-likelihood ratio of another space against this one over templates of this one. Two recipes of one model can
 * be so alike that the sign of the ratio says nothing; these moments tell how large it gets by chance.
 *
 * With z = (u - m) W whitened here, the other space sees z M + b, M = W^-1 W', b = (m - m') W'. Templates of the space
 * are modelled as z = sqrt(t) g with g standard normal, and t with the mean and variance that held-out identities
 * showed: they lie farther out than those that the covariance was computed from. Given t, the ratio (|z|^2 - |z M +
 * b|^2 + ln det C - ln det C') / 2 is a quadratic form with mean (t (d - |M|^2) - |b|^2 + ln det C - ln det C') / 2 and
 * variance t^2 |I - M Mt|^2 / 2 + t |M b|^2.
 *
 * @throws RangeError when the dimensions differ
 */
export async function advantageOf (other: SpaceProfile, own: SpaceProfile, products: Products): Promise<Advantage> {
  const d = own.mean.length
  const inverse = invertUpper(own.whitening)
  const correlation = correlationOf(
    await products.multiply(inverse, inverse, { transposeA: true }),
    await covarianceOf(other, products)
  )
  const seen = Float64Array.from(other.whitening.data)
  const M = await products.multiply(inverse, { rows: other.mean.length, cols: other.mean.length, data: seen })
  const shift: Matrix = { rows: 1, cols: d, data: Float64Array.from(own.mean, (value, j) => value - other.mean[j]!) }
  const b = await products.multiply(shift, { rows: d, cols: d, data: seen })
  const Mb = await products.multiply(M, b, { transposeB: true })
  const difference = (
    await products.multiply(M, M, { transposeB: true })
  ).data.map((value, k) => (k % (d + 1) === 0 ? 1 : 0) - value)

  const { mean: t, variance } = own.summary.dispersion
  // The variance that the chi-square distribution does not explain.
  const spread = Math.max(0, variance - 2 * t * t / d)
  const squaredM = sumOfSquares(M.data)
  const excess = d - squaredM
  const logDeterminants = own.summary.logDeterminant - other.summary.logDeterminant
  return {
    correlation,
    mean: 0.5 * (t * d - squaredM - sumOfSquares(b.data) + logDeterminants),
    squaredDistance: squaredM + sumOfSquares(b.data),
    standardDeviation: Math.sqrt(
      0.5 * (t * t + spread) * sumOfSquares(difference) + t * sumOfSquares(Mb.data) + 0.25 * spread * excess * excess
    )
  }
}

/**
 * The threshold of the mean log-likelihood ratio of n templates above which another space is likelier: zero, or what
 * templates of the space itself reach by chance, at 1 % for one template and 0.1 % for a batch. Half a standard
 * deviation more allows for the mean of other data.
 */
export function requiredAdvantage ({ mean, standardDeviation }: Advantage, templates: number): number {
  const deviate = templates === 1 ? 2.33 : 3.09
  return Math.max(0, mean + (0.5 + deviate / Math.sqrt(templates)) * standardDeviation)
}

/**
 * Whether another space is of another model, so that templates which are likelier there are foreign. Two recipes of one
 * model, or one model on two data sets, differ as well, and that says more about the people than about the model.
 *
 * It is another model when it rejects the templates of this one, or when what the covariances have beyond a sphere is
 * no more alike than that of two random directions. Where eigenvalues are nearly equal, spaces accept each other's
 * templates. Between CelebA and LFW the correlation of one model with itself is 0.47 to 0.82, and at least 0.08 from 60
 * people a side; that of two models is at most 0.015.
 */
export function isAnotherModel (
  { squaredDistance, correlation }: Advantage,
  { tests }: ProfileSummary,
  d: number
): boolean {
  // The standard deviation of the correlation when one of the two is turned at random.
  const chance = 1 / Math.sqrt((d - 1) * (d + 2) / 2)
  return statisticOf(squaredDistance, d) > testFor(tests, Infinity).threshold ||
    correlation < Math.min(0.5, Math.max(0.05, 3 * chance))
}

/** `C = (W^-1)t W^-1` of the whitening W. */
async function covarianceOf ({ whitening }: SpaceProfile, products: Products): Promise<Matrix> {
  const inverse = invertUpper(whitening)
  return await products.multiply(inverse, inverse, { transposeA: true })
}

/** The correlation of two covariances' deviations from the sphere: the cosine of `C - tr(C)/d I` and the other. */
function correlationOf (a: Matrix, b: Matrix): number {
  const [first, second] = [deviationOf(a), deviationOf(b)]
  const product = first.reduce((sum, value, k) => sum + value * second[k]!, 0)
  return product / Math.sqrt(Math.max(Number.MIN_VALUE, sumOfSquares(first) * sumOfSquares(second)))
}

function deviationOf (covariance: Matrix): Float64Array {
  const d = covariance.rows
  const variance = trace(covariance) / d
  return covariance.data.map((value, k) => k % (d + 1) === 0 ? value - variance : value)
}

/** Inverse of an upper triangular matrix, by back substitution on the rows of I. */
function invertUpper ({ rows: n, data }: TemplateMatrix): Matrix {
  const inverse = new Float64Array(n * n) // (n, n), row-major, upper triangle
  for (let i = 0; i < n; i++) {
    const row = inverse.subarray(i * n, (i + 1) * n)
    row[i] = 1
    // Row i of X solves x U = e_i. Column by column, each element found is subtracted from the columns to its right.
    for (let j = i; j < n; j++) {
      const value = row[j]! / data[j * n + j]!
      row[j] = value
      for (let k = j + 1; k < n; k++) row[k] = row[k]! - value * data[j * n + k]!
    }
  }
  return { rows: n, cols: n, data: inverse }
}
