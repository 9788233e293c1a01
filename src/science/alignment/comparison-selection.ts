import { mean, standardError } from '../linear-algebra/sums.js'
import {
  comparisonCandidates,
  createComparisonFitter,
  describeComparison,
  type ComparisonSpec,
  type MutualMoments
} from './comparison-candidates.js'
import { project, type ComparisonSpace } from './comparison-space.js'
import { createCriterion } from './criterion.js'
import { dealFolds, limitRows } from '../linear-algebra/identities.js'
import { selectRows, type Products } from '../linear-algebra/matrix.js'
import { createRandom } from '../linear-algebra/random.js'
import type { TrainingPairs } from './selection.js'
import {
  addStatistics,
  centre,
  gatherMutualStatistics,
  nearMean,
  subtractStatistics,
  type MutualStatistics
} from './statistics.js'

const maxFolds = 5
/** Rows of a fold that are scored: 2 million comparisons, 2,000 false matches at the lowest rate of the criterion. */
const maxScoredRows = 1500
/** Verification is used at low rates; the second rate steadies the first. */
export const comparisonRates: readonly number[] = [1e-3, 1e-2]
export const comparisonCriterion = `mean TMR on different images at FMR ${
  comparisonRates.join(', ')
}, identities weighing the same`
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
  readonly tried: readonly TriedComparison[]
  readonly reason: string
}

/**
 * Chooses where templates of two models are compared, by cross-validation over the training identities alone. The
 * criterion is the mean TMR on different images at FMR 1e-3 and 1e-2, identities weighing the same. Of the candidates
 * within one standard error of the best, paired by fold, the first is taken.
 *
 * @param seed of the folds and of the rows that are scored
 * @returns undefined when in some fold no training identity has two images, so that there is no criterion
 */
export async function selectComparison (
  pairs: TrainingPairs,
  seed: number,
  products: Products,
  onProgress: (fraction: number) => void = () => {}
): Promise<SelectedComparison | undefined> {
  const { source, target, identities } = pairs
  const random = createRandom(seed)
  const dealt = dealFolds(identities, pairs.rows, maxFolds, random)
  const scored = dealt.map(fold => limitRows(identities, fold, maxScoredRows, random))
  if (dealt.length < 2 || scored.some(rows => new Set(rows.map(row => identities.ofRow[row])).size === rows.length)) {
    return undefined
  }

  const origins = { source: nearMean(source, pairs.rows), target: nearMean(target, pairs.rows) }
  const parts: MutualStatistics[] = []
  for (const fold of dealt) parts.push(await gatherMutualStatistics(source, target, fold, origins, products))
  const total = {
    forward: addStatistics(parts.map(({ forward }) => forward)),
    backward: addStatistics(parts.map(({ backward }) => backward))
  }

  const scores = comparisonCandidates.map(() => new Array<number>())
  for (const [k, part] of parts.entries()) {
    const moments: MutualMoments = {
      forward: centre(subtractStatistics(total.forward, part.forward)),
      backward: centre(subtractStatistics(total.backward, part.backward))
    }
    const fit = createComparisonFitter(
      moments,
      () => cohortOf(pairs, dealt.flatMap((fold, other) => other === k ? [] : fold)),
      products
    )
    const rows = scored[k]!
    const sides = { source: selectRows(source, rows), target: selectRows(target, rows) }
    const criterion = createCriterion(Int32Array.from(rows, row => identities.ofRow[row]!), comparisonRates, products)
    for (const [c, spec] of comparisonCandidates.entries()) {
      const space = await fit(spec)
      const probes = await project(space, 'source', sides.source, products)
      scores[c]!.push(await criterion(probes, await project(space, 'target', sides.target, products)))
      onProgress((k + (c + 1) / comparisonCandidates.length) / dealt.length)
    }
  }

  const { chosen, tried, reason } = chooseComparison(scores)
  const fit = createComparisonFitter(
    { forward: centre(total.forward), backward: centre(total.backward) },
    () => cohortOf(pairs, pairs.rows),
    products
  )
  const { spec, score } = tried[chosen]!
  return { space: await fit(spec), spec, score, folds: dealt.length, tried, reason }
}

function cohortOf ({ source, target }: TrainingPairs, rows: readonly number[]) {
  return { source: selectRows(source, rows), target: selectRows(target, rows) }
}

/**
 * The first candidate within one standard error of the best (Breiman et al., 1984, 3.4.3). A candidate that normalises
 * scores is considered only when it beats all others by `minNormalisationGain`.
 *
 * @param scores per candidate of `comparisonCandidates`, one per fold
 */
export function chooseComparison (
  scores: readonly (readonly number[])[]
): { chosen: number, tried: TriedComparison[], reason: string } {
  const means = scores.map(values => mean(values))
  const bestOf = (normalisation: ComparisonSpec['normalisation']) =>
    comparisonCandidates.reduce(
      (best, spec, c) => spec.normalisation === normalisation && (best === -1 || means[c]! > means[best]!) ? c : best,
      -1
    )
  const [plain, normalised] = [bestOf('none'), bestOf('cohort')]
  const best = means[normalised]! > means[plain]! + minNormalisationGain ? normalised : plain
  const tried = comparisonCandidates.map((spec, c) => ({
    spec,
    score: means[c]!,
    standardError: standardError(scores[c]!.map((score, k) => scores[best]![k]! - score))
  }))
  const chosen = tried.findIndex(({ spec, score, standardError: error }) =>
    spec.normalisation === comparisonCandidates[best]!.normalisation && means[best]! - score <= error
  )
  const reason = chosen === best
    ? `${describeComparison(tried[best]!.spec)} scored best, ${means[best]!.toFixed(4)}, and nothing before it came ` +
      'within one standard error'
    : `${describeComparison(tried[chosen]!.spec)}, ${means[chosen]!.toFixed(4)}, is the first within one standard ` +
      `error of the best, ${describeComparison(tried[best]!.spec)}, ${means[best]!.toFixed(4)}`
  return { chosen, tried, reason }
}
