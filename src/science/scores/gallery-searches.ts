import { visitScores } from './score-rows.js'
import type { Products, TemplateMatrix } from '../linear-algebra/matrix.js'

/** What searches of a gallery with one reference per subject came to, one element per probe. */
export interface GallerySearches {
  /** score of the reference of the probe's own subject; -Infinity where it has none */
  readonly mated: Float32Array
  /** best score among all other subjects */
  readonly others: Float32Array
}

/**
 * Searches a gallery with every probe. With its own subject left out, a search by anybody is a search by a stranger:
 * `others` is what false positive identifications are made of, for a gallery with one subject less.
 *
 * @param probes (n, d), such that inner products with references are comparison scores
 * @param references (m, d), one per subject
 * @param subject (n), index of the reference of each probe's subject; -1 where it has none
 */
export async function searchGallery (
  probes: TemplateMatrix, references: TemplateMatrix, subject: Int32Array, products: Products
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
 * False positive identification rate of searches by strangers: the weight of those that return somebody.
 * @param others best score of each search
 * @param weights of the searches, of sum 1
 */
export function falsePositiveRate (others: ArrayLike<number>, weights: ArrayLike<number>, threshold: number): number {
  let sum = 0
  for (let i = 0; i < others.length; i++) if (others[i]! >= threshold) sum += weights[i]!
  return Math.min(1, sum)
}

/**
 * The lowest threshold at which at most `fpir` of these searches return somebody: just above a score that was reached,
 * or -Infinity when every search may.
 */
export function thresholdAtFalsePositiveRate (
  others: ArrayLike<number>, weights: ArrayLike<number>, fpir: number
): number {
  const order = Array.from({ length: others.length }, (_, i) => i).sort((a, b) => others[b]! - others[a]!)
  let sum = 0
  for (const i of order) {
    sum += weights[i]!
    // Above this score, and so above all searches that coincide with it.
    if (sum > fpir * (1 + 1e-12)) return nextAbove(others[i]!)
  }
  return -Infinity
}

/** The next number in single precision, in which scores are. */
function nextAbove (score: number): number {
  const single = new Float32Array([score])
  const bits = new Int32Array(single.buffer)
  if (single[0] === 0) return 2 ** -149
  bits[0] = bits[0]! + (score > 0 ? 1 : -1)
  return single[0]!
}
