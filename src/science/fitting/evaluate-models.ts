import { affineMapOf, describe, estimate, parametersOf, type Estimator } from '../alignment/candidates.js'
import type { FoldScorer } from '../alignment/fold-scores.js'
import {
  countIdentities,
  indexIdentities,
  limitRows,
  splitIdentities,
  type IdentityIndex,
  type Split
} from '../linear-algebra/identities.js'
import { selectRows, type Matrix, type Products, type TemplateMatrix } from '../linear-algebra/matrix.js'
import { normaliseRows } from '../linear-algebra/normalise.js'
import { minIdentities, minPairs, requireRank } from '../alignment/pairs.js'
import { createRandom } from '../linear-algebra/random.js'
import type { TrainingPairs } from '../alignment/folds.js'
import { select, trainingMoments } from '../alignment/selection.js'
import { centredGram, type CentredMoments } from '../alignment/statistics.js'
import type { AffineMap } from '../alignment/affine-map.js'
import { Problem } from '../../errors.js'
import type { IdentityShares } from '../cards/estimate.js'
import { defaultAnalyses, type AnalysisName } from '../cards/model-analyses.js'
import { analyseModels, analysisShare, type AnalysedModels, type SharesBetween } from './analyse-models.js'
import { crossModelMatrix, type MapBetween, type TestedImages } from '../cards/matrix.js'
import type { EvaluationMethod, ModelEvaluation, TestReport } from '../cards/model-evaluation.js'
import { asymmetryOf, clusterModels, generalisationOf } from '../cards/model-relations.js'

/**
 * Penalty of `ridge`: the same for every pair, which makes pairs comparable and saves the cross-validation of `auto`.
 */
const ridgeLambda = 0.1

/** Maximum test images: 64 million comparisons a cell, which support FMR 1e-6 and take two seconds. */
const maxTestedRows = 8000

/** Below this number of identities the interval of a rate of 0.9 is wider than 0.1 in either direction. */
const fewIdentities = 35

/** Templates of the same images under several models. */
export interface SharedTemplates {
  /** (n), unique */
  readonly samples: readonly string[]
  /** (n), null where unknown, which makes the image an identity of its own */
  readonly identities: readonly (string | null)[]
  /** per model, (n, d of the model), as the model gave them */
  readonly templates: readonly TemplateMatrix[]
}

export interface EvaluationData {
  /** names, in the order of the templates */
  readonly models: readonly string[]
  readonly corpus: SharedTemplates
  /** additional test images, of the same models */
  readonly testCorpus?: SharedTemplates | undefined
}

export interface EvaluationOptions {
  readonly method: EvaluationMethod
  /** false match rate of the true match rates */
  readonly fmr: number
  readonly seed: number
  /** share of the identities that test and do not train */
  readonly heldOutFraction: number
  /** what to measure beside the matrix; the quick ones when omitted */
  readonly analyses?: readonly AnalysisName[] | undefined
}

/** Progress of an evaluation: a stage, and the fraction of the whole. */
export interface EvaluationProgress {
  readonly stage: 'fitting' | 'testing' | 'analysing'
  readonly fraction: number
}

/**
 * Refuses data that do not support an evaluation, as far as counting can tell.
 * @throws Problem `pairs-insufficient`
 */
export function checkEvaluation (
  { models, corpus, testCorpus }: EvaluationData,
  { method, seed, heldOutFraction }: EvaluationOptions
): { identities: IdentityIndex, split: Split } {
  const under = `with a template under every one of ${models.map(model => `"${model}"`).join(', ')}`
  if (models.length < 2) throw insufficient('models', 'models with templates in the corpus', 2, models.length)
  for (const [name, given] of [['corpus', corpus], ['testCorpus', testCorpus]] as const) {
    if (given === undefined) continue
    const { samples, identities } = given
    if (samples.length < minPairs) throw insufficient(name, `samples ${under}`, minPairs, samples.length)
    const people = indexIdentities(identities, samples).rows.length
    if (people < minIdentities) {
      throw insufficient(name, `identities with samples ${under}`, minIdentities, people)
    }
  }
  const identities = indexIdentities(corpus.identities, corpus.samples)
  const split = splitIdentities(identities, heldOutFraction, createRandom(seed))
  if (split.training.length < 3 || countIdentities(identities, split.training) < 2) {
    throw insufficient('corpus', 'training samples of at least 2 identities', 3, split.training.length)
  }
  const largest = Math.max(...corpus.templates.map(({ cols }) => cols))
  if (method === 'linear' && split.training.length <= largest) {
    throw insufficient(
      'method "linear"',
      `training samples, one more than the largest dimension (the rest of the ${corpus.samples.length} is held out)`,
      largest + 1,
      split.training.length
    )
  }
  return { identities, split }
}

