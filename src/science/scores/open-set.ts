import type { Interval } from './bootstrap.js'
import type { Calibration, DecisionThreshold } from './calibration.js'
import { falseNonMatchRateAt, type MatedFigures } from './false-non-match.js'
import { extrapolationFactor, falseMatchRateOfTail, thresholdOfTail } from './tail.js'

/**
 * References of a gallery whose comparisons with a probe share one calibration: those of one space and one provenance.
 */
export interface ReferenceGroup {
  readonly calibration: Calibration
  readonly references: number
  /** of the same comparisons; without them the FNIR is unknown */
  readonly metrics?: MatedFigures | undefined
}

/** The threshold that a candidate of an open-set identification has to reach. */
export interface OpenSetThreshold {
  /** per group, the lowest score of a candidate; null for a group without references, and when unsupported */
  readonly scores: readonly (number | null)[]
  /**
   * the same as a natural-log likelihood ratio; null when unsupported, and for a single group whose calibration has
   * none
   */
  readonly logLikelihoodRatio: number | null
  /** as of a verification threshold, for the false match rates that the FPIR requires of the groups */
  readonly support: DecisionThreshold['support']
  /** 95 %, of the bound on the false positive identification rate at the threshold; null where it is not measured */
  readonly interval: Interval | null
  /**
   * false negative identification rate: expected share of mated probes whose reference scores below the threshold; null
   * where it is not known
   */
  readonly fnir: number | null
  /** the lowest FPIR for which these references have a threshold; null when there is none */
  readonly lowestFpir: number | null
}

/** The common scale on which groups are compared: `slope * score + offset`. */
interface Scale {
  readonly slope: number
  readonly offset: number
}

/** A false match rate as a function of the threshold, as far down as it is known. */
interface FalseMatchCurve {
  /** non-increasing; 1 below the first threshold of the grid */
  readonly rateAt: (threshold: number) => number
  /** the lowest rate that is known, and the threshold at which it is reached */
  readonly floor: { readonly rate: number, readonly threshold: number }
}

interface Scaled {
  readonly references: number
  readonly scale: Scale
  readonly curve: FalseMatchCurve
}

/** Enough for the interval of thresholds to shrink to neighbouring numbers. */
const bisections = 60

/**
 * The threshold of an open-set identification (ISO/IEC 19795-1) at a false positive identification rate, FPIR: the
 * share of searches by people who are not enrolled that return a candidate. Such a search fails when any of its
 * comparisons is a false match, so that whatever their dependence
 *
 *     FPIR(l) <= sum over groups g of N_g FMR_g((l - offset_g) / slope_g),
 *
 * N_g references being compared under the calibration of g, and l the log-likelihood ratio that makes scores of
 * different calibrations comparable. The threshold is the lowest l whose bound is at most the FPIR. With a single group
 * scores are comparable as they are, and no likelihood ratio is needed.
 *
 * The bound is close where it is used. Among 1,435 references of LFW and 1,435 strangers the FPIR at a bound of 1e-2
 * was 0.84 to 1.01 times that within the spaces of five models, 0.56 to 1.02 times between two; at 1e-1, where several
 * references match at once, 0.34 to 0.94 times.
 *
 * FMR_g comes from the grid of the calibration, log-linear between its rates. Where the grid does not reach, its tail
 * extrapolates to a tenth of the rule of three, also below the rates that a verification may ask for: in a gallery of
 * 100,000 an FPIR of 1e-2 is an FMR of 1e-7. A rate that nothing is known below counts with that rate.
 *
 * The FNIR is the false non-match rate at the threshold, every reference as likely to be the mate. A mate above the
 * threshold can still stand behind a stranger above it; that adds no more than the FPIR.
 *
 * @throws RangeError when the FPIR is not in (0, 1], or a number of references is not a non-negative integer
 */
export function openSetThreshold (groups: readonly ReferenceGroup[], fpir: number): OpenSetThreshold {
  if (!(fpir > 0 && fpir <= 1)) {
    throw new RangeError(`expected a false positive identification rate in (0, 1], received ${fpir}`)
  }
  for (const { references } of groups) {
    if (!(Number.isSafeInteger(references) && references >= 0)) {
      throw new RangeError(`expected a number of references, received ${references}`)
    }
  }
  const searched = groups.filter(({ references }) => references > 0)
  const scales = searched.length === 1
    ? [{ slope: 1, offset: 0 }]
    : searched.map(({ calibration }) => calibration.likelihoodRatio)
  const reachOf = (extrapolated: boolean) =>
    searched.flatMap(({ calibration, references }, g): Scaled[] => {
      const [curve, scale] = [falseMatchCurve(calibration, extrapolated), scales[g]]
      return curve === undefined || scale === undefined ? [] : [{ references, scale, curve }]
    })
  const [measured, extrapolated] = [reachOf(false), reachOf(true)]
  if (searched.length === 0 || measured.length < searched.length) return unsupported(groups, null)
  const lowestFpir = Math.min(1, boundAtFloor(extrapolated))
  const support = boundAtFloor(measured) <= fpir * (1 + 1e-12)
    ? 'measured'
    : boundAtFloor(extrapolated) <= fpir * (1 + 1e-12)
    ? 'extrapolated'
    : 'unsupported'
  if (support === 'unsupported') return unsupported(groups, lowestFpir)

  const used = support === 'measured' ? measured : extrapolated
  const level = lowestLevel(used, fpir)
  const thresholds = used.map(({ scale }) => scoreAt(scale, level))
  let next = 0
  const [first] = searched
  return {
    scores: groups.map(({ references }) => references > 0 ? thresholds[next++]! : null),
    logLikelihoodRatio: searched.length === 1 ? logLikelihoodRatioOf(first!.calibration, level) : level,
    support,
    interval: support === 'measured' ? boundInterval(searched, thresholds) : null,
    fnir: meanFalseNonMatchRate(searched, thresholds),
    lowestFpir
  }
}

