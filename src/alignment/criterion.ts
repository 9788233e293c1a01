import { HistogramBuilder, thresholdsAt } from '../evaluation/histogram.js'
import { trueMatchRates } from '../evaluation/metrics.js'
import { rowsByIdentity, type IdentityIndex } from './identities.js'
import type { Products, TemplateMatrix } from './matrix.js'

const criterionRates: readonly number[] = [1e-1, 1e-2, 1e-3]
/** A rate counts when every fold is expected to have this many false matches at it: a relative error of 18 %. */
const fewestFalseMatches = 30

/** The criterion as a card has it. */
export function criterionAt (rates: readonly number[]): string {
  return rates.length === 0
    ? 'mean cosine of translated and true target template of the same image'
    : `mean TMR on different images at FMR ${rates.join(', ')}, identities weighing the same`
}

/** The rates of the criterion that every fold supports; none when some fold has no mated comparisons. */
export function supportedRates (identities: IdentityIndex, folds: readonly number[][]): number[] {
  let fewest = Infinity
  for (const rows of folds) {
    const sizes = new Map<number, number>()
    for (const row of rows) sizes.set(identities.ofRow[row]!, (sizes.get(identities.ofRow[row]!) ?? 0) + 1)
    const same = [...sizes.values()].reduce((sum, size) => sum + size * size, 0)
    if (same === rows.length) return []
    fewest = Math.min(fewest, rows.length * rows.length - same)
  }
  return criterionRates.filter(rate => rate * fewest >= fewestFalseMatches)
}

/**
 * As `meanTrueMatchRate`, for many probes and references of the same identities: the scores, 9 MB at 1,500 rows, are
 * written where those before them were.
 */
export function createCriterion (identity: Int32Array, rates: readonly number[], products: Products): (probes: TemplateMatrix, references: TemplateMatrix) => Promise<number> {
  const n = identity.length
  const rowsOfEach = rowsByIdentity(identity)
  const scores = new Float32Array(n * n) // (n, n), row-major
  const upper = new Float32Array(n * n)
  return async (probes, references) => {
    await products.multiply(probes, references, { transposeB: true, into: scores })
    const mated = takeMated(scores, n, rowsOfEach)
    const { perIdentity } = trueMatchRates({ mated }, upperThresholds(scores, upper, n * n - n - mated.scores.length, rates))
    return mean(perIdentity.map(values => mean(values)))
  }
}

/**
 * The criterion, see `select`: mean over the rates of the TMR on different images, identities weighing the same. What
 * `compare`, `thresholdsAt` and `trueMatchRates` give, to the last bit, without all that a card needs beside it.
 *
 * @param probes (n, d), normalised rows
 * @param references (n, d), normalised rows; row i of both is the same image
 * @param identity (n)
 * @param rates of false matches
 */
export async function meanTrueMatchRate (
  probes: TemplateMatrix, references: TemplateMatrix, identity: Int32Array, rates: readonly number[], products: Products
): Promise<number> {
  return await createCriterion(identity, rates, products)(probes, references)
}

/** Below every score. */
const taken = -2

/** The mated scores, the images' own left out. In the matrix all comparisons within identities are overwritten with `taken`. */
function takeMated (scores: Float32Array, n: number, rowsOfEach: ReadonlyMap<number, readonly number[]>) {
  const own: number[] = []
  const owners: number[] = []
  for (const [who, rows] of rowsOfEach) {
    for (const i of rows) {
      for (const j of rows) {
        if (i !== j) {
          own.push(scores[i * n + j]!)
          owners.push(who)
        }
        scores[i * n + j] = taken
      }
    }
  }
  return { scores: Float32Array.from(own), identity: Int32Array.from(owners) }
}

/** Bins of the sample: their counts, 32 kB, stay in the first-level cache, where those of a `ScoreHistogram` miss the second. */
const coarseBins = 2 ** 13
/** One score in so many is in the sample. A prime, so that it meets all rows and columns. */
const sampleStride = 17
/** How much too high the sample may put a share of the scores, relatively, before all of them have to be counted. */
const sampleMargin = 1.05
/** Between `taken` and every score that counts. */
const leastScore = (taken - 1) / 2

/**
 * `thresholdsAt` where all thresholds lie in the upper part of the scores: a sample tells where that begins, and only what
 * is there is counted. It is brought together first: of a branch that one score in ten takes, at random, the processor
 * predicts too many wrong. 2.2 million scores take 6 ms, where a histogram of all and such a branch took 16.
 *
 * @param scores those that count, and others that are `taken`
 * @param upper as long as the scores; overwritten
 * @param total how many count
 */
function upperThresholds (scores: Float32Array, upper: Float32Array, total: number, rates: readonly number[]): number[] {
  // One more than the rate allows, which is rounded.
  const enough = Math.max(...rates) * total + 1
  let count = bringTogether(upper, scores, estimateBound(scores, enough))
  if (count < enough) count = bringTogether(upper, scores, leastScore)
  const counted = new HistogramBuilder()
  counted.addRange(upper, 0, count)
  return thresholdsAt({ total, counts: counted.finish().counts }, rates)
}

/** A score that, going by a sample, somewhat more than `enough` scores reach; an edge of a bin of `ScoreHistogram`. */
function estimateBound (scores: Float32Array, enough: number): number {
  const counts = new Uint32Array(coarseBins)
  for (let k = 0; k < scores.length; k += sampleStride) {
    const position = (scores[k]! + 1) * (coarseBins / 2)
    const bin = position < 0 ? 0 : position < coarseBins ? position | 0 : coarseBins - 1
    counts[bin] = counts[bin]! + 1
  }
  let lowest = coarseBins
  for (let above = 0; lowest > 0 && above * sampleStride <= enough * sampleMargin;) above += counts[--lowest]!
  return lowest === 0 ? leastScore : -1 + lowest * 2 / coarseBins
}

/** Writes the scores that reach `from` one after the other, without a branch. @returns how many they are */
function bringTogether (upper: Float32Array, scores: Float32Array, from: number): number {
  let count = 0
  for (let k = 0; k < scores.length; k++) {
    const score = scores[k]!
    upper[count] = score
    count += Number(score >= from)
  }
  return count
}

function mean (values: ArrayLike<number>): number {
  let sum = 0
  for (let i = 0; i < values.length; i++) sum += values[i]!
  return sum / values.length
}
