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
  const { rows: n, data: scores } = await products.multiply(probes, references, { transposeB: true }) // (n, n)
  const mated = takeMated(scores, n, identity)
  const { perIdentity } = trueMatchRates({ mated }, upperThresholds(scores, n * n - n - mated.scores.length, rates))
  return mean(perIdentity.map(values => mean(values)))
}

/** Below every score. */
const taken = -2

/** The mated scores, the images' own left out. In the matrix all comparisons within identities are overwritten with `taken`. */
function takeMated (scores: Float32Array, n: number, identity: Int32Array) {
  const own: number[] = []
  const owners: number[] = []
  for (const [who, rows] of rowsByIdentity(identity)) {
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

/** Bins of the first pass: their counts, 32 kB, stay in the first-level cache, where those of a `ScoreHistogram` miss the second. */
const coarseBins = 2 ** 13

/**
 * `thresholdsAt` where all thresholds lie in the upper part of the scores: a coarse histogram finds where that begins,
 * and only what is there is counted finely. 2.2 million scores take 8 ms, all of them counted finely 20.
 *
 * @param scores those that count, and others that are `taken`
 * @param total how many count
 */
function upperThresholds (scores: Float32Array, total: number, rates: readonly number[]): number[] {
  const counts = new Uint32Array(coarseBins)
  for (let k = 0; k < scores.length; k++) {
    const position = (scores[k]! + 1) * (coarseBins / 2)
    const bin = position < 0 ? 0 : position < coarseBins ? position | 0 : coarseBins - 1
    counts[bin] = counts[bin]! + 1
  }
  // One more than the rate allows, which is rounded.
  const enough = Math.max(...rates) * total + 1
  let lowest = coarseBins
  for (let above = 0; lowest > 0 && above <= enough;) above += counts[--lowest]!

  const upper = new HistogramBuilder()
  const from = lowest === 0 ? -Infinity : -1 + lowest * 2 / coarseBins
  for (let k = 0; k < scores.length; k++) {
    const score = scores[k]!
    if (score >= from && score !== taken) upper.add(score)
  }
  return thresholdsAt({ total, counts: upper.finish().counts }, rates)
}

function mean (values: ArrayLike<number>): number {
  let sum = 0
  for (let i = 0; i < values.length; i++) sum += values[i]!
  return sum / values.length
}
