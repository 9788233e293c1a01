import { prepare, translateNormalised, type PreparedMap } from '../alignment/apply.js'
import { fitterWithout, selectComparison } from '../alignment/comparison-selection.js'
import { lowerFloors, project, withFloorsOf, type ComparisonSpace } from '../alignment/comparison-space.js'
import { gatherMutualFolds, statisticsWithout } from '../alignment/folds.js'
import { completeOptions, type PairedTemplates } from '../alignment/pairs.js'
import { selectWithin } from '../alignment/selection.js'
import { centre, type PairStatistics } from '../alignment/statistics.js'
import type { MigrationOption, OptionFigures } from '../cards/migration-decision.js'
import type { HeldOut } from '../cards/evaluate.js'
import { pairedDifference } from '../cards/verdict.js'
import { squaredDistances, whiteningOf, type Whitening } from '../guard/mahalanobis.js'
import { toSingle, type Products, type TemplateMatrix } from '../linear-algebra/matrix.js'
import { createRandom } from '../linear-algebra/random.js'
import { dot, mean } from '../linear-algebra/sums.js'
import { whitening } from '../linear-algebra/whitening.js'
import { bootstrapMeans, type Interval } from '../scores/bootstrap.js'
import { compareParts, type ComparedSides } from '../scores/comparisons.js'
import { fuseRows, fusionWeights, sampleComparisons, type FusionSample } from '../scores/fusion.js'
import { thresholdsAt } from '../scores/histogram.js'
import { measuredRates } from '../scores/metrics.js'
import { Problem } from '../../errors.js'
import { mapOf } from './fit-map.js'
import { preparePairs } from './prepare-pairs.js'

/** Of the covariance that says how unusual a template is. */
const unusualShrinkage = 0.1
/** The false matches that the lowest rate has to rest on. */
const minFalseMatches = 3

/** What the options need: maps both ways, where the models are compared, and how unusual a template is. */
interface Fitted {
  readonly forward: PreparedMap
  readonly back: PreparedMap
  readonly comparison: ComparisonSpace
  readonly source: Whitening
  readonly target: Whitening
}

export interface FittedOptions extends Fitted {
  /** of the comparison in the target space and in the source space, of sum 1 */
  readonly weights: readonly [number, number]
}

/** Templates of the same images as every option compares them. */
export interface OptionSides {
  readonly compared: Readonly<Record<Exclude<MigrationOption, 're-enrol'>, Sides>>
  /** the new model with itself, as re-enrolled references are searched */
  readonly native: Sides
  /** (n), 1 for the references that are re-enrolled */
  readonly reEnrolled: Uint8Array
}

interface Sides {
  readonly probes: TemplateMatrix
  readonly references: TemplateMatrix
}

export interface FittedMigration {
  /** of all pairs, for other templates of the two models */
  readonly fitted: FittedOptions
  /** what was fitted without the people of each fold, and those people */
  readonly folds: readonly { readonly fitted: FittedOptions, readonly heldOut: HeldOut }[]
  readonly people: number
}

export interface MeasuredOptions {
  /** in the order of `migrationOptions` */
  readonly figures: readonly OptionFigures[]
  /** the new model with itself: what a gallery reaches that is re-enrolled as a whole */
  readonly newModel: { readonly tmr: number, readonly interval: Interval }
  /** that `re-enrol` made anew */
  readonly reEnrolledReferences: number
  /** people with several images, whom the rates are of */
  readonly matedPeople: number
  readonly nonMatedComparisons: number
}

/**
 * Fits what a gallery of the source model can be done with when the target model arrives. The people are dealt into
 * five folds; everything is fitted on each four of them too, for the fifth to be measured by.
 *
 * @param pairs templates of the same images under both models, not normalised
 * @throws Problem `pairs-insufficient` when nobody has two images, and as `fitMap`
 */
