import { mean } from '../linear-algebra/sums.js'
import { closed } from '../schemas.js'
import { Type, type Static } from 'typebox'
import { lowestRate } from './calibration.js'
import type { Comparisons } from './comparisons.js'
import { thresholdsAt } from './histogram.js'
import { trueMatchRates } from './metrics.js'

const Share = (description: string) => Type.Number({ minimum: 0, maximum: 1, description })

const highestRate = 0.5
const pointsPerDecade = 6

export const DetPoint = Type.Object({
  fmr: Type.Number({
    description: 'False match rate; the share of non-mated comparisons at or above the threshold is at most this'
  }),
  threshold: Type.Number({ description: 'Cosine at or above which a comparison matches' }),
  fnmr: Share('False non-match rate, identities weighing the same'),
  fnmrPooled: Share('False non-match rate, mated comparisons weighing the same')
}, closed)
export type DetPoint = Static<typeof DetPoint>

/**
 * The detection error trade-off (ISO/IEC 19795-1): false non-match rates at false match rates from 0.5 down, six per
 * decade, to the lowest that the comparisons support, which is 3 / nonMatedComparisons and never below 1e-6.
 *
 * @returns from the highest to the lowest false match rate; empty when either side has no comparisons or no rate is
 *   supported
 */
export function detPoints (comparisons: Comparisons): DetPoint[] {
  const { nonMated, mated } = comparisons
  if (nonMated.total === 0 || mated.scores.length === 0) return []
  const rates = detRates(Math.max(lowestRate, 3 / nonMated.total))
  const thresholds = thresholdsAt(nonMated, rates)
  const { perIdentity, pooled } = trueMatchRates(comparisons, thresholds)
  return rates.map((fmr, k) => ({
    fmr,
    threshold: thresholds[k]!,
    fnmr: Math.max(0, 1 - mean(perIdentity[k]!)),
    fnmrPooled: 1 - pooled[k]!
  }))
}

function detRates (lowest: number): number[] {
  const rates: number[] = []
  for (let step = 0;; step++) {
    const rate = Number((highestRate * 10 ** (-step / pointsPerDecade)).toPrecision(4))
    if (rate <= lowest) break
    rates.push(rate)
  }
  return lowest <= highestRate ? [...rates, lowest] : rates
}
