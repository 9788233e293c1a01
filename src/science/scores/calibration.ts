import { closed } from '../schemas.js'
import { Type, type Static } from 'typebox'
import type { Products } from '../linear-algebra/matrix.js'
import type { Interval } from './bootstrap.js'
import { compareParts, selectCompared, type ComparedSides, type Comparisons } from './comparisons.js'
import { falseMatchRates } from './false-match-interval.js'
import { thresholdsAt, type ScoreHistogram } from './histogram.js'
import { calibrateLikelihoodRatio } from './likelihood-ratio.js'
import { identityWeighted } from './metrics.js'
import { extrapolationFactor, fitUpperTail, thresholdOfTail } from './tail.js'

/** The range of false match rates that are calibrated. */
const highestRate = 1e-1
export const lowestRate = 1e-6
const ratesPerDecade = 20

export const Calibration = Type.Object({
  nonMatedComparisons: Type.Integer({
    minimum: 0,
    description: 'Comparisons of different identities that the thresholds come from'
  }),
  matedComparisons: Type.Integer({ minimum: 0, description: 'Comparisons of different images of one identity' }),
  identities: Type.Integer({ minimum: 0, description: 'Held-out identities among which the comparisons were made' }),
  grid: Type.Array(
    Type.Object({
      fmr: Type.Number({ description: 'False match rate' }),
      threshold: Type.Number({
        description: 'Score at or above which a comparison matches; at most the share `fmr` of the non-mated ' +
          'comparisons does'
      }),
      interval: Type.Optional(
        Type.Object({ lower: Type.Number(), upper: Type.Number() }, {
          ...closed,
          description: '95 % interval of the false match rate at this threshold, by bootstrap over identities'
        })
      )
    }, closed),
    {
      description:
        'Thresholds from FMR 0.1 downwards, 20 per decade, as far as the comparisons support them (FMR >= 3 ' +
        '/ nonMatedComparisons, and at least 1e-6)'
    }
  ),
  tail: Type.Optional(Type.Object({
    threshold: Type.Number({ description: 'Score above which the model holds' }),
    share: Type.Number({ description: 'Share of the non-mated comparisons at or above it' }),
    scale: Type.Number({ description: 'Of the generalised Pareto distribution' }),
    shape: Type.Number({ description: 'Of the same; 0 is an exponential tail' })
  }, {
    ...closed,
    description: 'Model of the upper tail of the non-mated scores, which extrapolates to one decade below the lowest ' +
      'rate of the grid'
  })),
  likelihoodRatio: Type.Optional(Type.Object({
    slope: Type.Number(),
    offset: Type.Number(),
    cllr: Type.Number({
      description: 'Cost of the log-likelihood ratio in bits, on the comparisons it was calibrated on'
    }),
    minCllr: Type.Number({ description: 'The least that any monotone calibration of these scores costs' })
  }, {
    ...closed,
    description: 'Natural-log likelihood ratio of a score: slope * score + offset; mated comparisons so weighted ' +
      'that identities count the same'
  }))
}, { ...closed, description: 'Where to put the threshold of one comparison space, for a wanted false match rate' })

export type Calibration = Static<typeof Calibration>

/**
 * The thresholds of a space, from its non-mated comparisons.
 * @param mated scores of mated comparisons, identities weighing the same; without them there is no likelihood ratio
 */
export function calibrate (
  nonMated: ScoreHistogram,
  matedComparisons: number,
  identities: number,
  mated?: ScoreHistogram
): Calibration {
  const lowest = Math.max(lowestRate, nonMated.total === 0 ? Infinity : 3 / nonMated.total)
  const rates: number[] = []
  for (let step = 0;; step++) {
    // Four digits make the decades exact: 0.001, not 0.0010000000000000002.
    const rate = Number((highestRate * 10 ** (-step / ratesPerDecade)).toPrecision(4))
    if (rate < lowest) break
    rates.push(rate)
  }
  if (lowest <= highestRate && rates.at(-1) !== lowest) rates.push(lowest)
  const thresholds = thresholdsAt(nonMated, rates)
  const tail = fitUpperTail(nonMated)
  const likelihoodRatio = mated === undefined ? undefined : calibrateLikelihoodRatio(nonMated, mated)
  return {
    nonMatedComparisons: nonMated.total,
    matedComparisons,
    identities,
    grid: rates.map((fmr, i) => ({ fmr, threshold: thresholds[i]! })),
    ...(tail === undefined ? {} : { tail }),
    ...(likelihoodRatio === undefined ? {} : { likelihoodRatio })
  }
}

