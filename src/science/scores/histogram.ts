/**
 * Bins over scores, which are cosines. A power of two makes every edge exact in binary, so that `score >= edge` means
 * "in this bin or a higher one".
 */
const binCount = 2 ** 20

/** Width of a bin, in units of the score: 1.9e-6. */
export const scoreResolution = 2 / binCount

/** A threshold above every possible score. */
const unreachable = 1 + scoreResolution

/**
 * Comparison scores in [-1, 1], counted in bins of `scoreResolution`. Thresholds derived from the histogram are exact
 * for the comparisons counted, and tens of millions of them need the memory of a million bins at most.
 */
export interface ScoreHistogram {
  readonly total: number
  /** (k) the bins that are not empty, ascending: bin b holds scores from `edgeOf(b)` to `edgeOf(b + 1)` */
  readonly bins: Int32Array
  /** (k) counts or weights of these bins */
  readonly counts: Float64Array
}

/** The lower edge of a bin. */
export const edgeOf = (bin: number): number => -1 + bin * scoreResolution

/** Single-precision cosines exceed 1 by rounding, and normalised scores by more. */
function binOf (score: number): number {
  const position = (score + 1) * (binCount / 2)
  return position < 0 ? 0 : position < binCount ? position | 0 : binCount - 1
}

/**
 * Scores that are sorted rather than counted bin by bin: a fit makes hundreds of histograms, of a few thousand scores
 * each where it has few pairs, and looking through a million bins takes a millisecond or two.
 */
const maxSorted = 2 ** 13

/** Empty bins that no builder has: 8 MB, which would be allocated and cleared as often. */
let spare: Float64Array | undefined

/** Collects scores. */
export class HistogramBuilder {
  /** `bin * maxSorted + k` of the k-th score, so that those of a bin stay in order */
  readonly #keys = new Float64Array(maxSorted)
  readonly #weights = new Float64Array(maxSorted)
  #sorted = 0
  /** All bins, once there are more scores than are sorted. */
  #counts: Float64Array | undefined
  /** Bins outside of which all are empty. */
  #lowest = binCount
  #highest = -1
  #total = 0

