import type { Card } from './card.js'
import type { ScoreDistribution } from '../scores/score-distribution.js'

/**
 * How surely a score tells that two templates of different systems are the same person's: the measures D(s) and D_sys
 * of Gomez-Barrero, Galbally, Rathgeb and Busch, "General Framework to Evaluate Unlinkability in Biometric Template
 * Protection Systems", IEEE TIFS 13(6), 2018, equations 9 to 11.
 *
 * LR(s) = p(s | mated) / p(s | non-mated) D(s) = 2 w LR(s) / (1 + w LR(s)) - 1 where w LR(s) > 1, else 0 D_sys = sum
 * over s of D(s) p(s | mated)
 *
 * Densities are the shares of the bins of the distribution. A bin with few comparisons overstates what its score tells,
 * so D_sys of few comparisons is too high rather than too low.
 *
 * @param scores with mated comparisons
 * @param priorRatio w, of the probability that two templates are the same person's to that they are not
 * @returns 0 when no score tells anything, 1 when each tells all; null without mated comparisons
 */
export function linkability (
  { mated, nonMated }: Pick<ScoreDistribution, 'mated' | 'nonMated'>, priorRatio = 1
): number | null {
  let [sum, total] = [0, 0]
  for (const [bin, share] of mated.entries()) {
    const weighted = priorRatio * share
    const other = nonMated[bin]!
    if (weighted > other) sum += share * (2 * weighted / (weighted + other) - 1)
    total += share
  }
  return total === 0 ? null : sum / total
}

/** What a map lets link, beside what can be linked without it. */
export interface Linkability {
  /** D_sys of translated source against target templates, and of the two without a map */
  readonly translated: number
  readonly unaligned: number | null
  /**
   * The smallest number of pairs that the learning curve tells of, and from how many on it is as good as with all,
   * within 5 %; null where the curve does not say
   */
  readonly fewest: { readonly pairs: number, readonly tmr: number, readonly fmr: number } | null
  readonly share95: number | null
}

/** @returns null for cards that do not have the distribution of the scores */
export function linkabilityOf (
  { evaluation: { crossModel, unaligned }, learningCurve }: Pick<Card, 'evaluation' | 'learningCurve'>
): Linkability | null {
  const translated = crossModel.scores == null ? null : linkability(crossModel.scores)
  if (translated === null) return null
  const first = learningCurve?.points.find(({ tmr }) => tmr !== null)
  return {
    translated,
    unaligned: unaligned.scores == null ? null : linkability(unaligned.scores),
    fewest: first == null || learningCurve?.fmr == null
      ? null
      : { pairs: first.pairs, tmr: first.tmr!, fmr: learningCurve.fmr },
    share95: learningCurve?.pairsFor.share95 ?? null
  }
}
