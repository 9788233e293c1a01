import { closed, nullable, nullableNumber, Rate } from '../schemas.js'
import { Type, type Static } from 'typebox'
import { mean } from '../linear-algebra/sums.js'
import { quantile } from '../linear-algebra/quantile.js'
import { createRandom } from '../linear-algebra/random.js'
import { resamples } from '../scores/bootstrap.js'
import { clusterByAverageLinkage } from './clustering.js'
import { Estimate, type IdentityShares } from './estimate.js'

/** At or below this mean silhouette there is no substantial structure (Kaufman and Rousseeuw, 1990, table 4). */
const leastSilhouette = 0.25

export const Families = Type.Object({
  families: Type.Array(
    Type.Object({
      models: Type.Array(Type.String(), { minItems: 1 }),
      stability: { ...Rate, description: 'Share of the resamples of persons in which exactly these are a family' }
    }, closed),
    {
      description: 'The cut of the clustering with the highest mean silhouette (Rousseeuw, 1987); all models are one ' +
        'family when that is at most 0.25, and when there are two models'
    }
  ),
  silhouette: nullableNumber('Mean silhouette of this cut, -1 to 1; null when all models are one family'),
  pairs: Type.Array(
    Type.Object({
      first: Type.String(),
      second: Type.String(),
      distance: { ...Estimate, description: '1 - the mean TMR of both directions after alignment, and its interval' },
      together: { ...Rate, description: 'Share of the resamples in which both are of one family' }
    }, closed),
    { description: 'Every two models' }
  )
}, { ...closed, description: 'Which models translate into one another' })
export type Families = Static<typeof Families>

export const NullableFamilies = nullable(Families, 'Null when a true match rate is unknown')

/**
 * Families of models: the dendrogram of an evaluation, cut where clusters are clearest, and how far that rests on the
 * persons who were tested. Thresholds stay as they are, as for all intervals of true match rates.
 *
 * @param shares by source and target: for each identity, the share of its mated comparisons that match after alignment
 * @param seed of the bootstrap
 * @returns null when a rate is unknown
 */
export function familiesOf (
  models: readonly string[],
  shares: (source: number, target: number) => IdentityShares | null,
  seed: number
): Families | null {
  const pairs = models.flatMap((_, a) => models.map((_, b) => [a, b] as const)).filter(([a, b]) => a < b)
  const perIdentity: Float64Array[] = []
  for (const [a, b] of pairs) {
    const [forward, backward] = [shares(a, b), shares(b, a)]
    if (forward === null || backward === null) return null
    perIdentity.push(Float64Array.from(forward, ([who, share]) => 1 - (share + backward.get(who)!) / 2))
  }
  const found = familiesAt(models.length, pairs, perIdentity.map(mean))

  const random = createRandom(seed)
  const people = perIdentity[0]!.length
  const draws = new Int32Array(people)
  const resampled = pairs.map(() => new Float64Array(resamples))
  const together = new Float64Array(pairs.length)
  const recovered = new Map(found.families.map(family => [keyOf(family), 0]))
  for (let b = 0; b < resamples; b++) {
    for (let k = 0; k < people; k++) draws[k] = random.integer(people)
    const distances = perIdentity.map(values => meanOf(values, draws))
    distances.forEach((distance, k) => {
      resampled[k]![b] = distance
    })
    const { families } = familiesAt(models.length, pairs, distances)
    for (const family of families) {
      const key = keyOf(family)
      if (recovered.has(key)) recovered.set(key, recovered.get(key)! + 1)
    }
    pairs.forEach(([first, second], k) => {
      if (families.some(family => family.includes(first) && family.includes(second))) together[k] = together[k]! + 1
    })
  }
  return {
    families: found.families.map(family => ({
      models: family.map(m => models[m]!),
      stability: recovered.get(keyOf(family))! / resamples
    })),
    silhouette: found.silhouette,
    pairs: pairs.map(([a, b], k) => ({
      first: models[a]!,
      second: models[b]!,
      distance: intervalAbout(mean(perIdentity[k]!), resampled[k]!),
      together: together[k]! / resamples
    }))
  }
}

const keyOf = (family: readonly number[]) => family.join()

function meanOf (values: Float64Array, draws: Int32Array): number {
  let sum = 0
  for (let k = 0; k < draws.length; k++) sum += values[draws[k]!]!
  return sum / draws.length
}

function intervalAbout (value: number, values: Float64Array): Estimate {
  const sorted = values.sort()
  return {
    value,
    lower: Math.min(value, quantile(sorted, 0.025)),
    upper: Math.max(value, quantile(sorted, 0.975))
  }
}

interface Cut {
  /** numbers of models, ascending, the family of the first model first */
  readonly families: readonly (readonly number[])[]
  readonly silhouette: number | null
}

/** The clearest cut of the average linkage of these distances. */
function familiesAt (count: number, pairs: readonly (readonly [number, number])[], values: readonly number[]): Cut {
  const distances = Array.from({ length: count }, () => new Array<number>(count).fill(0))
  pairs.forEach(([a, b], k) => {
    distances[a]![b] = values[k]!
    distances[b]![a] = values[k]!
  })
  let best: Cut = { families: [distances.map((_, m) => m)], silhouette: null }
  if (count < 3) return best
  const clusters = new Map(distances.map((_, m) => [m, [m]]))
  for (const [k, { left, right }] of clusterByAverageLinkage(distances).merges.entries()) {
    const joined = [...clusters.get(left)!, ...clusters.get(right)!].sort((a, b) => a - b)
    clusters.delete(left)
    clusters.delete(right)
    clusters.set(count + k, joined)
    if (clusters.size === 1) break
    const families = [...clusters.values()].sort((a, b) => a[0]! - b[0]!)
    const silhouette = mean(silhouettes(families, distances))
    if (silhouette > Math.max(leastSilhouette, best.silhouette ?? 0)) best = { families, silhouette }
  }
  return best
}

/** Rousseeuw's silhouette of each model: 0 for one that is alone. */
function silhouettes (
  families: readonly (readonly number[])[],
  distances: readonly (readonly number[])[]
): number[] {
  return families.flatMap(family =>
    family.map(m => {
      if (family.length === 1) return 0
      const toOthers = (members: readonly number[]) => mean(members.map(other => distances[m]![other]!))
      const within = toOthers(family.filter(other => other !== m))
      const nearest = Math.min(...families.filter(other => other !== family).map(toOthers))
      const larger = Math.max(within, nearest)
      return larger === 0 ? 0 : (nearest - within) / larger
    })
  )
}
