import { dot } from '../linear-algebra/sums.js'
import type { Matrix, Products } from '../linear-algebra/matrix.js'
import type { CentredMoments } from './statistics.js'

/**
 * How widely translated templates spread about the mean of the target: as fitted, or as the target's own templates do.
 * Or `centred`, without that mean: a translated template is a direction about it. The mean that all native templates
 * share then adds nothing to a score.
 */
export const spreads = ['fitted', 'restored', 'centred'] as const
export type Spread = typeof spreads[number]

/**
 * Scales weights so that translated templates have the total variance of the target's own.
 *
 *     g^2 = tr(Bt B) / tr(Wt At A W),   tr(Bt B) = n (1 - ||mean_target||^2)
 *
 * The latter holds because the rows of B had norm 1 before they were centred. A regression predicts what the source
 * knows about the target, which spreads less than the target does; Procrustes keeps the spread of the source. With too
 * little spread about a mean of some length all translated templates look alike; with too much, the mean that the
 * target's own templates share is lost. Cosines see that, least squares does not. Where the target's mean is near zero
 * g changes nothing.
 *
 * @param weights (dSource, dTarget)
 * @returns (dSource, dTarget)
 */
export async function restoreSpread (
  weights: Matrix,
  { pairs, meanTarget, gram }: CentredMoments,
  products: Products
): Promise<Matrix> {
  const translated = dot((await products.multiply(gram, weights)).data, weights.data) // tr(Wt At A W)
  const own = pairs * (1 - dot(meanTarget, meanTarget))
  if (!(translated > 0 && own > 0)) return weights
  const gain = Math.sqrt(own / translated)
  return { ...weights, data: weights.data.map(value => gain * value) }
}
