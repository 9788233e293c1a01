import { Problem } from '../../errors.js'
import type { AffineMap } from '../alignment/affine-map.js'
import { prepare, translate } from '../alignment/apply.js'
import { project, type ComparisonSpace } from '../alignment/comparison-space.js'
import { biasesFor, withBiases, type SideBiases, type WeightedTemplates } from '../alignment/own-means.js'
import type { Card } from '../cards/card.js'
import type { ComparisonCard } from '../cards/comparison-card.js'
import { doubtfulRows } from '../cards/doubtful-labels.js'
import type { Recalibration } from '../cards/recalibration.js'
import {
  countIdentities,
  groupRows,
  indexIdentities,
  limitRows,
  type IdentityIndex
} from '../linear-algebra/identities.js'
import { selectRows, type Products, type TemplateMatrix } from '../linear-algebra/matrix.js'
import { normaliseRows } from '../linear-algebra/normalise.js'
import { createRandom } from '../linear-algebra/random.js'
import { calibrateSpace, thresholdAt, type Calibration } from '../scores/calibration.js'
import { compareParts, type ComparedSides, type Comparisons } from '../scores/comparisons.js'
import { measureInDetail, type DetailedMetrics } from '../scores/detailed-metrics.js'
import { fractionAtOrAbove } from '../scores/histogram.js'
import { isSupported } from '../scores/support.js'
import { invalidRows } from '../template/check.js'

/** Templates of one model. */
export interface DomainTemplates {
  /** (n), names of the images, unique; a name on both sides is one image */
  readonly samples: readonly string[]
  /** (n), null where unknown, which makes the image an identity of its own */
  readonly identities: readonly (string | null)[]
  /** (n, d), as the model gave them */
  readonly templates: TemplateMatrix
}

/** The caller's own templates. */
export interface DomainData {
  readonly source: DomainTemplates
  readonly target: DomainTemplates
  /** SHA-256 of all of it */
  readonly hash: string
}

export interface RecalibrationOptions {
  readonly seed: number
  /** whether to centre the comparison space on these templates */
  readonly means: 'own' | 'kept'
}

/** A map, as far as it is calibrated. */
export interface CalibratedMap {
  readonly map: AffineMap
  readonly comparison: ComparisonSpace | undefined
  /** what its scores are calibrated by now */
  readonly card: Pick<Card, 'calibration'> & { readonly comparison?: Pick<ComparisonCard, 'calibration'> | undefined }
}

export interface Recalibrated {
  readonly recalibration: Recalibration
  /** of the comparison space, when it was centred anew */
  readonly biases: SideBiases | undefined
}

/**
 * The fewest people under either model: 380 comparisons, which support FMR 1e-2. Centring moves by a twentieth of the
 * deviation of one person.
 */
const minPeople = 20
/** The fewest identities with mated comparisons that likelihood ratios are fitted on. */
const minMatedIdentities = 10
/** Compared of either side: 64 million comparisons, which support FMR 1e-6. */
const maxRows = 8000
const rates: readonly number[] = [1e-2, 1e-3, 1e-4]

/**
 * Calibrates a map for the domain of some templates without fitting it: where the comparison space is centred,
 * thresholds and likelihood ratios, between the two models and within each. Comparisons of different people are free,
 * so that templates need no label; the thresholds come from them. Where people have several images, likelihood ratios
 * are fitted by logistic regression, an affine function of the score. A template without a label counts as a person of
 * its own: people who have several of them make thresholds stricter, never looser.
 *
 * @throws Problem `pairs-insufficient` with fewer than `minPeople` people under a model; `template-invalid`
 */
