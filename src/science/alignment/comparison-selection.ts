import { mean, standardError } from '../linear-algebra/sums.js'
import {
  apartCandidates,
  comparisonCandidates,
  createComparisonFitter,
  describeComparison,
  type ComparisonSpec
} from './comparison-candidates.js'
import { project, type ComparisonSpace } from './comparison-space.js'
import { createCriterion, supportedRates } from './criterion.js'
import { rowsWithout, scoredRows, statisticsWithout, type Folds, type TrainingPairs } from './folds.js'
import { mutualMoments } from './statistics.js'
import { selectRows, type Products } from '../linear-algebra/matrix.js'

/** Verification is used at low rates; the second rate steadies the first. */
export const comparisonRates: readonly number[] = [1e-3, 1e-2]
/** The criterion in words. */
export const comparisonCriterionAt = (rates: readonly number[]): string =>
  `mean TMR on different images at FMR ${rates.join(', ')}, identities weighing the same`
/**
 * The minimum gain of a normalisation by the cohort. Cross-validation flatters it, since its strangers resemble the
 * cohort. Fitted on CelebA it was chosen for three pairs, but between CelebA and LFW, in both directions, it lost to
 * the same shrinkage with an offset of 0.7 in eleven of twelve fits, by up to 0.051. The margin was set with these
 * figures in sight.
 */
const minNormalisationGain = 0.05

export interface TriedComparison {
  readonly spec: ComparisonSpec
  /** mean of the criterion over the folds */
  readonly score: number
  /** of the difference to the best candidate, over the folds */
  readonly standardError: number
}

export interface SelectedComparison {
  readonly space: ComparisonSpace
  readonly spec: ComparisonSpec
  /** cross-validated criterion of the choice, on training identities */
  readonly score: number
  readonly folds: number
  /** false match rates of the criterion */
  readonly rates: readonly number[]
  readonly tried: readonly TriedComparison[]
  readonly reason: string
}

/**
 * Chooses where templates of two models are compared, by cross-validation over the training identities alone. The
 * criterion is the mean TMR on different images at FMR 1e-3 and 1e-2, identities weighing the same. Of the candidates
 * within one standard error of the best, paired by fold, the first is taken.
 *
 * @param folds of the training pairs
 * @returns undefined when in some fold no training identity has two images, so that there is no criterion
 */
export async function selectComparison (
  folds: Folds,
  products: Products,
  onProgress: (fraction: number) => void = () => {}
): Promise<SelectedComparison | undefined> {
  const { pairs, scored } = folds
  const rates = ratesOf(folds)
  if (scored.length < 2 || rates.length === 0) return undefined
  const candidates = pairs.apart === undefined ? comparisonCandidates : apartCandidates
  const scores = candidates.map(() => new Array<number>())
  for (const [k, rows] of scored.entries()) {
    const fit = fitterWithout(folds, k, products)
    const sides = scoredRows(pairs, rows)
    const criterion = createCriterion(sides.identity, rates, products, sides.ownImage)
    for (const [c, spec] of candidates.entries()) {
      const space = await fit(spec)
      const probes = await project(space, 'source', sides.source, products)
      scores[c]!.push(await criterion(probes, await project(space, 'target', sides.target, products)))
      onProgress((k + (c + 1) / candidates.length) / scored.length)
    }
  }

  const { chosen, tried, reason } = chooseComparison(scores, candidates)
  const fit = fitterOfAll(folds, products)
  const { spec, score } = tried[chosen]!
  return { space: await fit(spec), spec, score, folds: scored.length, rates, tried, reason }
}

/** The rates of the criterion; none when in some fold no identity has two images. */
function ratesOf ({ pairs: { identities, apart }, scored }: Folds): readonly number[] {
  if (apart !== undefined) return supportedRates(identities, scored, true, comparisonRates)
  return scored.some(rows => new Set(rows.map(row => identities.ofRow[row])).size === rows.length)
    ? []
    : comparisonRates
}

/** Fits comparison spaces on all pairs. */
export function fitterOfAll (folds: Folds, products: Products) {
  return createComparisonFitter(
    mutualMoments(folds.total),
    () => cohortOf(folds.pairs, folds.pairs.rows),
    products
  )
}

/** Fits comparison spaces on the pairs outside one fold. */
export function fitterWithout (folds: Folds, fold: number, products: Products) {
  return createComparisonFitter(
    mutualMoments(statisticsWithout(folds, fold)),
    () => cohortOf(folds.pairs, rowsWithout(folds, fold)),
    products
  )
}

function cohortOf ({ source, target }: TrainingPairs, rows: readonly number[]) {
  return { source: selectRows(source, rows), target: selectRows(target, rows) }
}

/**
 * The first candidate within one standard error of the best (Breiman et al., 1984, 3.4.3). A candidate that normalises
 * scores is considered only when it beats all others by `minNormalisationGain`.
 *
 * @param scores per candidate, one per fold
 */
export function chooseComparison (
  scores: readonly (readonly number[])[],
  candidates: readonly ComparisonSpec[] = comparisonCandidates
): { chosen: number, tried: TriedComparison[], reason: string } {
  const means = scores.map(values => mean(values))
  const bestOf = (normalisation: ComparisonSpec['normalisation']) =>
    candidates.reduce(
      (best, spec, c) => spec.normalisation === normalisation && (best === -1 || means[c]! > means[best]!) ? c : best,
      -1
    )
  const [plain, normalised] = [bestOf('none'), bestOf('cohort')]
  const best = normalised !== -1 && means[normalised]! > means[plain]! + minNormalisationGain ? normalised : plain
  const tried = candidates.map((spec, c) => ({
    spec,
    score: means[c]!,
    standardError: standardError(scores[c]!.map((score, k) => scores[best]![k]! - score))
  }))
  const chosen = tried.findIndex(({ spec, score, standardError: error }) =>
    spec.normalisation === candidates[best]!.normalisation && means[best]! - score <= error
  )
  const reason = chosen === best
    ? `${describeComparison(tried[best]!.spec)} scored best, ${means[best]!.toFixed(4)}, and nothing before it came ` +
      'within one standard error'
    : `${describeComparison(tried[chosen]!.spec)}, ${means[chosen]!.toFixed(4)}, is the first within one standard ` +
      `error of the best, ${describeComparison(tried[best]!.spec)}, ${means[best]!.toFixed(4)}`
  return { chosen, tried, reason }
}
