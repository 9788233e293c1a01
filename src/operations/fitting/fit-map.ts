import type { AffineMap } from '../../alignment/affine-map.js'
import { describe, estimate, parametersOf, type Estimator } from '../../alignment/candidates.js'
import type { ComparisonSpace } from '../../alignment/comparison-space.js'
import { countIdentities, limitRows } from '../../alignment/identities.js'
import { selectRows, type Products, type TemplateMatrix } from '../../alignment/matrix.js'
import { normaliseRows } from '../../alignment/normalise.js'
import { checkPairs, completeOptions, requireRank, type CompleteFitOptions, type FitOptions, type PairedTemplates } from '../../alignment/pairs.js'
import { createRandom } from '../../alignment/random.js'
import { select, trainingMoments, type Selected, type TrainingPairs } from '../../alignment/selection.js'
import { centredGram, toAffineMap } from '../../alignment/statistics.js'
import type { Card } from '../../evaluation/card.js'
import { evaluateMap, type HeldOut, type MapEvaluation } from '../../evaluation/evaluate.js'
import { Problem } from '../../errors.js'
import { assessMap } from './assess-map.js'
import { fitComparison } from './fit-comparison.js'

/** Rows that are evaluated: 144 million comparisons, which support FMR 1e-6 and take seconds. */
const mostEvaluatedRows = 12_000

/** How far a fit has come: a stage, and the fraction of the whole. */
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
 * calibrates on the held-out part. The same pairs, in whatever order, options and seed give the same map and card.
 *
 * @param pairs not normalised; left as they are
 * @throws Problem as `checkPairs` and `requireRank` have it
 */
export async function fitMap (
  pairs: PairedTemplates, options: FitOptions, products: Products, onProgress: (progress: FitProgress) => void = () => {}
): Promise<Fit> {
  const complete = completeOptions(options)
  const ordered = orderBySample(pairs)
  const { identities, split } = checkPairs(ordered, complete)
  onProgress({ stage: 'checking', fraction: 0 })
  const training: TrainingPairs = {
    source: normaliseRows(ordered.source), target: normaliseRows(ordered.target), identities, rows: split.training
  }
  const constant = {
    source: await constantDimensionsOf('source', training.source, split.training, products),
    target: await constantDimensionsOf('target', training.target, split.training, products)
  }

  onProgress({ stage: 'selecting', fraction: 0.05 })
  const { estimator, selection, moments } = await chooseEstimator(training, complete, products,
    fraction => onProgress({ stage: 'selecting', fraction: 0.05 + 0.35 * fraction }))
  const weights = await estimate(estimator, moments, products)
  if (weights === undefined) {
    throw new Problem('pairs-rank-deficient', `source: expected ${split.training.length} training templates that determine the weights of ${describe(estimator)}, received linearly dependent ones`, { side: 'source' })
  }
  const map = toAffineMap(moments, weights)

  onProgress({ stage: 'evaluating', fraction: 0.4 })
  const evaluated = limitRows(identities, split.heldOut, mostEvaluatedRows, createRandom(complete.seed))
  const heldOut: HeldOut = {
    source: selectRows(training.source, evaluated),
    target: selectRows(training.target, evaluated),
    identity: Int32Array.from(evaluated, row => identities.ofRow[row]!)
  }
  const evaluation = await evaluateMap(map, heldOut, complete.seed, products)
  const assessment = await assessMap({ map, estimator }, { training, heldOut: evaluated, groups: ordered.groups }, evaluation, complete.seed, products,
    fraction => onProgress({ stage: 'assessing', fraction: 0.5 + 0.1 * fraction }))

  const comparison = await fitComparison(training, heldOut, complete.seed, products,
    fraction => onProgress({ stage: 'comparing', fraction: 0.6 + 0.4 * fraction }))
  onProgress({ stage: 'comparing', fraction: 1 })

  const card: Card = {
    schemaVersion: 2,
    verdict: assessment.verdict,
    method: estimator.method,
    parameters: parametersOf(estimator),
    selection,
    seed: complete.seed,
    pairs: { corpusHash: pairs.hash, pairs: pairs.samples.length, identities: identities.rows.length, oneSided: { ...pairs.oneSided } },
    split: {
      heldOutFraction: complete.heldOutFraction,
      training: { pairs: split.training.length, identities: countIdentities(identities, split.training) },
      heldOut: { pairs: split.heldOut.length, identities: countIdentities(identities, split.heldOut) }
    },
    evaluation: evaluation.metrics,
    calibration: evaluation.calibration,
    baselines: assessment.baselines,
    learningCurve: assessment.learningCurve,
    groups: assessment.groups,
    ...(comparison === undefined ? {} : { comparison: comparison.card }),
    fidelity: evaluation.fidelity,
    warnings: [
      ...pairingWarnings(pairs),
      ...trainingWarnings(split.training.length, training, constant),
      ...evaluationWarnings(evaluation, evaluated.length, split.heldOut.length),
      ...assessment.warnings
    ]
  }
  return { map, card, comparison: comparison?.space }
}