export async function recalibrate (
  { map, comparison, card }: CalibratedMap,
  data: DomainData,
  { seed, means }: RecalibrationOptions,
  products: Products
): Promise<Recalibrated> {
  const { sides, doubtful, people } = await prepareSides(data, seed, products)
  const { source, target } = sides
  const warnings: string[] = []

  const compared = comparison && await compareShared(comparison)
  const crossModel = await summarise(
    { ...between(source, target), probes: await translate(prepare(map), source.templates, products) },
    card.calibration.crossModel
  )
  const alone = {
    source: await summarise(within(source), card.calibration.source),
    target: await summarise(within(target), card.calibration.target)
  }
  const decided = compared ??
    { ...crossModel, before: measureBefore(crossModel.comparisons, card.calibration.crossModel) }
  const own = decided.calibration.likelihoodRatio !== undefined && !decided.carried
  return {
    biases: compared?.biases,
    recalibration: {
      seed,
      dataHash: data.hash,
      means: compared?.biases === undefined ? 'kept' : 'own',
      ...people,
      doubtful,
      matedIdentities: decided.metrics.matedIdentities,
      likelihoodRatios: own ? 'own' : decided.carried ? 'carried' : 'none',
      calibration: {
        comparison: compared?.calibration ?? null,
        crossModel: crossModel.calibration,
        source: alone.source.calibration,
        target: alone.target.calibration
      },
      evaluation: {
        comparison: compared?.metrics ?? null,
        crossModel: crossModel.metrics,
        sourceAlone: alone.source.metrics,
        targetAlone: alone.target.metrics
      },
      before: decided.before,
      warnings: [...warnings, ...warningsOf(decided, doubtful)]
    }
  }

  async function compareShared (space: ComparisonSpace) {
    const kept = await projected(space)
    const known = card.comparison?.calibration ?? card.calibration.crossModel
    const before = measureBefore(await compareParts([kept], products), known)
    const biases = means === 'kept'
      ? undefined
      : await biasesFor(space, { source: weighted(source), target: weighted(target) }, products)
    if (means === 'own' && biases === undefined) {
      warnings.push('the comparison space of the map takes no means away, so it is not centred anew')
    }
    const chosen = biases === undefined ? kept : await projected(withBiases(space, biases))
    return { biases, before, ...await summarise(chosen, known) }
  }

  async function projected (space: ComparisonSpace): Promise<ComparedSides> {
    return {
      ...between(source, target),
      probes: await project(space, 'source', source.templates, products),
      references: await project(space, 'target', target.templates, products)
    }
  }

  async function summarise (part: ComparedSides, known: Calibration): Promise<Summary> {
    const comparisons = await compareParts([part], products)
    const metrics = measureInDetail(comparisons, seed, true)
    const { likelihoodRatio, ...thresholds } = await calibrateSpace(comparisons, [part], seed, products)
    if (likelihoodRatio !== undefined && metrics.matedIdentities >= minMatedIdentities) {
      return { comparisons, metrics, calibration: { ...thresholds, likelihoodRatio }, carried: false }
    }
    const carried = carriedRatio(known, thresholds)
    return {
      comparisons,
      metrics,
      calibration: { ...thresholds, ...(carried === undefined ? {} : { likelihoodRatio: carried }) },
      carried: carried !== undefined
    }
  }
}

interface Summary {
  readonly comparisons: Comparisons
  readonly metrics: DetailedMetrics
  readonly calibration: Calibration
  /** whether its likelihood ratios are those of the card */
  readonly carried: boolean
}

/** One side, ready to be compared. */
interface PreparedSide {
  /** (n, d), normalised rows */
  readonly templates: TemplateMatrix
  readonly samples: readonly string[]
  /** (n), numbered alike on both sides */
  readonly identity: Int32Array
}

async function prepareSides (data: DomainData, seed: number, products: Products) {
  for (const side of ['source', 'target'] as const) requireTemplates(side, data[side])
  const random = createRandom(seed)
  const numbered = indexIdentities(
    [...data.source.identities, ...data.target.identities],
    [...data.source.samples, ...data.target.samples]
  )
  const offset = data.source.samples.length
  const kept = {
    source: take('source', 0),
    target: take('target', offset)
  }
  const doubted = await doubtfulSamples(kept.source.side, kept.target.side, products)
  return {
    sides: {
      source: without(kept.source.side, doubted),
      target: without(kept.target.side, doubted)
    },
    doubtful: doubted.size,
    people: { source: kept.source.people, target: kept.target.people }
  }

  function take (side: 'source' | 'target', first: number): { side: PreparedSide, people: Recalibration['source'] } {
    const { samples, templates } = data[side]
    const index: IdentityIndex = { ...numbered, ofRow: numbered.ofRow.slice(first, first + samples.length) }
    const every = samples.map((_, row) => row)
    const identities = countIdentities(index, every)
    if (identities < minPeople) {
      throw new Problem(
        'pairs-insufficient',
        `templates: expected those of at least ${minPeople} people under the ${side} of the map, received ${identities}`,
        { expected: minPeople, received: identities, side }
      )
    }
    const rows = limitRows(index, every, maxRows, random)
    return {
      side: {
        templates: normaliseRows(selectRows(templates, rows)),
        samples: rows.map(row => samples[row]!),
        identity: Int32Array.from(rows, row => index.ofRow[row]!)
      },
      people: {
        templates: rows.length,
        identities: countIdentities(index, rows),
        leftOut: samples.length - rows.length
      }
    }
  }
}

function requireTemplates (side: string, { samples, templates }: DomainTemplates): void {
  const [invalid] = invalidRows(templates)
  if (invalid === undefined) return
  throw new Problem('template-invalid', `${side} template of sample "${samples[invalid.row]}": ${invalid.defect}`)
}