  add (score: number, weight = 1): void {
    this.#total += weight
    const bin = binOf(score)
    if (this.#hasRoom(1)) this.#note(bin, weight)
    else this.#count(bin, weight)
  }

  /** Adds `scores[start]` to `scores[end - 1]` with weight 1 each, in 3 ns a score where one call for each takes 20. */
  addRange (scores: Float32Array, start: number, end: number): void {
    this.#total += end - start
    if (this.#hasRoom(end - start)) {
      for (let k = start; k < end; k++) this.#note(binOf(scores[k]!), 1)
      return
    }
    const counts = this.#counts!
    let [lowest, highest] = [this.#lowest, this.#highest]
    for (let k = start; k < end; k++) {
      const bin = binOf(scores[k]!)
      counts[bin] = counts[bin]! + 1
      if (bin < lowest) lowest = bin
      if (bin > highest) highest = bin
    }
    this.#lowest = lowest
    this.#highest = highest
  }

  /** The histogram of what was added since it was last called. */
  finish (): ScoreHistogram {
    const total = this.#total
    this.#total = 0
    return { total, ...this.#counts === undefined ? this.#sort() : this.#collect(this.#counts) }
  }

  /** Whether so many more scores are sorted; when they are not, all are counted from then on. */
  #hasRoom (scores: number): boolean {
    if (this.#counts !== undefined) return false
    if (this.#sorted + scores <= maxSorted) return true
    this.#counts = spare ?? new Float64Array(binCount)
    spare = undefined
    for (let k = 0; k < this.#sorted; k++) this.#count(Math.floor(this.#keys[k]! / maxSorted), this.#weights[k]!)
    this.#sorted = 0
    return false
  }

  #note (bin: number, weight: number): void {
    this.#keys[this.#sorted] = bin * maxSorted + this.#sorted
    this.#weights[this.#sorted++] = weight
  }

  #count (bin: number, weight: number): void {
    const counts = this.#counts!
    counts[bin] = counts[bin]! + weight
    this.#lowest = Math.min(this.#lowest, bin)
    this.#highest = Math.max(this.#highest, bin)
  }

  #sort (): Omit<ScoreHistogram, 'total'> {
    const keys = this.#keys.subarray(0, this.#sorted).sort()
    this.#sorted = 0
    const [bins, counts] = [new Int32Array(keys.length), new Float64Array(keys.length)]
    let filled = 0
    for (let k = 0; k < keys.length;) {
      const bin = Math.floor(keys[k]! / maxSorted)
      let count = 0
      for (; k < keys.length && keys[k]! < (bin + 1) * maxSorted; k++) count += this.#weights[keys[k]! % maxSorted]!
      if (count === 0) continue
      bins[filled] = bin
      counts[filled++] = count
    }
    return { bins: bins.slice(0, filled), counts: counts.slice(0, filled) }
  }

  #collect (all: Float64Array): Omit<ScoreHistogram, 'total'> {
    const [first, end] = [this.#lowest, this.#highest + 1]
    let filled = 0
    for (let bin = first; bin < end; bin++) if (all[bin] !== 0) filled++
    const [bins, counts] = [new Int32Array(filled), new Float64Array(filled)]
    let place = 0
    for (let bin = first; bin < end; bin++) {
      if (all[bin] === 0) continue
      bins[place] = bin
      counts[place++] = all[bin]!
    }
    all.fill(0, first, end)
    spare = all
    this.#counts = undefined
    this.#lowest = binCount
    this.#highest = -1
    return { bins, counts }
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
export function thresholdsAt (
  { total, bins, counts }: ScoreHistogram,
  falseMatchRates: readonly number[]
): number[] {
  const thresholds = new Array<number>(falseMatchRates.length).fill(unreachable)
  const order = falseMatchRates.map((_, i) => i).sort((a, b) => falseMatchRates[a]! - falseMatchRates[b]!)
  let place = bins.length - 1
  let above = 0
  for (const i of order) {
    // Rounding must not cost a comparison: 0.001 * 3000 is less than 3.
    const allowed = Math.floor(falseMatchRates[i]! * total * (1 + 1e-12))
    while (place >= 0 && above + counts[place]! <= allowed) above += counts[place--]!
    const bin = bins[place] ?? -1
    thresholds[i] = bin === binCount - 1 ? unreachable : edgeOf(bin + 1)
  }
  return thresholds
}

/** Index of the first bin that is not empty with only scores at or above the threshold, which is an edge. */
export function placeAtOrAbove ({ bins }: ScoreHistogram, threshold: number): number {
  const first = Math.ceil((threshold + 1) / scoreResolution)
  let [low, high] = [0, bins.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if (bins[middle]! < first) low = middle + 1
    else high = middle
  }
  return low
}

/** Fraction of the counted comparisons that score at or above the threshold. */
export function fractionAtOrAbove (histogram: ScoreHistogram, threshold: number): number {
  const { total, counts } = histogram
  let above = 0
  for (let place = placeAtOrAbove(histogram, threshold); place < counts.length; place++) above += counts[place]!
  return above / total
}

/** The bins of two histograms that are not empty in both, ascending, with their counts. */
export function visitBins (
  a: ScoreHistogram,
  b: ScoreHistogram,
  visit: (bin: number, countA: number, countB: number) => void
): void {
  let [i, j] = [0, 0]
  while (i < a.bins.length || j < b.bins.length) {
    const [inA, inB] = [a.bins[i] ?? binCount, b.bins[j] ?? binCount]
    visit(Math.min(inA, inB), inA <= inB ? a.counts[i++]! : 0, inB <= inA ? b.counts[j++]! : 0)
  }
}

/**
 * Equal error rate (ISO/IEC 19795-1): the mean of the false match rate and the false non-match rate where they are
 * closest.
 * @returns null when either side has no comparisons
 */
export function equalErrorRate (nonMated: ScoreHistogram, mated: ScoreHistogram): number | null {
  if (nonMated.total === 0 || mated.total === 0) return null
  let [i, j] = [nonMated.bins.length - 1, mated.bins.length - 1]
  let falseMatches = 0
  let matches = 0
  let closest = Infinity
  let rate = 1
  while (i >= 0 || j >= 0) {
    const bin = Math.max(nonMated.bins[i] ?? -1, mated.bins[j] ?? -1)
    if (nonMated.bins[i] === bin) falseMatches += nonMated.counts[i--]!
    if (mated.bins[j] === bin) matches += mated.counts[j--]!
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
