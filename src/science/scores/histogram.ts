/**
 * Bins over scores, which are cosines. A power of two makes every edge exact in binary, so that `score >= edge` means
 * "in this bin or a higher one".
 */
const bins = 2 ** 20

/** Width of a bin, in units of the score: 1.9e-6. */
export const scoreResolution = 2 / bins

/** A threshold above every possible score. */
const unreachable = 1 + scoreResolution

/**
 * Comparison scores in [-1, 1], counted in bins of `scoreResolution`. Tens of millions of comparisons need no memory of
 * their own, and thresholds derived from the histogram are exact for the comparisons counted.
 */
export interface ScoreHistogram {
  readonly total: number
  /** (2^20), counts or weights, from low to high scores */
  readonly counts: Float64Array
}

/** Single-precision cosines exceed 1 by rounding, and normalised scores by more. */
function binOf (score: number): number {
  const position = (score + 1) * (bins / 2)
  return position < 0 ? 0 : position < bins ? position | 0 : bins - 1
}

/** Collects scores. */
export class HistogramBuilder {
  readonly #counts = new Float64Array(bins)
  #total = 0

  add (score: number, weight = 1): void {
    const bin = binOf(score)
    this.#counts[bin] = this.#counts[bin]! + weight
    this.#total += weight
  }

  /** Adds `scores[start]` to `scores[end - 1]` with weight 1 each, in 3 ns a score where one call for each takes 20. */
  addRange (scores: Float32Array, start: number, end: number): void {
    const counts = this.#counts
    for (let k = start; k < end; k++) {
      const bin = binOf(scores[k]!)
      counts[bin] = counts[bin]! + 1
    }
    this.#total += end - start
  }

  /** Removes all scores. The 8 MB of memory are worth reusing where histograms are many. */
  clear (): void {
    this.#counts.fill(0)
    this.#total = 0
  }

  finish (): ScoreHistogram {
    return { total: this.#total, counts: this.#counts }
  }
}

/** Histogram of scores with weight 1 each. */
export function histogramOf (scores: ArrayLike<number>): ScoreHistogram {
  const builder = new HistogramBuilder()
  for (let i = 0; i < scores.length; i++) builder.add(scores[i]!)
  return builder.finish()
}

/**
 * The lowest thresholds at which at most `fmr` of the counted comparisons match, under the decision rule "match when
 * score >= threshold". Conservative: of equal scores the whole group stays below.
 *
 * @param falseMatchRates in any order
 * @returns one threshold per rate; a threshold above every score when even the highest group of scores is too large
 */
export function thresholdsAt ({ total, counts }: ScoreHistogram, falseMatchRates: readonly number[]): number[] {
  const thresholds = new Array<number>(falseMatchRates.length).fill(unreachable)
  const order = falseMatchRates.map((_, i) => i).sort((a, b) => falseMatchRates[a]! - falseMatchRates[b]!)
  let bin = bins - 1
  let above = 0
  for (const i of order) {
    // Rounding must not cost a comparison: 0.001 * 3000 is less than 3.
    const allowed = Math.floor(falseMatchRates[i]! * total * (1 + 1e-12))
    while (bin >= 0 && above + counts[bin]! <= allowed) above += counts[bin--]!
    thresholds[i] = bin === bins - 1 ? unreachable : -1 + (bin + 1) * scoreResolution
  }
  return thresholds
}

/** Fraction of the counted comparisons that score at or above the threshold. */
export function fractionAtOrAbove ({ total, counts }: ScoreHistogram, threshold: number): number {
  let above = 0
  for (let bin = Math.max(0, Math.ceil((threshold + 1) / scoreResolution)); bin < bins; bin++) above += counts[bin]!
  return above / total
}

/**
 * Equal error rate (ISO/IEC 19795-1): the mean of the false match rate and the false non-match rate where they are
 * closest.
 * @returns null when either side has no comparisons
 */
export function equalErrorRate (nonMated: ScoreHistogram, mated: ScoreHistogram): number | null {
  if (nonMated.total === 0 || mated.total === 0) return null
  let falseMatches = 0
  let matches = 0
  let closest = Infinity
  let rate = 1
  for (let bin = bins - 1; bin >= 0; bin--) {
    if (nonMated.counts[bin] === 0 && mated.counts[bin] === 0) continue
    falseMatches += nonMated.counts[bin]!
    matches += mated.counts[bin]!
    const fmr = falseMatches / nonMated.total
    const fnmr = 1 - matches / mated.total
    if (Math.abs(fmr - fnmr) < closest) {
      closest = Math.abs(fmr - fnmr)
      rate = (fmr + fnmr) / 2
    }
    if (fmr >= fnmr) break
  }
  return Math.max(0, rate)
}
