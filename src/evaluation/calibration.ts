import { Type, type Static } from 'typebox'
import { Problem } from '../errors.js'
import { thresholdsAt, type ScoreHistogram } from './histogram.js'

const closed = { additionalProperties: false } as const

/** False match rates that are ever calibrated, highest and lowest. */
export const highestRate = 1e-1
export const lowestRate = 1e-6
const ratesPerDecade = 20

export const Calibration = Type.Object({
  nonMatedComparisons: Type.Integer({ minimum: 0, description: 'Comparisons of different identities that the thresholds come from' }),
  matedComparisons: Type.Integer({ minimum: 0, description: 'Comparisons of different images of one identity' }),
  identities: Type.Integer({ minimum: 0, description: 'Held-out identities among which the comparisons were made' }),
  grid: Type.Array(Type.Object({
    fmr: Type.Number({ description: 'False match rate' }),
    threshold: Type.Number({ description: 'Cosine at or above which a comparison matches; at most the share `fmr` of the non-mated comparisons does' })
  }, closed), {
    description: 'Thresholds from FMR 0.1 downwards, 20 per decade, as far as the comparisons support them (FMR >= 3 / nonMatedComparisons, and at least 1e-6)'
  })
}, { ...closed, description: 'Where to put the threshold of one comparison space, for a wanted false match rate' })

export type Calibration = Static<typeof Calibration>

/**
 * Whether N non-mated comparisons can support a claim about this false match rate: the rule of three. With fewer than
 * 3/FMR comparisons even no false match at all leaves a larger rate inside the 95 % interval.
 */
export function isSupported (falseMatchRate: number, nonMatedComparisons: number): boolean {
  return falseMatchRate * nonMatedComparisons * (1 + 1e-12) >= 3
}

/** The thresholds of a space, from its non-mated comparisons. */
export function calibrate (nonMated: ScoreHistogram, matedComparisons: number, identities: number): Calibration {
  const lowest = Math.max(lowestRate, nonMated.total === 0 ? Infinity : 3 / nonMated.total)
  const rates: number[] = []
  for (let step = 0; ; step++) {
    // Four digits, so that the decades themselves are exact: 0.001, not 0.0010000000000000002.
    const rate = Number((highestRate * 10 ** (-step / ratesPerDecade)).toPrecision(4))
    if (rate < lowest) break
    rates.push(rate)
  }
  if (lowest <= highestRate && rates.at(-1) !== lowest) rates.push(lowest)
  const thresholds = thresholdsAt(nonMated, rates)
  return {
    nonMatedComparisons: nonMated.total,
    matedComparisons,
    identities,
    grid: rates.map((fmr, i) => ({ fmr, threshold: thresholds[i]! }))
  }
}

/**
 * The threshold for a false match rate; the decision rule is "match when score >= threshold". Between two rates of the
 * grid the lower one decides, whose threshold is the higher: never more false matches than asked for.
 *
 * @param falseMatchRate above the highest rate of the grid its threshold holds, conservatively
 * @throws Problem `fmr-unsupported` when the comparisons cannot tell, naming the lowest rate that they support
 * @throws RangeError when the rate is not in (0, 1]
 */
export function thresholdAt ({ grid, nonMatedComparisons }: Calibration, falseMatchRate: number): number {
  if (!(falseMatchRate > 0 && falseMatchRate <= 1)) throw new RangeError(`expected a false match rate in (0, 1], received ${falseMatchRate}`)
  const point = grid.find(({ fmr }) => fmr <= falseMatchRate)
  if (point !== undefined) return point.threshold
  const lowest = grid.at(-1)?.fmr ?? null
  throw new Problem('fmr-unsupported',
    lowest === null
      ? `fmr: expected 3 / ${highestRate} non-mated comparisons or more, so that some rate is supported, the calibration has ${nonMatedComparisons}`
      : `fmr: expected at least ${lowest}, which is what ${nonMatedComparisons} non-mated comparisons support, received ${falseMatchRate}`,
    { lowestFmr: lowest, nonMatedComparisons })
}
