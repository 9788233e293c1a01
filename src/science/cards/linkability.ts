import type { Card } from './card.js'
import type { ScoreDistribution } from '../scores/score-distribution.js'

/**
 * How reliably a score links two templates of different systems to one person: the measures D(s) and D_sys of
 * Gomez-Barrero, Galbally, Rathgeb and Busch, "General Framework to Evaluate Unlinkability in Biometric Template
 * Protection Systems", IEEE TIFS 13(6), 2018, equations 9 to 11.
 *
 *     LR(s) = p(s | mated) / p(s | non-mated)
 *     D(s) = 2 w LR(s) / (1 + w LR(s)) - 1 where w LR(s) > 1, else 0
 *     D_sys = sum over s of D(s) p(s | mated)
 *
 * Densities are the shares of the bins of the distribution. A bin with few comparisons overstates its score, so D_sys
 * of few comparisons is too high rather than too low.
 *
 * @param scores with mated comparisons
 * @param priorRatio w, the prior odds that two templates are of the same person
 * @returns from 0, no score links anything, to 1, every score does; null without mated comparisons
 */
export function linkability (
  { mated, nonMated }: Pick<ScoreDistribution, 'mated' | 'nonMated'>,
  priorRatio = 1
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
   * The smallest subset of the learning curve, and the pairs from which on its TMR is within 5 % of the last; null
   * where the curve does not tell.
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
