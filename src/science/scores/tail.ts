import { fractionAtOrAbove, placeAtOrAbove, scoreResolution, thresholdsAt, type ScoreHistogram } from './histogram.js'

/**
 * Generalised Pareto model of the scores above `threshold`: `P(s) = share (1 + shape (s - threshold) /
 * scale)^(-1/shape)`.
 */
export interface UpperTail {
  readonly threshold: number
  /** share of the non-mated comparisons at or above the threshold */
  readonly share: number
  readonly scale: number
  readonly shape: number
}

/** The share of scores that counts as the tail, and the minimum number of them. */
const tailShare = 1e-3
const minPeaks = 200
/** The model extrapolates to this factor below the lowest measured rate, and not further. */
export const extrapolationFactor = 10

/**
 * Fits the upper tail of non-mated scores, peaks over threshold (Pickands, Annals of Statistics 3, 1975; Balkema and de
 * Haan 1974), by the method of moments (Hosking and Wallis, Technometrics 29, 1987): with mean m and variance v of the
 * excesses, `shape = (1 - m2/v) / 2` and `scale = m (m2/v + 1) / 2`. The shape is kept at 0 or above, an exponential
 * tail or a heavier one: a negative shape would put an end to the scores and promise a false match rate of zero.
 *
 * @returns undefined with fewer than `minPeaks` scores or half as many peaks, or when these do not vary
 */
export function fitUpperTail (nonMated: ScoreHistogram): UpperTail | undefined {
  if (nonMated.total < minPeaks) return undefined
  const wanted = Math.min(0.1, Math.max(tailShare, minPeaks / nonMated.total))
  const [threshold] = thresholdsAt(nonMated, [wanted])
  let [count, sum, squares] = [0, 0, 0]
  const { bins, counts } = nonMated
  for (let place = placeAtOrAbove(nonMated, threshold!); place < bins.length; place++) {
    const excess = (bins[place]! + 0.5) * scoreResolution - 1 - threshold!
    count += counts[place]!
    sum += counts[place]! * excess
    squares += counts[place]! * excess * excess
  }
  if (count < minPeaks / 2) return undefined
  const mean = sum / count
  const variance = squares / count - mean * mean
  if (!(variance > 0)) return undefined
  const ratio = mean * mean / variance
  const shape = Math.max(0, (1 - ratio) / 2)
  return {
    threshold: threshold!,
    share: fractionAtOrAbove(nonMated, threshold!),
    scale: shape === 0 ? mean : mean * (ratio + 1) / 2,
    shape
  }
}

/**
 * The threshold at which the modelled false match rate is the given one.
 * @throws RangeError when the rate is not in (0, share of the tail]
 */
export function thresholdOfTail ({ threshold, share, scale, shape }: UpperTail, falseMatchRate: number): number {
  if (!(falseMatchRate > 0 && falseMatchRate <= share)) {
    throw new RangeError(`expected a rate in (0, ${share}], received ${falseMatchRate}`)
  }
  const logarithm = Math.log(share / falseMatchRate)
  return threshold + scale * (shape === 0 ? logarithm : Math.expm1(shape * logarithm) / shape)
}

/** The modelled false match rate at a threshold; the share of the tail at its own threshold and below. */
export function falseMatchRateOfTail ({ threshold, share, scale, shape }: UpperTail, score: number): number {
  const excess = Math.max(0, score - threshold) / scale
  return share * Math.exp(shape === 0 ? -excess : -Math.log1p(shape * excess) / shape)
}
