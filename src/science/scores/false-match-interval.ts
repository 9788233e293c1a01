import { concatenate } from '../linear-algebra/concatenate.js'
import { dot } from '../linear-algebra/sums.js'
import { visitScores } from './score-rows.js'
import type { Products } from '../linear-algebra/matrix.js'
import { createRandom } from '../linear-algebra/random.js'
import { resamples, type Interval } from './bootstrap.js'
import { isUnordered, type ComparedSides } from './comparisons.js'

export interface FalseMatchRate extends Interval {
  readonly rate: number
  readonly falseMatches: number
}

/**
 * False match rates at thresholds, with 95 % intervals by bootstrap over identities (Bolle, Ratha and Pankanti, "Error
 * analysis of pattern recognition systems: the subsets bootstrap", 2004). A comparison belongs to two identities, and
 * both are resampled (Owen, "The pigeonhole bootstrap", Annals of Applied Statistics 1, 2007). To first order the
 * deviations of the two add up, and each is that of `sum w r / sum w c` over identities, with w the count of an
 * identity in the resample, r its false matches and c its comparisons, on either side. A resample has the rate `ratio^2
 * / rate`. Only r has to be kept, so any number of thresholds costs one pass.
 *
 * Comparisons pooled over parts, see `compareParts`, are resampled by the same rule: an identity has those of its part.
 * The models of the parts are taken as given.
 *
 * @param parts at least one; no identity is in two
 * @param thresholds ascending
 * @throws RangeError when there is no non-mated comparison
 */
export async function falseMatchRates (
  parts: readonly ComparedSides[],
  thresholds: readonly number[],
  seed: number,
  products: Products
): Promise<FalseMatchRate[]> {
  const { comparisons, takenPart } = await countInParts(parts, thresholds, products)
  const total = comparisons.reduce((sum, count) => sum + count, 0) // each comparison twice, once for either identity
  if (total === 0) throw new RangeError('expected at least two identities, received one')
  const unordered = isUnordered(parts[0]!) ? 2 : 1

  const drawn = drawIdentities(comparisons.length, seed)
  const drawnComparisons = drawn.map(weights => dot(weights, comparisons))
  return thresholds.map((_, t) => {
    const own = Float64Array.from(comparisons, (_, k) => takenPart[k * thresholds.length + t]! * unordered)
    const doubled = own.reduce((sum, count) => sum + count, 0)
    const rate = doubled / total
    const falseMatches = doubled / 2 / unordered
    // Without a false match every resample has none; the rule of three bounds what remains possible.
    if (falseMatches === 0) return { rate, falseMatches, lower: 0, upper: Math.min(1, 6 * unordered / total) }
    const rates = drawn.map((weights, b) => (dot(weights, own) / drawnComparisons[b]!) ** 2 / rate)
      .filter(Number.isFinite).sort((a, b) => a - b)
    return {
      rate,
      falseMatches,
      lower: Math.min(rate, rates[Math.floor(0.025 * (rates.length - 1))] ?? rate),
      upper: Math.min(1, Math.max(rate, rates[Math.ceil(0.975 * (rates.length - 1))] ?? rate))
    }
  })
}

/**
 * The comparisons of each identity, on either side, and (identities, thresholds) the false matches among them; the
 * identities of one part after those of another.
 */
async function countInParts (
  parts: readonly ComparedSides[],
  thresholds: readonly number[],
  products: Products
): Promise<{ comparisons: Float64Array, takenPart: Float64Array }> {
  const comparisons: number[] = []
  const taken: Float64Array[] = []
  for (const part of parts) {
    const { sizes, takenPart } = await countFalseMatches(part, thresholds, products)
    const [probes, references] = [part.identity.length, (part.other?.identity ?? part.identity).length]
    for (const { asProbe, asReference } of sizes) {
      comparisons.push(asProbe * (references - asReference) + asReference * (probes - asProbe))
    }
    taken.push(takenPart)
  }
  return { comparisons: Float64Array.from(comparisons), takenPart: concatenate(taken) }
}

/**
 * The images of each identity, and (identities, thresholds) the false matches that each takes part in, on either side.
 */
async function countFalseMatches (
  { probes, references, identity, other, symmetric }: ComparedSides,
  thresholds: readonly number[],
  products: Products
): Promise<{ sizes: { asProbe: number, asReference: number }[], takenPart: Float64Array }> {
  const index = new Map<number, number>()
  const numbered = (who: number) => {
    if (!index.has(who)) index.set(who, index.size)
    return index.get(who)!
  }
  const probeOwner = identity.map(numbered)
  const owner = other === undefined ? probeOwner : other.identity.map(numbered)
  const sizes = Array.from({ length: index.size }, () => ({ asProbe: 0, asReference: 0 }))
  for (const who of probeOwner) sizes[who]!.asProbe++
  for (const who of owner) sizes[who]!.asReference++

  const levels = thresholds.length
  const takenPart = new Float64Array(index.size * levels)
  if (levels === 0) return { sizes, takenPart }
  const lowest = thresholds[0]!
  const unordered = isUnordered({ references, symmetric })
  await visitScores(probes, references, products, (i, scores, offset) => {
    const who = probeOwner[i]!
    for (let j = unordered ? i + 1 : 0; j < owner.length; j++) {
      const score = scores[offset + j]!
      const other = owner[j]!
      if (score < lowest || other === who) continue
      const level = highestThresholdReached(thresholds, score)
      takenPart[who * levels + level] = takenPart[who * levels + level]! + 1
      takenPart[other * levels + level] = takenPart[other * levels + level]! + 1
    }
  })
  // A score that reaches a threshold reaches all lower ones.
  for (let k = 0; k < sizes.length; k++) {
    for (let level = levels - 2; level >= 0; level--) {
      takenPart[k * levels + level] = takenPart[k * levels + level]! + takenPart[k * levels + level + 1]!
    }
  }
  return { sizes, takenPart }
}

/** Index of the highest threshold that the score reaches; it reaches at least the first. */
function highestThresholdReached (thresholds: readonly number[], score: number): number {
  let low = 0
  let high = thresholds.length
  while (high - low > 1) {
    const middle = (low + high) >>> 1
    if (score >= thresholds[middle]!) low = middle
    else high = middle
  }
  return low
}

/** How often each identity occurs in each resample. */
function drawIdentities (identities: number, seed: number): Float64Array[] {
  const random = createRandom(seed)
  return Array.from({ length: resamples }, () => {
    const weights = new Float64Array(identities)
    for (let k = 0; k < identities; k++) {
      const drawn = random.integer(identities)
      weights[drawn] = weights[drawn]! + 1
    }
    return weights
  })
}