async function chooseEstimator (
  training: TrainingPairs, options: CompleteFitOptions, products: Products, onProgress: (fraction: number) => void
): Promise<Selected> {
  const estimator = namedEstimator(options)
  if (estimator === undefined) {
    const { method, lambda, rank, seed } = options
    return await select(training, method === 'auto' || method === 'ridge' ? method : { method: 'low-rank-ridge', lambda, rank }, seed, products, onProgress)
  }
  return {
    estimator,
    moments: await trainingMoments(training, products),
    selection: { criterion: null, folds: 0, candidates: [], reason: `the caller named ${describe(estimator)}` }
  }
}

/** The estimator, when the options leave nothing to select. */
function namedEstimator ({ method, lambda, rank }: CompleteFitOptions): Estimator | undefined {
  switch (method) {
    case 'procrustes': case 'linear': return { method, lambda: null }
    case 'ridge': return lambda === undefined ? undefined : { method, lambda }
    case 'low-rank-ridge': return lambda === undefined || rank === undefined ? undefined : { method, lambda, rank }
    case 'auto': return undefined
  }
}

async function constantDimensionsOf (side: 'source' | 'target', templates: TemplateMatrix, rows: readonly number[], products: Products): Promise<number> {
  return requireRank(side, selectRows(templates, rows), await centredGram(templates, rows, products))
}

function pairingWarnings ({ oneSided }: PairedTemplates): string[] {
  const { source, target } = oneSided
  return source + target === 0 ? [] : [`${source + target} images have a template on one side only (${source} source, ${target} target) and were left out`]
}

function trainingWarnings (pairs: number, { source, target }: TrainingPairs, constant: { source: number, target: number }): string[] {
  const warnings: string[] = []
  const dimension = Math.max(source.cols, target.cols)
  if (pairs <= dimension) warnings.push(`${pairs} training pairs are no more than the larger dimension, ${dimension}: the map says nothing about directions that they do not span`)
  for (const side of ['source', 'target'] as const) {
    if (constant[side] > 0) warnings.push(`${constant[side]} of ${(side === 'source' ? source : target).cols} dimensions of the ${side} never vary over the training pairs`)
  }
  return warnings
}

/** Below this the interval of a rate of 0.9 is wider than 0.1 either way. */
const fewIdentities = 35

function evaluationWarnings ({ metrics: { crossModel } }: MapEvaluation, evaluated: number, heldOut: number): string[] {
  const warnings: string[] = []
  if (evaluated < heldOut) warnings.push(`${evaluated} of ${heldOut} held-out pairs, drawn by identity, were compared`)
  if (crossModel.matedIdentities === 0) {
    warnings.push('no held-out identity has two images: true match rates are unknown')
  } else if (crossModel.matedIdentities < fewIdentities) {
    warnings.push(`true match rates rest on ${crossModel.matedIdentities} held-out identities with two images or more`)
  }
  const unsupported = crossModel.operatingPoints.find(({ fmr, support }) => fmr >= 1e-3 && support === 'unsupported')
  if (unsupported !== undefined) warnings.push(`${crossModel.nonMatedComparisons} non-mated comparisons support no threshold for FMR ${unsupported.fmr} and below`)
  return warnings
}

/** The same pairs, sorted by sample (by UTF-16 code units), so that the order in which they arrive has no effect. */
function orderBySample (pairs: PairedTemplates): PairedTemplates {
  const order = pairs.samples.map((_, row) => row)
  order.sort((a, b) => pairs.samples[a]! < pairs.samples[b]! ? -1 : 1)
  return {
    ...pairs,
    samples: order.map(row => pairs.samples[row]!),
    identities: order.map(row => pairs.identities[row] ?? null),
    ...(pairs.groups === undefined ? {} : { groups: order.map(row => pairs.groups?.[row] ?? null) }),
    source: selectRows(pairs.source, order),
    target: selectRows(pairs.target, order)
  }
}