/**
 * Fits a map for every ordered pair of models on the training identities, and measures all of them on the held-out ones
 * and on the test corpus, if there is one. The same data, in the same order, options and seed give the same result.
 *
 * @throws Problem as `checkEvaluation` and `requireRank`
 */
export async function evaluateModels (
  data: EvaluationData,
  options: EvaluationOptions,
  products: Products,
  onProgress: (progress: EvaluationProgress) => void = () => {},
  scoreFolds?: FoldScorer
): Promise<ModelEvaluation> {
  const { models, corpus, testCorpus } = data
  const { method, fmr, seed, heldOutFraction, analyses = defaultAnalyses } = options
  const { identities, split } = checkEvaluation(data, options)
  const templates = corpus.templates.map(normaliseRows)
  await requireRanks(models, templates, split, products)

  const matrixShare = 1 - analysisShare(analyses)
  const fittingShare = matrixShare * (method === 'auto' ? 0.9 : testCorpus === undefined ? 0.4 : 0.2)
  const { maps, fitted } = await fitPairs(
    models,
    templates,
    identities,
    split,
    options,
    products,
    fraction => onProgress({ stage: 'fitting', fraction: fittingShare * fraction }),
    scoreFolds
  )

  const test = testCorpus && {
    identities: indexIdentities(testCorpus.identities, testCorpus.samples),
    templates: testCorpus.templates.map(normaliseRows)
  }
  const sets = [testedImages(templates, identities, split.heldOut, seed)]
  if (test !== undefined) {
    sets.push(testedImages(test.templates, test.identities, [...test.identities.ofRow.keys()], seed))
  }
  const { reports: [within, across], shares } = await testMaps(
    models,
    (s, t) => fitted(s, t).map,
    sets,
    options,
    products,
    fraction => onProgress({ stage: 'testing', fraction: fittingShare + (matrixShare - fittingShare) * fraction })
  )
  const found = await analyseModels(
    { models, corpus: { identities, templates }, testCorpus: test, split, fitted, shares },
    analyses,
    options,
    products,
    fraction => onProgress({ stage: 'analysing', fraction: matrixShare + (1 - matrixShare) * fraction })
  )
  return {
    schemaVersion: 1,
    models: models.map((model, m) => ({ model, dimension: templates[m]!.cols })),
    fmr,
    seed,
    heldOutFraction,
    training: { samples: split.training.length, identities: countIdentities(identities, split.training) },
    maps,
    within: within!,
    across: across ?? null,
    generalisation: across === undefined ? null : generalisationOf(within!.matrix, across.matrix),
    ...analyses.length === 0 ? {} : { analyses: found },
    warnings: [
      ...trainingWarnings(models, templates, split),
      ...testWarnings('held-out part', within!, split.heldOut.length, fmr),
      ...across === undefined ? [] : testWarnings('test corpus', across, testCorpus!.samples.length, fmr)
    ]
  }
}

/** @throws Problem as `requireRank`, for the first model whose training templates vary too little */
async function requireRanks (
  models: readonly string[],
  templates: readonly TemplateMatrix[],
  { training }: Split,
  products: Products
): Promise<void> {
  for (const [m, model] of models.entries()) {
    requireRank(
      `model "${model}"`,
      selectRows(templates[m]!, training),
      await centredGram(templates[m]!, training, products)
    )
  }
}

/** A map for every ordered pair of models. */
async function fitPairs (
  models: readonly string[],
  templates: readonly TemplateMatrix[],
  identities: IdentityIndex,
  { training: rows }: Split,
  { method, seed }: EvaluationOptions,
  products: Products,
  onProgress: (fraction: number) => void,
  scoreFolds?: FoldScorer
): Promise<{ maps: ModelEvaluation['maps'], fitted: AnalysedModels['fitted'] }> {
  const maps: ModelEvaluation['maps'] = []
  const fitted = new Map<string, { map: AffineMap, estimator: Estimator }>()
  const pairs = models.flatMap((_, s) => models.map((_, t) => [s, t] as const)).filter(([s, t]) => s !== t)
  for (const [k, [s, t]] of pairs.entries()) {
    const training: TrainingPairs = { source: templates[s]!, target: templates[t]!, identities, rows }
    const { map, estimator, reason } = await fitPair(
      training,
      method,
      seed,
      products,
      fraction => onProgress((k + fraction) / pairs.length),
      scoreFolds
    )
    if (map === undefined) {
      throw new Problem(
        'pairs-rank-deficient',
        `model "${models[s]}": expected ${rows.length} training templates that determine the weights of ` +
          `${describe(estimator)}, received linearly dependent ones`
      )
    }
    fitted.set(`${s} ${t}`, { map, estimator })
    maps.push({ source: models[s]!, target: models[t]!, method: estimator.method, ...parametersOf(estimator), reason })
    onProgress((k + 1) / pairs.length)
  }
  return { maps, fitted: (s, t) => fitted.get(`${s} ${t}`)! }
}

