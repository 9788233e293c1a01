import type { AffineMap } from '../alignment/affine-map.js'
import { affineMapOf, describe, estimate, parametersOf, type Estimator } from '../alignment/candidates.js'
import type { ComparisonSpace } from '../alignment/comparison-space.js'
import type { FoldScorer } from '../alignment/fold-scores.js'
import type { Products } from '../linear-algebra/matrix.js'
import { completeOptions, type CompleteFitOptions, type FitOptions, type PairedTemplates } from '../alignment/pairs.js'
import { gatherMutualFolds, type Folds } from '../alignment/folds.js'
import { selectWithin, type Selected } from '../alignment/selection.js'
import { centre, type PairStatistics } from '../alignment/statistics.js'
import type { Card } from '../cards/card.js'
import { evaluateMap, type MapEvaluation } from '../cards/evaluate.js'
import { verdictOf, type Verdict } from '../cards/verdict.js'
import { Problem } from '../../errors.js'
import { assessMap } from './assess-map.js'
import { fitComparison, type FittedComparison } from './fit-comparison.js'
import { evaluatedPart, evaluationWarnings, pairingWarnings, preparePairs, trainingWarnings } from './prepare-pairs.js'
import { shadowOf, type ServingMap } from './shadow.js'
import { trialsOf } from './trials.js'

/** Progress of a fit: a stage, and the fraction of the whole. */
export interface FitProgress {
  readonly stage: 'checking' | 'selecting' | 'evaluating' | 'assessing' | 'comparing'
  readonly fraction: number
}

export interface Fit {
  readonly map: AffineMap
  readonly card: Card
  /** where templates of the two models are compared; undefined when no identity has two images to choose by */
  readonly comparison: ComparisonSpace | undefined
}

/**
 * Fits a map and evaluates it. The same pairs, in any order, options and seed give the same map and card.
 *
 * - Without `heldOutFraction`, everybody fits the map. It is evaluated and calibrated by cross-fitting: the identities
 *   are dealt into five folds, the chosen estimator is fitted on each four of them and scored on the people of the
 *   fifth, and the scores are pooled. Maps of four fifths of the people stand for the map of all.
 * - With it, the pairs are split by identity. The map is selected and fitted on the training part, and evaluated and
 *   calibrated on the held-out part.
 *
 * Estimator and comparison space are chosen once. The choice among candidates with cross-fitting has seen everybody;
 * no weight of a map has seen the people that it is scored on.
 *
 * @param pairs not normalised, not changed
 * @param serving the map that serves meanwhile, which is measured on the same people
 * @throws Problem as `checkPairs` and `requireRank`
 */
export async function fitMap (
  pairs: PairedTemplates,
  options: FitOptions,
  products: Products,
  onProgress: (progress: FitProgress) => void = () => {},
  scoreFolds?: FoldScorer,
  serving?: ServingMap
): Promise<Fit> {
  const complete = completeOptions(options)
  const { seed } = complete
  const prepared = await preparePairs(pairs, complete, products)
  onProgress({ stage: 'checking', fraction: 0 })

  const folds = await gatherMutualFolds(prepared.training, seed, products)
  onProgress({ stage: 'selecting', fraction: 0.05 })
  const { estimator, selection } = await chooseEstimator(
    folds,
    complete,
    products,
    fraction => onProgress({ stage: 'selecting', fraction: 0.05 + 0.35 * fraction }),
    scoreFolds
  )
  const map = await mapOf(estimator, folds.total, products)

  onProgress({ stage: 'evaluating', fraction: 0.4 })
  const trials = await trialsOf(prepared, folds, map, statistics => mapOf(estimator, statistics, products))
  const evaluation = await evaluateMap(trials, seed, products)
  const { warnings, ...assessment } = await assessMap(
    { pairs: prepared.training, trials, estimator, groups: prepared.pairs.groups },
    evaluation,
    seed,
    products,
    fraction => onProgress({ stage: 'assessing', fraction: 0.5 + 0.1 * fraction })
  )

  const comparison = await fitComparison(
    folds,
    prepared,
    seed,
    products,
    fraction => onProgress({ stage: 'comparing', fraction: 0.6 + 0.39 * fraction })
  )
  const shadow = serving && await shadowOf(
    serving,
    prepared.parts.map(({ heldOut }) => heldOut),
    comparison?.judged ?? evaluation.judged.translation,
    seed,
    products
  )
  onProgress({ stage: 'comparing', fraction: 1 })

  const card: Card = {
    verdict: verdictFor(evaluation, comparison, seed),
    ...evaluatedPart(prepared, complete, evaluation),
    ...assessment,
    method: estimator.method,
    parameters: parametersOf(estimator),
    selection,
    ...(comparison === undefined ? {} : { comparison: comparison.card }),
    ...(shadow === undefined ? {} : { shadow }),
    warnings: [
      ...pairingWarnings(prepared),
      ...trainingWarnings(prepared),
      ...evaluationWarnings(prepared, evaluation),
      ...warnings
    ]
  }
  return { map, card, comparison: comparison?.space }
}

/** The verdict on a map and the comparison space that it comes with. */
export function verdictFor (
  { judged, metrics: { unaligned } }: MapEvaluation,
  comparison: FittedComparison | undefined,
  seed: number
): Verdict {
  return verdictOf({ ...judged, comparison: comparison?.judged, unaligned }, seed)
}

/**
 * The map that an estimator makes of some pairs.
 * @throws Problem `pairs-rank-deficient` when the pairs do not determine the weights
 */
export async function mapOf (estimator: Estimator, statistics: PairStatistics, products: Products): Promise<AffineMap> {
  const moments = centre(statistics)
  const weights = await estimate(estimator, moments, products)
  if (weights === undefined) {
    throw new Problem(
      'pairs-rank-deficient',
      `source: expected ${moments.pairs} training templates that determine the weights of ${describe(estimator)}, ` +
        'received linearly dependent ones',
      { side: 'source' }
    )
  }
  return affineMapOf(estimator, moments, weights)
}

async function chooseEstimator (
  folds: Folds,
  options: CompleteFitOptions,
  products: Products,
  onProgress: (fraction: number) => void,
  scoreFolds?: FoldScorer
): Promise<Pick<Selected, 'estimator' | 'selection'>> {
  const estimator = namedEstimator(options)
  if (estimator === undefined) {
    const { method, lambda, rank, spread } = options
    const selected = await selectWithin(
      folds,
      method === 'auto' || method === 'ridge' || method === 'dual'
        ? method
        : { method: 'low-rank-ridge', lambda, rank },
      products,
      onProgress,
      scoreFolds
    )
    return spread === undefined ? selected : { ...selected, estimator: { ...selected.estimator, spread } }
  }
  return {
    estimator,
    selection: { criterion: null, folds: 0, candidates: [], reason: `the caller named ${describe(estimator)}` }
  }
}

/** The estimator, when the options leave nothing to select. */
function namedEstimator ({ method, lambda, rank, spread }: CompleteFitOptions): Estimator | undefined {
  switch (method) {
    case 'procrustes':
    case 'linear':
      return { method, lambda: null, spread }
    case 'ridge':
      return lambda === undefined ? undefined : { method, lambda, spread }
    case 'low-rank-ridge':
      return lambda === undefined || rank === undefined
        ? undefined
        : { method, lambda, rank, spread }
    case 'auto':
    case 'dual':
      return undefined
  }
}