export async function fitMigrationOptions (
  pairs: PairedTemplates,
  seed: number,
  products: Products,
  onProgress: (fraction: number) => void = () => {}
): Promise<FittedMigration> {
  const { training, parts } = await preparePairs(pairs, completeOptions({ seed }), products)
  const there = await gatherMutualFolds(training, seed, products)
  const turned = { ...training, source: training.target, target: training.source }
  const here = await gatherMutualFolds(turned, seed, products)
  const forward = (await selectWithin(there, 'auto', products, fraction => onProgress(0.3 * fraction))).estimator
  const back = (await selectWithin(here, 'auto', products, fraction => onProgress(0.3 + 0.3 * fraction))).estimator
  const selected = await selectComparison(there, products, fraction => onProgress(0.6 + 0.3 * fraction))
  if (selected === undefined) {
    throw new Problem('pairs-insufficient', 'expected people with two images or more, found none')
  }
  const fit = async (statistics: PairStatistics, reversed: PairStatistics, comparison: ComparisonSpace) => ({
    forward: prepare(await mapOf(forward, statistics, products)),
    back: prepare(await mapOf(back, reversed, products)),
    comparison,
    source: await unusualness(statistics, products),
    target: await unusualness(reversed, products)
  })
  const fits: { fitted: Fitted, heldOut: HeldOut, sample: FusionSample }[] = []
  const random = createRandom(seed)
  const unseen: { space: ComparisonSpace, templates: HeldOut }[] = []
  for (const [k, { heldOut }] of parts.entries()) {
    unseen.push({ space: await fitterWithout(there, k, products)(selected.spec), templates: heldOut })
  }
  const comparison = await lowerFloors(selected.space, unseen, products)
  for (const [k, { space, templates: heldOut }] of unseen.entries()) {
    const fitted = await fit(
      statisticsWithout(there, k),
      statisticsWithout(here, k),
      withFloorsOf(space, comparison)
    )
    fits.push({ fitted, heldOut, sample: await fusionSample(fitted, heldOut, products, random) })
    onProgress(0.9 + 0.1 * (k + 1) / parts.length)
  }
  const all = await fit(there.total, here.total, comparison)
  return {
    people: training.identities.rows.length,
    fitted: { ...all, weights: weightsOf(fits.map(({ sample }) => sample)) },
    folds: fits.map(({ fitted, heldOut }, k) => ({
      fitted: { ...fitted, weights: weightsOf(fits.filter((_, other) => other !== k).map(({ sample }) => sample)) },
      heldOut
    }))
  }
}

/**
 * Measures every option on the people of each fold, by what was fitted without them, and pools the scores.
 *
 * @param fmr false match rate of the comparisons, at which the true match rates are
 * @param share of the references that are re-enrolled, the most unusual ones first, 0 to 1
 * @throws Problem `pairs-insufficient` when the comparisons do not support the rate
 */
export async function measureMigrationOptions (
  { folds }: FittedMigration,
  { fmr, share, seed }: { readonly fmr: number, readonly share: number, readonly seed: number },
  products: Products
): Promise<MeasuredOptions> {
  const sides: OptionSides[] = []
  for (const { fitted, heldOut: { source, target } } of folds) {
    sides.push(await sidesOfOptions(fitted, source, target, share, products))
  }
  return await figuresOf(sides, folds.map(({ heldOut }) => heldOut.identity), { fmr, seed }, products)
}

/** The same for a gallery of the target model when the source model arrives. */
export function reversedMigration ({ fitted, folds, people }: FittedMigration): FittedMigration {
  return {
    people,
    fitted: reversed(fitted),
    folds: folds.map(({ fitted, heldOut }) => ({
      fitted: reversed(fitted),
      heldOut: { ...heldOut, source: heldOut.target, target: heldOut.source }
    }))
  }
}

