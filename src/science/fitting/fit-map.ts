import type { AffineMap } from '../alignment/affine-map.js'
import { describe, estimate, parametersOf, restored, type Estimator } from '../alignment/candidates.js'
import type { ComparisonSpace } from '../alignment/comparison-space.js'
import type { FoldScorer } from '../alignment/fold-scores.js'
import type { Products } from '../linear-algebra/matrix.js'
import { completeOptions, type CompleteFitOptions, type FitOptions, type PairedTemplates } from '../alignment/pairs.js'
import { select, trainingMoments, type Selected, type TrainingPairs } from '../alignment/selection.js'
import { toAffineMap } from '../alignment/statistics.js'
import type { Card } from '../cards/card.js'
import { evaluateMap } from '../cards/evaluate.js'
import { Problem } from '../../errors.js'
import { assessMap } from './assess-map.js'
import { fitComparison } from './fit-comparison.js'
import {
  assessedPairs,
  evaluatedPart,
  evaluationWarnings,
  pairingWarnings,
  preparePairs,
  trainingWarnings
} from './prepare-pairs.js'

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
 * Fits a map and evaluates it: splits the pairs by identity, selects and fits on the training part, evaluates and
 * calibrates on the held-out part. The same pairs, in any order, options and seed give the same map and card.
 *
 * @param pairs not normalised, not changed
 * @throws Problem as `checkPairs` and `requireRank`
 */
export async function fitMap (
  pairs: PairedTemplates,
  options: FitOptions,
  products: Products,
  onProgress: (progress: FitProgress) => void = () => {},
  scoreFolds?: FoldScorer
): Promise<Fit> {
  const complete = completeOptions(options)
  const prepared = await preparePairs(pairs, complete, products)
  const { training, split, heldOut } = prepared
  onProgress({ stage: 'checking', fraction: 0 })

  onProgress({ stage: 'selecting', fraction: 0.05 })
  const { estimator, selection, moments } = await chooseEstimator(
    training,
    complete,
    products,
    fraction => onProgress({ stage: 'selecting', fraction: 0.05 + 0.35 * fraction }),
    scoreFolds
  )
  const weights = await estimate(estimator, moments, products)
  if (weights === undefined) {
    throw new Problem(
      'pairs-rank-deficient',
      `source: expected ${split.training.length} training templates that determine the weights of ` +
        `${describe(estimator)}, received linearly dependent ones`,
      { side: 'source' }
    )
  }
  const map = toAffineMap(moments, weights)

  onProgress({ stage: 'evaluating', fraction: 0.4 })
  const evaluation = await evaluateMap(map, heldOut, complete.seed, products)
  const { warnings, ...assessment } = await assessMap(
    { map, estimator },
    assessedPairs(prepared),
    evaluation,
    complete.seed,
    products,
    fraction => onProgress({ stage: 'assessing', fraction: 0.5 + 0.1 * fraction })
  )

  const comparison = await fitComparison(
    training,
    heldOut,
    complete.seed,
    products,
    fraction => onProgress({ stage: 'comparing', fraction: 0.6 + 0.4 * fraction })
  )
  onProgress({ stage: 'comparing', fraction: 1 })

  const card: Card = {
    ...evaluatedPart(prepared, complete, evaluation),
    ...assessment,
    method: estimator.method,
    parameters: parametersOf(estimator),
    selection,
    ...(comparison === undefined ? {} : { comparison: comparison.card }),
    warnings: [
      ...pairingWarnings(prepared),
      ...trainingWarnings(prepared),
      ...evaluationWarnings(prepared, evaluation),
      ...warnings
    ]
  }
  return { map, card, comparison: comparison?.space }
}

async function chooseEstimator (
  training: TrainingPairs,
  options: CompleteFitOptions,
  products: Products,
  onProgress: (fraction: number) => void,
  scoreFolds?: FoldScorer
): Promise<Selected> {
  const estimator = namedEstimator(options)
  if (estimator === undefined) {
    const { method, lambda, rank, spread, seed } = options
    const selected = await select(
      training,
      method === 'auto' || method === 'ridge' ? method : { method: 'low-rank-ridge', lambda, rank },
      seed,
      products,
      onProgress,
      scoreFolds
    )
    return spread === 'restored' ? { ...selected, estimator: restored(selected.estimator) } : selected
  }
  return {
    estimator,
    moments: await trainingMoments(training, products),
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
      return undefined
  }
}
