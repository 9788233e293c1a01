import { countIdentities, limitRows, type Split } from '../linear-algebra/identities.js'
import { selectRows, type Products, type TemplateMatrix } from '../linear-algebra/matrix.js'
import { normaliseRows } from '../linear-algebra/normalise.js'
import { sumOfSquares } from '../linear-algebra/sums.js'
import {
  checkPairs,
  requireRank,
  type CompleteFitOptions,
  type OtherImages,
  type PairedTemplates
} from '../alignment/pairs.js'
import { createRandom } from '../linear-algebra/random.js'
import { dealScoredFolds, scoredRows, type ApartImages, type TrainingPairs } from '../alignment/folds.js'
import { centredGram, meanOfRows } from '../alignment/statistics.js'
import type { Card } from '../cards/card.js'
import type { HeldOut, MapEvaluation } from '../cards/evaluate.js'
import { doubtfulRows } from '../cards/doubtful-labels.js'

/**
 * Maximum rows that are evaluated: 144 million comparisons, 29 million in five folds, which support FMR 1e-6 and take
 * seconds.
 */
const maxEvaluatedRows = 12_000

/** Rows that are evaluated together, by a map that none of their identities fitted. */
interface EvaluatedPart {
  /** of all pairs; a sample when there are many */
  readonly rows: readonly number[]
  readonly heldOut: HeldOut
}

/** Pairs that were checked, split by identity and normalised. */
export interface PreparedPairs {
  /** as received, sorted by sample */
  readonly pairs: PairedTemplates
  /** all rows, normalised, and which of them train */
  readonly training: TrainingPairs
  readonly split: Split
  /** the held-out part, or the folds of a cross-fitting in the order of `dealScoredFolds` */
  readonly parts: readonly EvaluatedPart[]
  readonly crossFitted: boolean
  /** held-out rows with doubtful labels */
  readonly doubtful: number
  /** dimensions that never vary over the training pairs */
  readonly constant: { readonly source: number, readonly target: number }
}

/**
 * Sorts, checks, splits and normalises pairs.
 *
 * @param received not normalised, not changed
 * @throws Problem as `checkPairs` and `requireRank`
 */
export async function preparePairs (
  received: PairedTemplates,
  options: CompleteFitOptions,
  products: Products
): Promise<PreparedPairs> {
  const pairs = orderBySample(received)
  const { identities, split } = checkPairs(pairs, options)
  const training: TrainingPairs = { ...normalised(pairs), identities, rows: split.training }
  const crossFitted = options.heldOutFraction === undefined
  const sets = crossFitted ? dealScoredFolds(training, options.seed).folds : [split.heldOut]
  const random = createRandom(options.seed)
  const evaluated = sets.map(rows => limitRows(identities, rows, Math.floor(maxEvaluatedRows / sets.length), random))
  const { parts, doubtful } = await evaluatedParts(training, evaluated, products)
  return {
    pairs,
    training,
    split,
    parts,
    crossFitted,
    doubtful,
    constant: {
      source: await constantDimensionsOf('source', training.source, split.training, products),
      target: await constantDimensionsOf('target', training.target, split.training, products)
    }
  }
}

function normalised (
  { samples, source, target, others }: PairedTemplates
): Pick<TrainingPairs, 'source' | 'target' | 'apart'> {
  const single = { source: normaliseRows(source), target: normaliseRows(target) }
  if (others === undefined) return single
  const { targetSamples, means } = others
  const rowOf = new Map(targetSamples.map((sample, row) => [sample, row]))
  const apart: ApartImages = {
    ...single,
    ownImage: Int32Array.from(samples, sample => rowOf.get(sample) ?? -1)
  }
  return means === undefined
    ? { ...single, apart }
    : { source: normaliseRows(means.source), target: normaliseRows(means.target), apart }
}

/**
 * Parts to evaluate, each of the rows given. Thresholds leave out the rows whose labels are in doubt.
 * @returns the parts, and how many rows are in doubt
 */
export async function evaluatedParts (
  training: Omit<TrainingPairs, 'rows'>,
  sets: readonly (readonly number[])[],
  products: Products
): Promise<{ parts: EvaluatedPart[], doubtful: number }> {
  const parts: EvaluatedPart[] = []
  let doubtful = 0
  for (const rows of sets) {
    const heldOut = heldOutRows(training, rows)
    const doubted = new Set(await doubtfulRows(heldOut, products))
    const calibrating = doubted.size === 0 ? undefined : rows.map((_, i) => i).filter(i => !doubted.has(i))
    parts.push({ rows, heldOut: { ...heldOut, calibrating } })
    doubtful += doubted.size
  }
  return { parts, doubtful }
}

/** Some rows, as pairs to evaluate a map on. */
export function heldOutRows (pairs: Omit<TrainingPairs, 'rows'>, rows: readonly number[]): HeldOut {
  return scoredRows(pairs, rows)
}

/** The parts of a card about its pairs and the evaluation on the held-out ones, however the map was made. */
export function evaluatedPart (
  { pairs, training: { identities }, split, parts, crossFitted }: PreparedPairs,
  { seed, heldOutFraction = 1 / parts.length }: CompleteFitOptions,
  evaluation: MapEvaluation
): Pick<Card, 'schemaVersion' | 'seed' | 'pairs' | 'split' | 'evaluation' | 'calibration' | 'fidelity'> {
  return {
    schemaVersion: 2,
    seed,
    pairs: {
      corpusHash: pairs.hash,
      pairs: pairs.samples.length,
      identities: identities.rows.length,
      oneSided: { ...pairs.oneSided },
      ...(pairs.others === undefined ? {} : { pairing: 'identity' as const })
    },
    split: {
      method: crossFitted ? 'cross-fitting' : 'held-out',
      folds: parts.length,
      heldOutFraction,
      training: { pairs: split.training.length, identities: countIdentities(identities, split.training) },
      heldOut: { pairs: split.heldOut.length, identities: countIdentities(identities, split.heldOut) }
    },
    evaluation: evaluation.metrics,
    calibration: evaluation.calibration,
    fidelity: evaluation.fidelity
  }
}