/** The matrix of each set of images, and what share of their comparisons match for each identity. */
async function testMaps (
  models: readonly string[],
  mapBetween: MapBetween,
  sets: readonly TestedImages[],
  { fmr, seed }: EvaluationOptions,
  products: Products,
  onProgress: (fraction: number) => void
): Promise<{ reports: TestReport[], shares: SharesBetween[] }> {
  // Comparisons grow with the square of the images.
  const work = sets.map(({ identity }) => identity.length ** 2)
  const total = work.reduce((sum, value) => sum + value, 0)
  let before = 0
  const reports: TestReport[] = []
  const shares: SharesBetween[] = []
  for (const [k, set] of sets.entries()) {
    const cells = new Map<string, IdentityShares | null>()
    const matrix = await crossModelMatrix(
      models,
      mapBetween,
      set,
      fmr,
      seed,
      products,
      fraction => onProgress((before + fraction * work[k]!) / total),
      (s, t, found) => cells.set(`${s} ${t}`, found)
    )
    shares.push((s, t) => cells.get(`${s} ${t}`) ?? null)
    before += work[k]!
    reports.push({ matrix, clustering: clusterModels(matrix), asymmetry: asymmetryOf(matrix) })
  }
  return { reports, shares }
}

async function fitPair (
  training: TrainingPairs,
  method: EvaluationMethod,
  seed: number,
  products: Products,
  onProgress: (fraction: number) => void,
  scoreFolds?: FoldScorer
) {
  if (method === 'auto') {
    const { estimator, selection, moments } = await select(training, 'auto', seed, products, onProgress, scoreFolds)
    return {
      estimator,
      reason: selection.reason,
      map: mapOf(estimator, moments, await estimate(estimator, moments, products))
    }
  }
  const estimator: Estimator = method === 'ridge' ? { method, lambda: ridgeLambda } : { method, lambda: null }
  const moments = await trainingMoments(training, products)
  return {
    estimator,
    reason: `the caller named ${describe(estimator)}`,
    map: mapOf(estimator, moments, await estimate(estimator, moments, products))
  }
}

const mapOf = (estimator: Estimator, moments: CentredMoments, weights: Matrix | undefined) =>
  weights === undefined ? undefined : affineMapOf(estimator, moments, weights)

function testedImages (
  templates: readonly TemplateMatrix[],
  identities: IdentityIndex,
  rows: readonly number[],
  seed: number
): TestedImages {
  const tested = limitRows(identities, rows, maxTestedRows, createRandom(seed))
  return {
    templates: templates.map(matrix => selectRows(matrix, tested)),
    identity: Int32Array.from(tested, row => identities.ofRow[row]!)
  }
}

function trainingWarnings (
  models: readonly string[],
  templates: readonly TemplateMatrix[],
  { training }: Split
): string[] {
  return models.flatMap((model, m) =>
    training.length > templates[m]!.cols
      ? []
      : [
        `${training.length} training samples are no more than the dimension of "${model}", ${
          templates[m]!.cols
        }: its ` +
        'maps say nothing about directions that they do not span'
      ]
  )
}

function testWarnings (where: string, { matrix }: TestReport, rows: number, fmr: number): string[] {
  const { samples, matedIdentities, alone, pairs } = matrix
  const warnings: string[] = []
  if (samples < rows) warnings.push(`${where}: ${samples} of ${rows} samples, drawn by identity, were compared`)
  if (matedIdentities === 0) warnings.push(`${where}: no identity has two images, so that true match rates are unknown`)
  else if (matedIdentities < fewIdentities) {
    warnings.push(`${where}: true match rates rest on ${matedIdentities} identities with two images or more`)
  }
  if (
    [
      ...alone.map(({ figures }) => figures),
      ...pairs.map(({ aligned }) => aligned)
    ].some(({ support }) => support === 'unsupported')
  ) {
    warnings.push(
      `${where}: FMR ${fmr} takes ${Math.ceil(3 / fmr)} non-mated comparisons, which not every cell of the matrix has`
    )
  }
  return warnings
}

const insufficient = (where: string, what: string, expected: number, received: number) =>
  new Problem('pairs-insufficient', `${where}: expected at least ${expected} ${what}, received ${received}`, {
    expected,
    received
  })
