import { dealFolds, limitRows, type IdentityIndex } from '../linear-algebra/identities.js'
import type { Products, TemplateMatrix } from '../linear-algebra/matrix.js'
import { foldCount } from './pairs.js'
import { createRandom } from '../linear-algebra/random.js'
import type { MutualMoments } from './comparison-candidates.js'
import {
  addStatistics,
  centre,
  gatherMutualStatistics,
  gatherStatistics,
  nearMean,
  subtractStatistics,
  type PairStatistics
} from './statistics.js'

/** Rows of a fold that are scored: 2 million comparisons, 2,000 false matches at FMR 1e-3. */
const maxScoredRows = 1500

export interface TrainingPairs {
  /** (n, dSource), normalised rows */
  readonly source: TemplateMatrix
  /** (n, dTarget), normalised rows */
  readonly target: TemplateMatrix
  readonly identities: IdentityIndex
  /** the rows to train on */
  readonly rows: readonly number[]
}

/** The statistics of every fold, and of all together. What is fitted without a fold costs a subtraction. */
interface FoldStatistics {
  readonly parts: readonly PairStatistics[]
  readonly total: PairStatistics
}

/** Folds of training pairs that share no identity. */
export interface Folds {
  readonly pairs: TrainingPairs
  /** rows of each fold, ascending */
  readonly rows: readonly number[][]
  /** the rows of each that are scored when candidates are compared */
  readonly scored: readonly number[][]
  /** source to target */
  readonly forward: FoldStatistics
}

/** Folds with their statistics in both directions. */
export interface MutualFolds extends Folds {
  /** target to source */
  readonly backward: FoldStatistics
}

/** The rows of each fold, and those of each that are scored; by the seed and the identities alone. */
export function dealScoredFolds (
  { identities, rows }: Pick<TrainingPairs, 'identities' | 'rows'>,
  seed: number
): { folds: number[][], scored: number[][] } {
  const random = createRandom(seed)
  const folds = dealFolds(identities, rows, foldCount, random)
  return { folds, scored: folds.map(fold => limitRows(identities, fold, maxScoredRows, random)) }
}

/** Deals training pairs into folds, and gathers the statistics of each in one pass over the pairs. */
export async function gatherFolds (pairs: TrainingPairs, seed: number, products: Products): Promise<Folds> {
  const { source, target } = pairs
  const { folds, scored } = dealScoredFolds(pairs, seed)
  const origins = originsOf(pairs)
  const parts: PairStatistics[] = []
  for (const fold of folds) parts.push(await gatherStatistics(source, target, fold, origins, products))
  return { pairs, rows: folds, scored, forward: { parts, total: addStatistics(parts) } }
}

/** As `gatherFolds`, in both directions. */
export async function gatherMutualFolds (pairs: TrainingPairs, seed: number, products: Products): Promise<MutualFolds> {
  const { source, target } = pairs
  const { folds, scored } = dealScoredFolds(pairs, seed)
  const origins = originsOf(pairs)
  const forward: PairStatistics[] = []
  const backward: PairStatistics[] = []
  for (const fold of folds) {
    const part = await gatherMutualStatistics(source, target, fold, origins, products)
    forward.push(part.forward)
    backward.push(part.backward)
  }
  return {
    pairs,
    rows: folds,
    scored,
    forward: { parts: forward, total: addStatistics(forward) },
    backward: { parts: backward, total: addStatistics(backward) }
  }
}

const originsOf = ({ source, target, rows }: TrainingPairs) => ({
  source: nearMean(source, rows),
  target: nearMean(target, rows)
})

/** Statistics of the pairs outside one fold. */
export function statisticsWithout ({ parts, total }: FoldStatistics, fold: number): PairStatistics {
  return subtractStatistics(total, parts[fold]!)
}

/** Moments of the pairs outside one fold, in both directions. */
export function momentsWithout ({ forward, backward }: MutualFolds, fold: number): MutualMoments {
  return { forward: centre(statisticsWithout(forward, fold)), backward: centre(statisticsWithout(backward, fold)) }
}

/** Moments of all training pairs, in both directions. */
export function momentsOfAll ({ forward, backward }: MutualFolds): MutualMoments {
  return { forward: centre(forward.total), backward: centre(backward.total) }
}

/** The training rows outside one fold, ascending. */
export function rowsWithout ({ rows }: Folds, fold: number): number[] {
  return rows.flatMap((own, other) => other === fold ? [] : own).sort((a, b) => a - b)
}