/**
 * What makes candidates of several groups comparable: the natural-log likelihood ratio of a score.
 * @returns null when the calibration has none
 */
export function logLikelihoodRatioOf ({ likelihoodRatio }: Calibration, score: number): number | null {
  return likelihoodRatio === undefined ? null : likelihoodRatio.slope * score + likelihoodRatio.offset
}

function unsupported (groups: readonly ReferenceGroup[], lowestFpir: number | null): OpenSetThreshold {
  return {
    scores: groups.map(() => null),
    logLikelihoodRatio: null,
    support: 'unsupported',
    interval: null,
    fnir: null,
    lowestFpir
  }
}

/** @returns undefined when the calibration knows no rate */
function falseMatchCurve (
  { grid, tail, nonMatedComparisons }: Calibration,
  extrapolated: boolean
): FalseMatchCurve | undefined {
  const last = grid.at(-1)
  if (last === undefined) return undefined
  const within = (threshold: number) => {
    const above = firstAbove(grid, threshold)
    if (above === 0) return 1
    if (above === grid.length) return last.fmr
    const [low, high] = [grid[above - 1]!, grid[above]!]
    return low.fmr * (high.fmr / low.fmr) ** ((threshold - low.threshold) / (high.threshold - low.threshold))
  }
  if (!extrapolated || tail === undefined) {
    return { rateAt: within, floor: { rate: last.fmr, threshold: last.threshold } }
  }
  const rate = Math.min(last.fmr, 3 / nonMatedComparisons / extrapolationFactor)
  return {
    rateAt: threshold =>
      threshold < last.threshold
        ? within(threshold)
        : Math.max(rate, Math.min(last.fmr, falseMatchRateOfTail(tail, threshold))),
    floor: { rate, threshold: Math.max(last.threshold, thresholdOfTail(tail, rate)) }
  }
}

/**
 * Index of the first point whose threshold is above the one given: of several rates with one threshold the lowest
 * holds.
 */
function firstAbove (grid: Calibration['grid'], threshold: number): number {
  let [low, high] = [0, grid.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if (grid[middle]!.threshold > threshold) high = middle
    else low = middle + 1
  }
  return low
}

const boundAtFloor = (groups: readonly Scaled[]) =>
  groups.reduce((sum, { references, curve }) => sum + references * curve.floor.rate, 0)

/** The lowest level of the common scale at which the bound is at most the FPIR; the bound at the floors is. */
function lowestLevel (groups: readonly Scaled[], fpir: number): number {
  const holds = (level: number) =>
    groups.reduce(
      (sum, { references, scale, curve }) => sum + references * curve.rateAt(scoreAt(scale, level)),
      0
    ) <= fpir * (1 + 1e-12)
  let low = Math.min(...groups.map(({ scale }) => scale.offset - scale.slope)) // of scores of -1
  let high = Math.max(...groups.map(({ scale, curve }) => scale.slope * curve.floor.threshold + scale.offset))
  for (let step = 0; step < bisections; step++) {
    const middle = (low + high) / 2
    if (holds(middle)) high = middle
    else low = middle
  }
  return high
}

const scoreAt = ({ slope, offset }: Scale, level: number) => (level - offset) / slope

/**
 * Of the bound: that of the rates on either side of each threshold. @returns null when a calibration has no intervals
 */
function boundInterval (groups: readonly ReferenceGroup[], thresholds: readonly number[]): Interval | null {
  let [lower, upper] = [0, 0]
  for (const [g, { calibration: { grid }, references }] of groups.entries()) {
    const above = firstAbove(grid, thresholds[g]!)
    const [higherRate, lowerRate] = [grid[above - 1]?.interval, grid[Math.min(above, grid.length - 1)]?.interval]
    if (higherRate === undefined || lowerRate === undefined) return null
    // Beyond the last rate of the grid there may be none at all.
    lower += references * (above === grid.length ? 0 : lowerRate.lower)
    upper += references * higherRate.upper
  }
  return { lower: Math.min(1, lower), upper: Math.min(1, upper) }
}

function meanFalseNonMatchRate (groups: readonly ReferenceGroup[], thresholds: readonly number[]): number | null {
  let [sum, all] = [0, 0]
  for (const [g, { references, metrics }] of groups.entries()) {
    const rate = metrics === undefined ? null : falseNonMatchRateAt(metrics, thresholds[g]!)
    if (rate === null) return null
    sum += references * rate
    all += references
  }
  return sum / all
}
