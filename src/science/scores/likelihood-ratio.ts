import { edgeOf, visitBins, type ScoreHistogram } from './histogram.js'

/** Natural-log likelihood ratio of a score: `slope * score + offset`. */
interface ScoreToLikelihoodRatio {
  readonly slope: number
  readonly offset: number
}

export interface LikelihoodRatioCalibration extends ScoreToLikelihoodRatio {
  /** Cost of the log-likelihood ratio after calibration, in bits: 0 is perfect, 1 carries no information. */
  readonly cllr: number
  /** The same for the best monotone calibration on the data themselves: the cost of limited discrimination alone. */
  readonly minCllr: number
}

/**
 * Penalty on the slope, in units of the scores' own deviation. It keeps the slope finite when the two kinds are
 * separated.
 */
const penalty = 1e-6
const maxSteps = 50
const tolerance = 1e-10

interface Bin {
  readonly score: number
  readonly mated: number
  readonly nonMated: number
}

/**
 * Calibrates scores to log-likelihood ratios by prior-weighted logistic regression at prior 1/2 (Bruemmer and du Preez,
 * Computer Speech and Language 20, 2006; Morrison, Australian Journal of Forensic Sciences 45, 2013): each kind of
 * comparison weighs one half, however many there are, so the fitted log odds are the log-likelihood ratio.
 *
 * @param mated counts, or weights by which identities weigh the same
 * @returns undefined when a kind has no comparisons, or scores do not separate the kinds in the right direction
 */
export function calibrateLikelihoodRatio (
  nonMated: ScoreHistogram,
  mated: ScoreHistogram
): LikelihoodRatioCalibration | undefined {
  if (!(nonMated.total > 0 && mated.total > 0)) return undefined
  const bins = occupiedBins(nonMated, mated)
  const line = fitLogistic(bins)
  if (line === undefined || !(line.slope > 0)) return undefined
  return {
    ...line,
    cllr: costOf(bins, bins.map(({ score }) => line.slope * score + line.offset)),
    minCllr: costOf(bins, monotoneRatios(bins))
  }
}

/**
 * The cost of given likelihood ratios on comparisons that they were not calibrated on, beside the least that any
 * monotone function of these scores costs.
 *
 * @param mated counts, or weights by which identities weigh the same
 * @throws RangeError when a kind has no comparisons
 */
export function costsOn (
  { slope, offset }: ScoreToLikelihoodRatio,
  nonMated: ScoreHistogram,
  mated: ScoreHistogram
): { cllr: number, minCllr: number } {
  if (!(nonMated.total > 0 && mated.total > 0)) {
    throw new RangeError(`expected comparisons of both kinds, received ${nonMated.total} and ${mated.total}`)
  }
  const bins = occupiedBins(nonMated, mated)
  return {
    cllr: costOf(bins, bins.map(({ score }) => slope * score + offset)),
    minCllr: costOf(bins, monotoneRatios(bins))
  }
}

/** Bins with comparisons, their weights normalised to 1 for each kind. */
function occupiedBins (nonMated: ScoreHistogram, mated: ScoreHistogram): Bin[] {
  const bins: Bin[] = []
  visitBins(nonMated, mated, (bin, others, own) => {
    bins.push({ score: edgeOf(bin + 0.5), mated: own / mated.total, nonMated: others / nonMated.total })
  })
  return bins
}

/** Newton's method on the convex cost, with scores shifted and scaled to mean 0 and deviation 1. */
function fitLogistic (bins: readonly Bin[]): ScoreToLikelihoodRatio | undefined {
  let centre = 0
  for (const { score, mated, nonMated } of bins) centre += score * (mated + nonMated) / 2
  let variance = 0
  for (const { score, mated, nonMated } of bins) variance += (score - centre) ** 2 * (mated + nonMated) / 2
  const deviation = Math.sqrt(variance)
  if (!(deviation > 0)) return undefined

  const cost = (slope: number, offset: number) => {
    let sum = penalty * slope * slope / 2
    for (const { score, mated, nonMated } of bins) {
      const ratio = slope * (score - centre) / deviation + offset
      sum += mated * softplus(-ratio) + nonMated * softplus(ratio)
    }
    return sum
  }
  let [slope, offset] = [0, 0]
  let reached = cost(slope, offset)
  for (let step = 0; step < maxSteps; step++) {
    let [g0, g1, h00, h01, h11] = [0, penalty * slope, 1e-12, 0, penalty]
    for (const { score, mated, nonMated } of bins) {
      const x = (score - centre) / deviation
      const p = 1 / (1 + Math.exp(-(slope * x + offset)))
      const weight = (mated + nonMated) * p * (1 - p)
      const gradient = nonMated * p - mated * (1 - p)
      g0 += gradient
      g1 += gradient * x
      h00 += weight
      h01 += weight * x
      h11 += weight * x * x
    }
    const determinant = h00 * h11 - h01 * h01
    if (!(determinant > 0)) return undefined
    const [d0, d1] = [(h11 * g0 - h01 * g1) / determinant, (h00 * g1 - h01 * g0) / determinant]
    // The step is halved until the cost falls: a full step overshoots where the kinds are nearly separated.
    let length = 1
    let next = cost(slope - d1, offset - d0)
    while (!(next <= reached) && length > 1e-6) {
      length /= 2
      next = cost(slope - length * d1, offset - length * d0)
    }
    if (!(next <= reached)) break
    slope -= length * d1
    offset -= length * d0
    const gain = reached - next
    reached = next
    if (gain < tolerance) break
  }
  return { slope: slope / deviation, offset: offset - slope * centre / deviation }
}

/** `Cllr = 1/2 (mean over mated of log2(1 + 1/LR) + mean over non-mated of log2(1 + LR))`. */
function costOf (bins: readonly Bin[], ratios: readonly number[]): number {
  let sum = 0
  bins.forEach(({ mated, nonMated }, k) => {
    if (mated > 0) sum += mated * softplus(-ratios[k]!)
    if (nonMated > 0) sum += nonMated * softplus(ratios[k]!)
  })
  return sum / (2 * Math.LN2)
}

/** Pool adjacent violators: the non-decreasing log-likelihood ratios of least cost (Ayer et al. 1955). */
function monotoneRatios (bins: readonly Bin[]): number[] {
  const pools: { mated: number, nonMated: number, count: number }[] = []
  for (const { mated, nonMated } of bins) {
    let pool = { mated, nonMated, count: 1 }
    for (
      let last = pools.at(-1);
      last !== undefined &&
      last.mated * pool.nonMated >= pool.mated * last.nonMated;
      last = pools.at(-1)
    ) {
      pools.pop()
      pool = { mated: pool.mated + last.mated, nonMated: pool.nonMated + last.nonMated, count: pool.count + last.count }
    }
    pools.push(pool)
  }
  return pools.flatMap(
    ({ mated, nonMated, count }) => new Array<number>(count).fill(Math.log(mated) - Math.log(nonMated))
  )
}

/** `log(1 + e^x)`, without overflow. */
function softplus (x: number): number {
  return x > 0 ? x + Math.log1p(Math.exp(-x)) : Math.log1p(Math.exp(x))
}