async function constantDimensionsOf (
  side: 'source' | 'target',
  templates: TemplateMatrix,
  rows: readonly number[],
  products: Products
): Promise<number> {
  return requireRank(side, selectRows(templates, rows), await centredGram(templates, rows, products))
}

export function pairingWarnings ({ pairs: { oneSided, unusable = 0, others } }: PreparedPairs): string[] {
  const { source, target } = oneSided
  const warnings: string[] = []
  if (others !== undefined) {
    warnings.push(
      'the pairs are of other images of the same people: what one image does to its templates is in the figures, and ' +
        'a pair with a wrong label is a mate that no map finds'
    )
  }
  if (source + target > 0) {
    warnings.push(
      `${source + target} images have a template on one side only (${source} source, ${target} target) and were left ` +
        'out'
    )
  }
  if (unusable > 0) warnings.push(`${unusable} images have a stored template that cannot be read and were left out`)
  return warnings
}

/** Warnings about what the pairs lack to determine a map. */
export function trainingWarnings ({ split, training: { source, target, rows }, constant }: PreparedPairs): string[] {
  const warnings = domainWarnings(meanOfRows(target, rows))
  const pairs = split.training.length
  const dimension = Math.max(source.cols, target.cols)
  if (pairs <= dimension) {
    warnings.push(
      `${pairs} training pairs are no more than the larger dimension, ${dimension}: the map says nothing about ` +
        'directions that they do not span'
    )
  }
  for (const side of ['source', 'target'] as const) {
    if (constant[side] > 0) {
      warnings.push(
        `${constant[side]} of ${(side === 'source' ? source : target).cols} dimensions of the ${side} never vary ` +
          'over the training pairs'
      )
    }
  }
  return warnings
}

/**
 * The share of a template's squared norm that the mean of the fitting data may have for the plain cosine to be called
 * steady. Isotropic models have about 0.01, the anisotropic ones that were measured 0.40 and 0.85.
 */
const maxMeanShare = 0.25

/**
 * Whether thresholds for translated templates move with the photographs. Where the target's templates share a large
 * mean, their plain cosines lie close together, and what sets the mean (the camera, the crop, who is photographed) sets
 * the false match rate: the threshold that a model of mean share 0.85 has by itself for FMR 1e-3 on one data set had
 * 3.8e-4 on another. Comparison spaces leave the mean out.
 *
 * @param mean of the target's normalised training rows
 */
function domainWarnings (mean: Float64Array): string[] {
  const share = sumOfSquares(mean)
  if (share <= maxMeanShare) return []
  return [
    `the mean has ${Math.round(100 * share)} % of the squared norm of the target's templates: thresholds for ` +
    'translated templates by the plain cosine depend on the photographs; verify in the comparison space, or calibrate ' +
    'on your own'
  ]
}

/** Below this number of identities the interval of a rate of 0.9 is wider than 0.1 in either direction. */
const fewIdentities = 35

export function evaluationWarnings (
  { parts, split, doubtful }: PreparedPairs,
  { metrics: { crossModel } }: MapEvaluation
): string[] {
  const warnings: string[] = []
  const evaluated = parts.reduce((sum, { rows }) => sum + rows.length, 0)
  if (evaluated < split.heldOut.length) {
    warnings.push(`${evaluated} of ${split.heldOut.length} held-out pairs, drawn by identity, were compared`)
  }
  if (doubtful > 0) {
    warnings.push(
      `${doubtful} of ${evaluated} held-out images look to both models like another person than the one they ` +
        'are labelled as; thresholds leave them out, the other figures do not'
    )
  }
  if (crossModel.matedIdentities === 0) {
    warnings.push('no held-out identity has two images: true match rates are unknown')
  } else if (crossModel.matedIdentities < fewIdentities) {
    warnings.push(`true match rates rest on ${crossModel.matedIdentities} held-out identities with two images or more`)
  }
  const unsupported = crossModel.operatingPoints.find(({ fmr, support }) => fmr >= 1e-3 && support === 'unsupported')
  if (unsupported !== undefined) {
    warnings.push(
      `${crossModel.nonMatedComparisons} non-mated comparisons support no threshold for FMR ${unsupported.fmr} and ` +
        'below'
    )
  }
  return warnings
}

/** The same pairs sorted by sample (by UTF-16 code units), so that the order of arrival has no effect. */
function orderBySample (pairs: PairedTemplates): PairedTemplates {
  const order = pairs.samples.map((_, row) => row).sort((a, b) => pairs.samples[a]! < pairs.samples[b]! ? -1 : 1)
  return {
    ...pairs,
    samples: order.map(row => pairs.samples[row]!),
    identities: order.map(row => pairs.identities[row] ?? null),
    ...(pairs.groups === undefined ? {} : { groups: order.map(row => pairs.groups?.[row] ?? null) }),
    ...(pairs.others === undefined ? {} : { others: reorderOthers(pairs.others, order) }),
    source: selectRows(pairs.source, order),
    target: selectRows(pairs.target, order)
  }
}

function reorderOthers ({ targetSamples, means }: OtherImages, order: readonly number[]): OtherImages {
  return {
    targetSamples: order.map(row => targetSamples[row]!),
    means: means && { source: selectRows(means.source, order), target: selectRows(means.target, order) }
  }
}
