import { visitScores } from './score-rows.js'
import type { Products, TemplateMatrix } from '../linear-algebra/matrix.js'

/** The outcome of searches in a gallery with one reference per subject, one element per probe. */
export interface GallerySearches {
  /** score of the reference of the probe's own subject; -Infinity where there is none */
  readonly mated: Float32Array
  /** best score among all other subjects */
  readonly others: Float32Array
}

/**
 * Searches a gallery with every probe. With its own subject left out, every search is a search by a stranger: `others`
 * tells the false positive identifications of a gallery with one subject less.
 *
 * @param probes (n, d), such that inner products with references are comparison scores
 * @param references (m, d), one per subject
 * @param subject (n), index of the reference of each probe's subject; -1 where there is none
 */
export async function searchGallery (
  probes: TemplateMatrix,
  references: TemplateMatrix,
  subject: Int32Array,
  products: Products
): Promise<GallerySearches> {
  const n = probes.rows
  if (subject.length !== n) {
    throw new RangeError(`expected as many probes as subjects, received ${n} and ${subject.length}`)
  }
  const mated = new Float32Array(n).fill(-Infinity)
  const others = new Float32Array(n).fill(-Infinity)
  await visitScores(probes, references, products, (i, scores, offset) => {
    const own = subject[i]!
    const row = scores.subarray(offset, offset + references.rows)
    if (own >= 0) {
      mated[i] = row[own]!
      row[own] = -Infinity
    }
    let best = -Infinity
    for (let j = 0; j < row.length; j++) if (row[j]! > best) best = row[j]!
    others[i] = best
  })
  return { mated, others }
}

/**
 * False positive identification rate of searches by strangers: the weight of those that return a candidate.
 * @param others best score of each search
 * @param weights of the searches, with sum 1
 */
export function falsePositiveRate (others: ArrayLike<number>, weights: ArrayLike<number>, threshold: number): number {
  let sum = 0
  for (let i = 0; i < others.length; i++) if (others[i]! >= threshold) sum += weights[i]!
  return Math.min(1, sum)
}

/**
 * The lowest threshold at which at most `fpir` of these searches return a candidate: just above a score that was
 * reached, or -Infinity when every search may.
 */
export function thresholdAtFalsePositiveRate (
  others: ArrayLike<number>,
  weights: ArrayLike<number>,
  fpir: number
): number {
  const order = Array.from({ length: others.length }, (_, i) => i).sort((a, b) => others[b]! - others[a]!)
  let sum = 0
  for (const i of order) {
    sum += weights[i]!
    // Above this score, and thus above all searches with the same score.
    if (sum > fpir * (1 + 1e-12)) return nextAbove(others[i]!)
  }
  return -Infinity
}

/** The next number in single precision, the precision of scores. */
function nextAbove (score: number): number {
  const single = new Float32Array([score])
  const bits = new Int32Array(single.buffer)
  if (single[0] === 0) return 2 ** -149
  bits[0] = bits[0]! + (score > 0 ? 1 : -1)
  return single[0]!
}
