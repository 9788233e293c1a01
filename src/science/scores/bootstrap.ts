import { mean } from '../linear-algebra/sums.js'
import { quantile } from '../linear-algebra/quantile.js'
import { createRandom } from '../linear-algebra/random.js'

export const resamples = 500

/** A 95 % interval. */
export interface Interval {
  readonly lower: number
  readonly upper: number
}

/**
 * Percentile intervals of the mean over identities (Efron 1979; Bolle, Ratha and Pankanti, "Error analysis of pattern
 * recognition systems: the subsets bootstrap", 2004). Comparisons share subjects, so identities are resampled, not
 * comparisons. All quantities use the same resamples, which makes their intervals consistent.
 *
 * @param perIdentity for each quantity, one value per identity
 * @param seed of the resamples
 * @returns one interval per quantity, which contains the mean itself
 */
export function bootstrapMeans (perIdentity: readonly Float64Array[], seed: number): Interval[] {
  const identities = perIdentity[0]?.length ?? 0
  if (identities === 0) throw new RangeError('expected at least one identity, received none')
  const random = createRandom(seed)
  const means = perIdentity.map(() => new Float64Array(resamples))
  const draws = new Int32Array(identities)
  for (let b = 0; b < resamples; b++) {
    for (let k = 0; k < identities; k++) draws[k] = random.integer(identities)
    perIdentity.forEach((values, q) => {
      let sum = 0
      for (let k = 0; k < identities; k++) sum += values[draws[k]!]!
      means[q]![b] = sum / identities
    })
  }
  return perIdentity.map((values, q) => {
    const sorted = means[q]!.sort()
    const centre = mean(values)
    // Only by chance does the mean lie outside its own percentile interval.
    return { lower: Math.min(centre, quantile(sorted, 0.025)), upper: Math.max(centre, quantile(sorted, 0.975)) }
  })
}
