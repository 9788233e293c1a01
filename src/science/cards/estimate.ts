import { closed } from '../schemas.js'
import { Type, type Static } from 'typebox'
import { mean } from '../linear-algebra/sums.js'
import { bootstrapMeans } from '../scores/bootstrap.js'
import type { Comparisons } from '../scores/comparisons.js'
import { measuredRates } from '../scores/metrics.js'
import { isSupported } from '../scores/support.js'

/** A figure and its 95 % interval by bootstrap over identities. */
export const Estimate = Type.Object({
  value: Type.Number(),
  lower: Type.Number({ description: '2.5 % quantile' }),
  upper: Type.Number({ description: '97.5 % quantile' })
}, { ...closed, description: 'A figure and its 95 % interval, by bootstrap over identities' })
export type Estimate = Static<typeof Estimate>

/** Share of its mated comparisons that each identity has at or above the threshold, by identity. */
export type IdentityShares = ReadonlyMap<number, number>

/** @returns null when the comparisons do not support the false match rate, or no identity has two images */
export function identityShares (comparisons: Comparisons, falseMatchRate: number): IdentityShares | null {
  if (!isSupported(falseMatchRate, comparisons.nonMated.total)) return null
  const shares = measuredRates(comparisons, [falseMatchRate]).get(falseMatchRate)!
  return shares.size === 0 ? null : shares
}

/**
 * The mean over identities.
 * @param values one per identity, at least one
 * @param seed of the bootstrap
 */
function meanEstimate (values: Float64Array, seed: number): Estimate {
  const [interval] = bootstrapMeans([values], seed)
  return { value: mean(values), ...interval! }
}

/** The true match rate; null where the shares are. */
export function rateOf (shares: IdentityShares | null, seed: number): Estimate | null {
  return shares === null ? null : meanEstimate(Float64Array.from(shares.values()), seed)
}

/** The difference of two true match rates on the same identities, which are resampled for both at once. */
export function differenceOf (a: IdentityShares | null, b: IdentityShares | null, seed: number): Estimate | null {
  return a === null || b === null ? null : meanEstimate(differences(a, b), seed)
}

/** `a - b`, by identity in the order of `a`. */
function differences (a: IdentityShares, b: IdentityShares): Float64Array {
  return Float64Array.from(a, ([who, share]) => share - b.get(who)!)
}

/**
 * The mean of several differences of the same identities, which are resampled for all of them at once.
 * @param pairs at least one
 */
export function meanDifferenceOf (
  pairs: readonly (readonly [IdentityShares | null, IdentityShares | null])[],
  seed: number
): Estimate | null {
  const known = pairs.flatMap(([a, b]) => a === null || b === null ? [] : [differences(a, b)])
  if (known.length < pairs.length) return null
  return meanEstimate(known[0]!.map((_, who) => mean(known.map(values => values[who]!))), seed)
}