/** What was compared, and the rows that thresholds may come from. */
export interface CalibratedSides extends ComparedSides {
  /** rows other than those with doubtful labels, see `doubtfulRows`; all when omitted */
  readonly calibrating?: readonly number[] | undefined
}

/**
 * As `calibrate`, from comparisons and the compared templates, with intervals of the false match rates.
 *
 * @param comparisons of all rows, as `compareParts` pools them
 * @param parts that were compared
 */
export async function calibrateSpace (
  comparisons: Comparisons,
  parts: readonly CalibratedSides[],
  seed: number,
  products: Products
): Promise<Calibration> {
  if (parts.some(({ calibrating }) => calibrating !== undefined)) {
    const without = parts.map(withoutDoubtful)
    return await calibrateSpace(await compareParts(without, products), without, seed, products)
  }
  const { nonMated, mated } = comparisons
  const calibration = calibrate(
    nonMated,
    mated.scores.length,
    parts.reduce((sum, { identity, other }) => sum + new Set([...identity, ...other?.identity ?? []]).size, 0),
    identityWeighted(comparisons)
  )
  const rates = nonMated.total === 0
    ? []
    : await falseMatchRates(parts, calibration.grid.map(({ threshold }) => threshold), seed, products)
  return {
    ...calibration,
    grid: calibration.grid.map(
      (point, k) => ({ ...point, interval: { lower: round(rates[k]!.lower), upper: round(rates[k]!.upper) } })
    )
  }
}

function withoutDoubtful ({ calibrating, ...sides }: CalibratedSides): ComparedSides {
  return calibrating === undefined ? sides : selectCompared(sides, calibrating)
}

/** To the significant digits of an interval, which keeps cards small. */
function round (rate: number): number {
  return Number(rate.toPrecision(3))
}

export interface DecisionThreshold {
  /** the lowest score that matches; null when unsupported */
  readonly threshold: number | null
  /**
   * `measured` with 3 / FMR non-mated comparisons or more; `extrapolated` by the tail model, up to one decade further
   */
  readonly support: 'measured' | 'extrapolated' | 'unsupported'
  /** 95 %, of the false match rate at the threshold; null where it is not measured */
  readonly interval: Interval | null
}

/** The threshold without a calibration. */
export const unsupported: DecisionThreshold = { threshold: null, support: 'unsupported', interval: null }

/**
 * The threshold for a false match rate; the decision rule is "match when score >= threshold". Between two rates of the
 * grid the lower rate decides, which has the higher threshold, so there are never more false matches than requested.
 * Above the highest rate of the grid its threshold holds.
 *
 * Below the rates that the comparisons can measure, the model of their tail extrapolates. It was fitted on 190,659
 * comparisons of a tenth of LFW's identities for five models. On 17 million comparisons of the rest, thresholds for
 * 1e-5 gave 0.05 to 2.3 times that rate, thresholds for 1e-6 at most 1.8 times.
 *
 * @throws RangeError when the rate is not in (0, 1]
 */
export function thresholdAt (
  { grid, tail, nonMatedComparisons }: Calibration,
  falseMatchRate: number
): DecisionThreshold {
  if (!(falseMatchRate > 0 && falseMatchRate <= 1)) {
    throw new RangeError(`expected a false match rate in (0, 1], received ${falseMatchRate}`)
  }
  const point = grid.find(({ fmr }) => fmr <= falseMatchRate)
  if (point !== undefined) return { threshold: point.threshold, support: 'measured', interval: point.interval ?? null }
  const lowest = grid.at(-1)
  const reach = Math.max(lowestRate, 3 / nonMatedComparisons / extrapolationFactor)
  if (tail === undefined || lowest === undefined || falseMatchRate < reach * (1 - 1e-12)) return unsupported
  // Never below the threshold measured for a higher rate.
  return {
    threshold: Math.max(lowest.threshold, thresholdOfTail(tail, falseMatchRate)),
    support: 'extrapolated',
    interval: null
  }
}

/** The lowest rate for which `thresholdAt` has a threshold; null when there is none. */
export function lowestSupportedRate ({ grid, tail, nonMatedComparisons }: Calibration): number | null {
  const lowest = grid.at(-1)?.fmr ?? null
  return lowest === null || tail === undefined
    ? lowest
    : Math.min(lowest, Math.max(lowestRate, 3 / nonMatedComparisons / extrapolationFactor))
}