/** Samples whose label is in doubt, see `doubtfulRows`; only an image with a template of both models is judged. */
async function doubtfulSamples (
  source: PreparedSide,
  target: PreparedSide,
  products: Products
): Promise<ReadonlySet<string>> {
  const rowOf = new Map(target.samples.map((sample, row) => [sample, row]))
  const rows = source.samples.map((_, row) => row).filter(row => rowOf.has(source.samples[row]!))
  if (rows.length === 0) return new Set()
  const doubtful = await doubtfulRows({
    source: selectRows(source.templates, rows),
    target: selectRows(target.templates, rows.map(row => rowOf.get(source.samples[row]!)!)),
    identity: Int32Array.from(rows, row => source.identity[row]!)
  }, products)
  return new Set(doubtful.map(k => source.samples[rows[k]!]!))
}

function without ({ templates, samples, identity }: PreparedSide, left: ReadonlySet<string>): PreparedSide {
  if (left.size === 0) return { templates, samples, identity }
  const rows = samples.map((_, row) => row).filter(row => !left.has(samples[row]!))
  return {
    templates: selectRows(templates, rows),
    samples: rows.map(row => samples[row]!),
    identity: Int32Array.from(rows, row => identity[row]!)
  }
}

function between (source: PreparedSide, target: PreparedSide): ComparedSides {
  const rowOf = new Map(target.samples.map((sample, row) => [sample, row]))
  return {
    probes: source.templates,
    references: target.templates,
    identity: source.identity,
    other: {
      identity: target.identity,
      ownImage: Int32Array.from(source.samples, sample => rowOf.get(sample) ?? -1)
    }
  }
}

const within = ({ templates, identity }: PreparedSide): ComparedSides => (
  { probes: templates, references: undefined, identity }
)

/** People weigh the same, however many templates each of them has. */
function weighted ({ templates, identity }: PreparedSide): WeightedTemplates {
  const people = groupRows(identity, identity.keys())
  const weights = new Float64Array(identity.length)
  for (const rows of people) for (const row of rows) weights[row] = 1 / rows.length / people.length
  return { templates, weights }
}

function measureBefore ({ nonMated }: Comparisons, known: Calibration): Recalibration['before'] {
  return rates.flatMap(fmr => {
    const { threshold } = thresholdAt(known, fmr)
    if (threshold === null) return []
    return [{
      fmr,
      threshold,
      measured: isSupported(fmr, nonMated.total) ? fractionAtOrAbove(nonMated, threshold) : null
    }]
  })
}

/**
 * The likelihood ratios of a known calibration on the scale of another one: the affine function that takes the
 * thresholds of this one to those of the other for the same false match rates, by least squares, and then those ratios.
 */
function carriedRatio (
  { grid: before, likelihoodRatio }: Calibration,
  { grid: after }: Pick<Calibration, 'grid'>
): Calibration['likelihoodRatio'] {
  if (likelihoodRatio === undefined) return undefined
  const known = new Map(before.map(({ fmr, threshold }) => [fmr, threshold]))
  const points = after.flatMap(({ fmr, threshold }) => known.has(fmr) ? [[threshold, known.get(fmr)!] as const] : [])
  if (points.length < 2) return undefined
  let [x, y] = [0, 0]
  for (const [own, its] of points) [x, y] = [x + own / points.length, y + its / points.length]
  let [covariance, variance] = [0, 0]
  for (const [own, its] of points) {
    covariance += (own - x) * (its - y)
    variance += (own - x) ** 2
  }
  if (!(covariance > 0 && variance > 0)) return undefined
  const scale = covariance / variance
  return {
    ...likelihoodRatio,
    slope: likelihoodRatio.slope * scale,
    offset: likelihoodRatio.slope * (y - scale * x) + likelihoodRatio.offset
  }
}

function warningsOf ({ metrics, carried, calibration }: Summary, doubtful: number): string[] {
  const warnings: string[] = []
  const { matedIdentities, nonMatedComparisons } = metrics
  if (carried) {
    warnings.push(
      `${matedIdentities} identities have templates of different images under the two models, likelihood ratios take ` +
        `${minMatedIdentities}: those of the card are carried over`
    )
  } else if (calibration.likelihoodRatio !== undefined && matedIdentities < 35) {
    warnings.push(`likelihood ratios rest on ${matedIdentities} identities`)
  }
  const unsupported = rates.find(fmr => !isSupported(fmr, nonMatedComparisons))
  if (unsupported !== undefined) {
    warnings.push(
      `${nonMatedComparisons} non-mated comparisons measure no threshold for FMR ${unsupported} and below`
    )
  }
  if (doubtful > 0) {
    warnings.push(
      `${doubtful} images look to both models like another person than the one they are labelled as, and were left out`
    )
  }
  return warnings
}
