import { dealFolds, limitRows, type IdentityIndex } from '../linear-algebra/identities.js'
import type { Products, TemplateMatrix } from '../linear-algebra/matrix.js'
import { foldCount } from './pairs.js'
import { createRandom } from '../linear-algebra/random.js'
import {
  addStatistics,
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

/** Folds of training pairs that share no identity. What is fitted without one of them costs a subtraction. */
export interface Folds {
  readonly pairs: TrainingPairs
  /** rows of each fold, ascending */
  readonly rows: readonly number[][]
  /** the rows of each that are scored when candidates are compared */
  readonly scored: readonly number[][]
  /** statistics of each fold, and of all together */
  readonly parts: readonly PairStatistics[]
  readonly total: PairStatistics
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

/**
 * Deals training pairs into folds, and gathers the statistics of each in one pass over the pairs.
 * @param gather without the Gram matrix of the target unless given
 */
export async function gatherFolds (
  pairs: TrainingPairs,
  seed: number,
  products: Products,
  gather = gatherStatistics
): Promise<Folds> {
  const { source, target, rows } = pairs
  const { folds, scored } = dealScoredFolds(pairs, seed)
  const origins = { source: nearMean(source, rows), target: nearMean(target, rows) }
  const parts: PairStatistics[] = []
  for (const fold of folds) parts.push(await gather(source, target, fold, origins, products))
  return { pairs, rows: folds, scored, parts, total: addStatistics(parts) }
}

/** As `gatherFolds`, with the Gram matrix of the target, which comparison spaces and `dual` maps need. */
export async function gatherMutualFolds (pairs: TrainingPairs, seed: number, products: Products): Promise<Folds> {
  return await gatherFolds(pairs, seed, products, gatherMutualStatistics)
}

/** Statistics of the pairs outside one fold. */
export function statisticsWithout ({ parts, total }: Folds, fold: number): PairStatistics {
  return subtractStatistics(total, parts[fold]!)
}

/** The training rows outside one fold, ascending. */
export function rowsWithout ({ rows }: Folds, fold: number): number[] {
  return rows.flatMap((own, other) => other === fold ? [] : own).sort((a, b) => a - b)
}
