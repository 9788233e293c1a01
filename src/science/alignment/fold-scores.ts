import { prepare, translateNormalised } from './apply.js'
import { affineMapOf, createEstimates, type Estimator } from './candidates.js'
import { createCriterion, meanCosine } from './criterion.js'
import type { Products, TemplateMatrix } from '../linear-algebra/matrix.js'
import type { CentredMoments } from './statistics.js'

/**
 * A fold of a cross-validation: the data that candidates are fitted and scored on. It is plain data that can cross
 * threads.
 */
export interface Fold {
  /** of the pairs outside the fold */
  readonly moments: CentredMoments
  /** (n, dSource), normalised rows of the fold */
  readonly probes: TemplateMatrix
  /** (n, dTarget), normalised rows; row i of both is the same image */
  readonly references: TemplateMatrix
  /** (n) */
  readonly identity: Int32Array
  /** (n), as `ScoredRows` has it */
  readonly ownImage?: Int32Array | undefined
  /** False match rates of the criterion; without any it is the mean cosine, see `select`. */
  readonly rates: readonly number[]
}

/** One score per candidate; undefined where the pairs of the fold do not determine it. */
export type FoldScores = (number | undefined)[]

/**
 * Scores candidates on every fold.
 *
 * @param folds made when their turn comes: two of 4,096 dimensions take half a gigabyte
 * @param onProgress receives the fraction done
 * @returns in the order of the folds
 */
export type FoldScorer = (
  folds: readonly (() => Fold)[],
  candidates: readonly Estimator[],
  onProgress: (fraction: number) => void
) => Promise<FoldScores[]>

/** On this thread, one fold after the other. */
export function foldsInTurn (products: Products): FoldScorer {
  return async (folds, candidates, onProgress) => {
    const scores: FoldScores[] = []
    for (const [k, fold] of folds.entries()) {
      scores.push(await scoreFold(fold(), candidates, products, fraction => onProgress((k + fraction) / folds.length)))
    }
    return scores
  }
}

/** The scores of candidates on one fold. */
export async function scoreFold (
  { moments, probes, references, identity, ownImage, rates }: Fold,
  candidates: readonly Estimator[],
  products: Products,
  onProgress: (fraction: number) => void = () => {}
): Promise<FoldScores> {
  const estimateOf = createEstimates(moments, products)
  const criterion = createCriterion(identity, rates, products, ownImage)
  const scores: FoldScores = []
  for (const candidate of candidates) {
    const weights = await estimateOf(candidate)
    scores.push(
      weights &&
        await scoreOf(await translateNormalised(prepare(affineMapOf(candidate, moments, weights)), probes, products))
    )
    onProgress(scores.length / candidates.length)
  }
  return scores

  async function scoreOf (translated: TemplateMatrix): Promise<number> {
    return rates.length === 0 ? meanCosine(translated, references) : await criterion(translated, references)
  }
}
