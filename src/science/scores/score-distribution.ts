import { closed } from '../schemas.js'
import { Type, type Static } from 'typebox'
import type { Comparisons } from './comparisons.js'
import { edgeOf, scoreResolution, type ScoreHistogram } from './histogram.js'
import { identityWeighted } from './metrics.js'

const buckets = 60

const Shares = (description: string) => Type.Array(Type.Number({ minimum: 0 }), { description })

export const ScoreDistribution = Type.Object({
  from: Type.Number({ description: 'Lower edge of the first bin' }),
  binWidth: Type.Number({
    description: 'Width of every bin; bin k holds scores from `from + k binWidth`, inclusive, to `from + (k + 1) ' +
      'binWidth`, exclusive'
  }),
  nonMated: Shares('Share of the non-mated comparisons in each bin'),
  mated: Shares('Share of the mated comparisons in each bin, identities weighing the same; zeros when there are none')
}, { ...closed, description: 'How the scores are distributed: 60 bins from the lowest to the highest score' })
export type ScoreDistribution = Static<typeof ScoreDistribution>

/**
 * Counts scores in 60 bins that span the observed range. Their edges coincide with edges of the histograms, so every
 * score is in its own bin; shares have six digits.
 *
 * @returns null when there are no comparisons
 */
export function scoreDistribution (comparisons: Comparisons): ScoreDistribution | null {
  const mated = identityWeighted(comparisons)
  const { nonMated } = comparisons
  const first = Math.min(nonMated.bins[0] ?? Infinity, mated.bins[0] ?? Infinity)
  const last = Math.max(nonMated.bins.at(-1) ?? -1, mated.bins.at(-1) ?? -1)
  if (last < first) return null
  const width = Math.ceil((last - first + 1) / buckets) // in bins of the histograms
  const shares = ({ total, bins, counts }: ScoreHistogram) => {
    const sums = new Array<number>(buckets).fill(0)
    bins.forEach((bin, place) => {
      const bucket = Math.floor((bin - first) / width)
      sums[bucket] = sums[bucket]! + counts[place]!
    })
    return sums.map(sum => total === 0 ? 0 : Number((sum / total).toPrecision(6)))
  }
  return {
    from: edgeOf(first),
    binWidth: width * scoreResolution,
    nonMated: shares(nonMated),
    mated: shares(mated)
  }
}
