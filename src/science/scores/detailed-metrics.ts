import { nullable } from '../schemas.js'
import { Type, type Static } from 'typebox'
import type { Comparisons } from './comparisons.js'
import { DetPoint, detPoints } from './det.js'
import { Identification } from './identification.js'
import { measure, Metrics } from './metrics.js'
import { ScoreDistribution, scoreDistribution } from './score-distribution.js'

/** Metrics with the data of plots. The additions are missing from cards of version 1. */
export const DetailedMetrics = Type.Object({
  ...Metrics.properties,
  det: Type.Optional(
    Type.Array(DetPoint, {
      description: 'Detection error trade-off, from FMR 0.5 down to the lowest that the comparisons support, six ' +
        'points a decade'
    })
  ),
  scores: Type.Optional(nullable(ScoreDistribution, 'Null without comparisons')),
  identification: Type.Optional(Identification)
}, { additionalProperties: false, description: 'Null stands for what the data cannot tell' })
export type DetailedMetrics = Static<typeof DetailedMetrics>

/** Metrics of a set of comparisons, with the curves. Identification makes comparisons of its own, so callers add it. */
export function measureInDetail (comparisons: Comparisons, seed: number, withinSpace: boolean): DetailedMetrics {
  return {
    ...measure(comparisons, seed, withinSpace),
    det: detPoints(comparisons),
    scores: scoreDistribution(comparisons)
  }
}