function reversed ({ forward, back, comparison, source, target, weights }: FittedOptions): FittedOptions {
  const { normalisation } = comparison
  return {
    forward: back,
    back: forward,
    comparison: {
      source: comparison.target,
      target: comparison.source,
      normalisation: normalisation && {
        meanSource: normalisation.meanTarget,
        meanTarget: normalisation.meanSource,
        covarianceSource: normalisation.covarianceTarget,
        covarianceTarget: normalisation.covarianceSource,
        scale: normalisation.scale
      }
    },
    source: target,
    target: source,
    weights: [weights[1], weights[0]]
  }
}

/**
 * The sides of every option for templates of the same images.
 * @param share of the references that are re-enrolled, those first that are most unusual for the source model, 0 to 1
 * @param source (n, dSource) and target (n, dTarget), rows of norm 1
 */
export async function sidesOfOptions (
  { forward, back, comparison, source: unusual, weights }: FittedOptions,
  source: TemplateMatrix,
  target: TemplateMatrix,
  share: number,
  products: Products
): Promise<OptionSides> {
  const [translated, returned] = [
    await translateNormalised(forward, source, products),
    await translateNormalised(back, target, products)
  ]
  const fuse = (inTarget: TemplateMatrix, inSource: TemplateMatrix) =>
    fuseRows([{ vectors: inTarget, weight: weights[0] }, { vectors: inSource, weight: weights[1] }])
  return {
    compared: {
      nothing: { probes: source, references: source },
      across: {
        probes: await project(comparison, 'target', target, products),
        references: await project(comparison, 'source', source, products)
      },
      probes: { probes: returned, references: source },
      gallery: { probes: target, references: translated },
      fusion: { probes: fuse(target, returned), references: fuse(translated, source) }
    },
    native: { probes: target, references: target },
    reEnrolled: worstOf(await squaredDistances(unusual, source, products), share)
  }
}

/**
 * Rates of every option at one FMR, identities weighing the same, each at the threshold that its own non-mated
 * comparisons have.
 *
 * A gallery in which some references are re-enrolled has scores of two kinds, and a search compares each with the
 * threshold of its kind. Native scores are therefore moved by the difference of the two thresholds, and the threshold
 * is that of all scores together, so that the gallery as a whole has the same FMR as every other option.
 *
 * @param sides per part, of people who are in no other part
 * @param identity per part, (n), index of the identity of each row
 * @throws Problem `pairs-insufficient` when the comparisons do not support the rate
 */
export async function figuresOf (
  sides: readonly OptionSides[],
  identity: readonly Int32Array[],
  { fmr, seed }: { readonly fmr: number, readonly seed: number },
  products: Products
): Promise<MeasuredOptions> {
  const measured = async (parts: readonly Sides[]): Promise<Measured> => {
    const compared = parts.map(({ probes, references }, k): ComparedSides => ({
      probes,
      references: references === probes ? undefined : references,
      identity: identity[k]!
    }))
    const comparisons = await compareParts(compared, products)
    const { total } = comparisons.nonMated
    refuseUnsupported(total, fmr)
    return {
      rates: measuredRates(comparisons, [fmr]).get(fmr)!,
      threshold: thresholdsAt(comparisons.nonMated, [fmr])[0]!,
      nonMatedComparisons: total
    }
  }
  const tmrOf = ({ rates }: Measured) => {
    const values = Float64Array.from(rates.values())
    return { tmr: mean(values), interval: bootstrapMeans([values], seed)[0]! }
  }
  const figures = (option: MigrationOption, found: Measured): OptionFigures => ({
    option,
    ...tmrOf(found),
    found: Float64Array.from(found.rates.values()),
    loss: pairedDifference(nothing.rates, found.rates, seed)
  })
  const of = async (option: keyof OptionSides['compared']) => await measured(sides.map(part => part.compared[option]))

  const nothing = await of('nothing')
  const gallery = await of('gallery')
  const native = await measured(sides.map(part => part.native))
  const shift = gallery.threshold - native.threshold
  const mixed = await measured(sides.map(part => mixedSides(part, shift)))
  return {
    figures: [
      figures('nothing', nothing),
      figures('across', await of('across')),
      figures('probes', await of('probes')),
      figures('gallery', gallery),
      figures('fusion', await of('fusion')),
      figures('re-enrol', mixed)
    ],
    newModel: tmrOf(native),
    reEnrolledReferences: sides.reduce((sum, { reEnrolled }) => sum + dot(reEnrolled, reEnrolled), 0),
    matedPeople: nothing.rates.size,
    nonMatedComparisons: nothing.nonMatedComparisons
  }
}

