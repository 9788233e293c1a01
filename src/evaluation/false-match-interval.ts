import { rowRange, type Products, type TemplateMatrix } from '../alignment/matrix.js'
import { createRandom } from '../alignment/random.js'
import { resamples, type Interval } from './bootstrap.js'

/** Scores held at once, about 16 MB in single precision. */
const scoresPerBlock = 4_000_000

export interface FalseMatchRate extends Interval {
  readonly rate: number
  readonly falseMatches: number
  readonly nonMatedComparisons: number
}

/**
 * The false match rate at a threshold, with a 95 % interval by bootstrap over identities. A comparison belongs to two
 * identities, and each of them enters a resample with the number of times it was drawn (Bolle, Ratha and Pankanti 2004
 * for one factor; the product of both draws is the two-way form of Owen, Annals of Applied Statistics 1, 2007). Only
 * the false matches have to be kept, so that a resample costs as much as there are of them.
 *
 * @param probes (n, k) and references (n, k), rows of one image each, projected; a score is their inner product
 * @param identity (n), index of the identity of each row
 * @throws RangeError when there is no non-mated comparison
 */
export async function falseMatchRate (
  probes: TemplateMatrix, references: TemplateMatrix, identity: Int32Array, threshold: number, seed: number, products: Products
): Promise<FalseMatchRate> {
  const n = probes.rows
  const index = new Map<number, number>()
  const owner = identity.map(who => {
    if (!index.has(who)) index.set(who, index.size)
    return index.get(who)!
  })
  const sizes = new Float64Array(index.size)
  for (const who of owner) sizes[who] = sizes[who]! + 1

  const pairs: [number, number][] = [] // identities of each false match
  const blockRows = Math.max(1, Math.floor(scoresPerBlock / Math.max(1, n)))
  for (let start = 0; start < n; start += blockRows) {
    const end = Math.min(n, start + blockRows)
    const { data: scores } = await products.multiply(rowRange(probes, start, end), references, { transposeB: true }) // (end - start, n)
    for (let i = start; i < end; i++) {
      for (let j = 0; j < n; j++) {
        if (scores[(i - start) * n + j]! >= threshold && owner[i] !== owner[j]) pairs.push([owner[i]!, owner[j]!])
      }
    }
  }

  const total = nonMatedOf(sizes, new Float64Array(sizes.length).fill(1))
  if (total === 0) throw new RangeError('expected at least two identities, received one')
  const random = createRandom(seed)
  const rates: number[] = []
  const weights = new Float64Array(sizes.length)
  for (let b = 0; b < resamples; b++) {
    weights.fill(0)
    for (let k = 0; k < weights.length; k++) {
      const drawn = random.integer(weights.length)
      weights[drawn] = weights[drawn]! + 1
    }
    const comparisons = nonMatedOf(sizes, weights)
    if (comparisons === 0) continue // one identity drawn throughout
    let matches = 0
    for (const [a, c] of pairs) matches += weights[a]! * weights[c]!
    rates.push(matches / comparisons)
  }
  rates.sort((a, b) => a - b)
  const rate = pairs.length / total
  return {
    rate,
    lower: Math.min(rate, rates[Math.floor(0.025 * (rates.length - 1))]!),
    // With no false match at all every resample has none; the rule of three says what remains possible.
    upper: pairs.length === 0 ? Math.min(1, 3 / total) : Math.max(rate, rates[Math.ceil(0.975 * (rates.length - 1))]!),
    falseMatches: pairs.length,
    nonMatedComparisons: total
  }
}

/** Comparisons of different identities, where identity k counts `weights[k]` times and has `sizes[k]` images. */
function nonMatedOf (sizes: Float64Array, weights: Float64Array): number {
  let all = 0
  let same = 0
  for (let k = 0; k < sizes.length; k++) {
    all += weights[k]! * sizes[k]!
    same += (weights[k]! * sizes[k]!) ** 2
  }
  return all * all - same
}
