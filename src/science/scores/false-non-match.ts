import type { DetailedMetrics } from './detailed-metrics.js'

/** What a card says about mated comparisons: the points of its trade-off, and the distribution of their scores. */
export type MatedFigures = Pick<DetailedMetrics, 'operatingPoints' | 'det' | 'scores'>

/**
 * The false non-match rate at a threshold, identities weighing the same. Between two points of the detection error
 * trade-off, or of the operating points where a card has no trade-off, it is linear in the threshold. Above the highest
 * point it comes from the distribution of the mated scores, linear within bins. Below the lowest it is the rate of the
 * lowest, an upper bound.
 *
 * @returns null where the card does not tell
 */
export function falseNonMatchRateAt (
  { operatingPoints, det = [], scores }: MatedFigures,
  threshold: number
): number | null {
  const points = (det.length > 0 ? det : operatingPoints).flatMap(
    point => point.threshold === null || point.fnmr === null ? [] : [{ threshold: point.threshold, fnmr: point.fnmr }]
  )
  const above = points.findIndex(point => point.threshold >= threshold)
  if (above === 0) return points[0]!.fnmr
  if (above > 0) {
    const [low, high] = [points[above - 1]!, points[above]!]
    return low.fnmr + (threshold - low.threshold) / (high.threshold - low.threshold) * (high.fnmr - low.fnmr)
  }
  if (points.length === 0 || scores == null) return null
  const position = (threshold - scores.from) / scores.binWidth
  const below = scores.mated.reduce((sum, share, bin) => sum + share * Math.min(1, Math.max(0, position - bin)), 0)
  return Math.min(1, Math.max(points.at(-1)!.fnmr, below))
}