interface Measured {
  /** by identity, the share of its mated comparisons that is found */
  readonly rates: ReadonlyMap<number, number>
  readonly threshold: number
  readonly nonMatedComparisons: number
}

/** @throws Problem `pairs-insufficient` when fewer than `minFalseMatches` are expected at the rate */
function refuseUnsupported (comparisons: number, fmr: number): void {
  if (comparisons * fmr >= minFalseMatches) return
  throw new Problem(
    'pairs-insufficient',
    `fmr: expected ${Math.ceil(minFalseMatches / fmr)} comparisons of two people for ${fmr}, the pairs give ` +
      `${comparisons}: lower rates need templates of more people`
  )
}

/**
 * The gallery with re-enrolled references. One more element adds the shift to their scores; half of the sum stays a
 * score of the histogram.
 */
function mixedSides ({ compared: { gallery }, native, reEnrolled }: OptionSides, shift: number): Sides {
  const { rows, cols } = gallery.references
  const [probes, references] = [new Float32Array(rows * (cols + 1)), new Float32Array(rows * (cols + 1))]
  for (let row = 0; row < rows; row++) {
    const chosen = reEnrolled[row] === 1 ? native.references : gallery.references
    const start = row * (cols + 1)
    for (let j = 0; j < cols; j++) {
      probes[start + j] = 0.5 * native.probes.data[row * cols + j]!
      references[start + j] = chosen.data[row * cols + j]!
    }
    probes[start + cols] = 0.5
    references[start + cols] = reEnrolled[row] === 1 ? shift : 0
  }
  return {
    probes: { rows, cols: cols + 1, data: probes },
    references: { rows, cols: cols + 1, data: references }
  }
}

async function unusualness (statistics: PairStatistics, products: Products): Promise<Whitening> {
  const { gram, meanSource, pairs } = centre(statistics)
  const covariance = { ...gram, data: gram.data.map(value => value / pairs) }
  return whiteningOf({
    mean: Float32Array.from(meanSource),
    whitening: toSingle(await whitening(covariance, unusualShrinkage, products))
  })
}

async function fusionSample (
  fitted: Fitted,
  { source, target, identity, calibrating }: HeldOut,
  products: Products,
  random: ReturnType<typeof createRandom>
): Promise<FusionSample> {
  const translated = await translateNormalised(fitted.forward, source, products)
  const returned = await translateNormalised(fitted.back, target, products)
  const scores = [
    await products.multiply(target, translated, { transposeB: true }),
    await products.multiply(returned, source, { transposeB: true })
  ]
  const parts = scores.map(({ data }) => ({ scores: data, transposed: false }))
  return sampleComparisons(parts, identity, random, calibrating)
}

function weightsOf (samples: readonly FusionSample[]): [number, number] {
  const [inTarget, inSource] = fusionWeights(samples, [0, 1])
  return [inTarget!, inSource!]
}

/** @returns (n), 1 for the share of the rows with the largest distances */
function worstOf (distances: Float64Array, share: number): Uint8Array {
  const worst = new Uint8Array(distances.length)
  const order = Array.from(distances.keys()).sort((a, b) => distances[b]! - distances[a]! || a - b)
  for (const row of order.slice(0, Math.round(share * distances.length))) worst[row] = 1
  return worst
}
