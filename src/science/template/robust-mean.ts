import { dot } from '../linear-algebra/sums.js'

/** Several templates of one model, of images that should be of one person. */
export interface Several {
  /** (n) templates (d), finite and without zero */
  readonly vectors: readonly Float32Array[]
  /** (n), above 0: how much each counts */
  readonly weights: readonly number[]
}

/** Maximum templates: all of their subsets are looked at. */
export const maxSeveral = 10

/**
 * The largest set of templates that all match one another; of equally large ones, that with the highest sum of scores.
 * Chains of matches are not enough: a morph of two people matches both, who do not match.
 *
 * @param threshold the lowest cosine that matches
 * @returns ascending positions; undefined unless they are more than half of the templates
 * @throws RangeError for more than `maxSeveral`
 */
export function agreeing ({ vectors }: Pick<Several, 'vectors'>, threshold: number): number[] | undefined {
  const n = vectors.length
  if (n > maxSeveral) throw new RangeError(`expected at most ${maxSeveral} templates, received ${n}`)
  const scores = cosines(vectors)
  let best: { members: number[], sum: number } = { members: [], sum: -Infinity }
  for (let subset = 1; subset < 2 ** n; subset++) {
    const members = vectors.map((_, i) => i).filter(i => (subset >> i & 1) === 1)
    if (members.length < best.members.length) continue
    const pairs = members.flatMap((i, k) => members.slice(0, k).map(j => scores[i]![j]!))
    if (pairs.some(score => score < threshold)) continue
    const sum = pairs.reduce((all, score) => all + score, 0)
    if (members.length > best.members.length || sum > best.sum) best = { members, sum }
  }
  return 2 * best.members.length > n ? best.members : undefined
}

/**
 * Weighted mean of the directions of templates, as long as they are on average: comparisons normalise it, and what the
 * lengths of a space tell stays true.
 *
 * @returns (d)
 */
export function meanOfDirections ({ vectors, weights }: Several): Float32Array {
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  const mean = new Float64Array(vectors[0]!.length)
  let length = 0
  vectors.forEach((vector, i) => {
    const own = Math.hypot(...vector)
    const share = weights[i]! / total
    length += share * own
    for (let j = 0; j < mean.length; j++) mean[j] = mean[j]! + share * vector[j]! / own
  })
  const factor = length / Math.hypot(...mean)
  return Float32Array.from(mean, value => factor * value)
}

/** (n, n) */
function cosines (vectors: readonly Float32Array[]): number[][] {
  const lengths = vectors.map(vector => Math.sqrt(dot(vector, vector)))
  return vectors.map((a, i) => vectors.map((b, j) => dot(a, b) / (lengths[i]! * lengths[j]!)))
}
