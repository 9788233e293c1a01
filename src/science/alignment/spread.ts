import { dot } from '../linear-algebra/sums.js'
import type { Matrix, Products } from '../linear-algebra/matrix.js'
import type { CentredMoments } from './statistics.js'

/**
 * How widely translated templates spread about the mean of the target: as the estimator has it, or as the target's own
 * do.
 */
export const spreads = ['fitted', 'restored'] as const
export type Spread = typeof spreads[number]

/**
 * Weights scaled so that translated templates have the total variance of the target's own.
 *
 *     g^2 = tr(Bt B) / tr(Wt At A W),   tr(Bt B) = n (1 - ||mean_target||^2)
 *
 * the latter because the rows of B were of norm 1 before they were centred. A regression predicts what the source knows
 * of the target, which spreads less than the target does, and Procrustes keeps the spread of the source: with little of
 * it about a mean of some length all translated templates look alike, with too much the mean that the target's own
 * share is lost. Cosines see that, least squares does not; where the target's mean is near zero g changes nothing.
 *
 * @param weights (dSource, dTarget)
 * @returns (dSource, dTarget)
 */
export async function restoreSpread (
  weights: Matrix, { pairs, meanTarget, gram }: CentredMoments, products: Products
): Promise<Matrix> {
  const translated = dot((await products.multiply(gram, weights)).data, weights.data) // tr(Wt At A W)
  const own = pairs * (1 - dot(meanTarget, meanTarget))
  if (!(translated > 0 && own > 0)) return weights
  const gain = Math.sqrt(own / translated)
  return { ...weights, data: weights.data.map(value => gain * value) }
}
