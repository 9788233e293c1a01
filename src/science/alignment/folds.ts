import { dealFolds, groupRows, limitRows, type IdentityIndex } from '../linear-algebra/identities.js'
import { selectRows, type Products, type TemplateMatrix } from '../linear-algebra/matrix.js'
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
  /** of pairs whose rows are one person in two images */
  readonly apart?: ApartImages | undefined
  /** the rows to train on */
  readonly rows: readonly number[]
}

/** Rows of one person in two images, which fit by means over images, and are scored one by one. */
export interface ApartImages {
  /** (n, dSource) and (n, dTarget), normalised rows of single images */
  readonly source: TemplateMatrix
  readonly target: TemplateMatrix
  /** (n), the row whose target is of the same image as the source of this row; -1 where there is none */
  readonly ownImage: Int32Array
}

/** Rows that are scored. */
export interface ScoredRows {
  /** (n, dSource), normalised rows */
  readonly source: TemplateMatrix
  /** (n, dTarget), normalised rows */
  readonly target: TemplateMatrix
  /** (n), index of the identity of each row */
  readonly identity: Int32Array
  /** (n), the row whose target is of the image of this source, -1 where there is none; row i itself when omitted */
  readonly ownImage?: Int32Array | undefined
}

/** Some rows of pairs, as what they are scored by. */
export function scoredRows (
  { source, target, identities, apart }: Omit<TrainingPairs, 'rows'>,
  rows: readonly number[]
): ScoredRows {
  const identity = Int32Array.from(rows, row => identities.ofRow[row]!)
  if (apart === undefined) return { source: selectRows(source, rows), target: selectRows(target, rows), identity }
  const places = new Map(rows.map((row, place) => [row, place]))
  return {
    source: selectRows(apart.source, rows),
    target: selectRows(apart.target, rows),
    identity,
    ownImage: Int32Array.from(rows, row => places.get(apart.ownImage[row]!) ?? -1)
  }
}

/** The rows to fit on: of each person one, where these are means over images. */
function fittingRows ({ identities: { ofRow }, apart }: TrainingPairs, rows: readonly number[]): readonly number[] {
  return apart === undefined ? rows : groupRows(ofRow, rows).map(([first]) => first!).sort((a, b) => a - b)
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
  const { source, target } = pairs
  const rows = fittingRows(pairs, pairs.rows)
  const { folds, scored } = dealScoredFolds(pairs, seed)
  const origins = { source: nearMean(source, rows), target: nearMean(target, rows) }
  const parts: PairStatistics[] = []
  for (const fold of folds) parts.push(await gather(source, target, fittingRows(pairs, fold), origins, products))
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
