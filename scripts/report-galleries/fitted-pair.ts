import { affineMapOf, estimate, describe } from '../../src/science/alignment/candidates.js'
import type { AffineMap } from '../../src/science/alignment/affine-map.js'
import { prepare, translate } from '../../src/science/alignment/apply.js'
import type { Products } from '../../src/science/linear-algebra/matrix.js'
import { completeOptions, type PairedTemplates } from '../../src/science/alignment/pairs.js'
import { gatherMutualFolds, type TrainingPairs } from '../../src/science/alignment/folds.js'
import { select } from '../../src/science/alignment/selection.js'
import type { CentredMoments } from '../../src/science/alignment/statistics.js'
import { calibrateSpace, type Calibration } from '../../src/science/scores/calibration.js'
import { compare } from '../../src/science/scores/comparisons.js'
import { measureInDetail, type DetailedMetrics } from '../../src/science/scores/detailed-metrics.js'
import type { HeldOut } from '../../src/science/cards/evaluate.js'
import type { SpaceProfile } from '../../src/science/guard/guard-profile.js'
import { fitComparison, type FittedComparison } from '../../src/science/fitting/fit-comparison.js'
import { preparePairs } from '../../src/science/fitting/prepare-pairs.js'
import type { SharedTemplates } from '../../src/science/fitting/evaluate-models.js'

const seed = 42

/** What a gallery knows about one kind of comparison. */
export interface Calibrated {
  readonly calibration: Calibration
  readonly metrics: DetailedMetrics
}

/** A map of one direction, as `fitMap` chooses and calibrates it. */
export interface FittedDirection extends Calibrated {
  readonly map: AffineMap
  readonly chosen: string
  /** of the source */
  readonly profile: SpaceProfile
}

/** Two models, a to b and back, fitted on training identities and calibrated on held-out ones. */
export interface FittedPair {
  readonly forward: FittedDirection
  readonly back: FittedDirection
  readonly comparison: FittedComparison
}

/**
 * Fits what serves a gallery of one model that is searched with the other: the steps of `fitMap` without its baselines
 * and learning curves, which no search needs and which take longer than the rest.
 *
 * @param data templates of two models, a and b
 * @param profiles of both, as `fitProfile` makes them of the same templates
 */
export async function fitPair (
  { samples, identities, templates: [source, target] }: SharedTemplates,
  profiles: readonly [SpaceProfile, SpaceProfile],
  products: Products
): Promise<FittedPair> {
  if (source === undefined || target === undefined) throw new RangeError('expected templates of two models')
  const pairs: PairedTemplates = { samples, identities, source, target, oneSided: { source: 0, target: 0 }, hash: '' }
  const prepared = await preparePairs(pairs, completeOptions({ seed, heldOutFraction: 0.3 }), products)
  const { training } = prepared
  const { heldOut } = prepared.parts[0]!
  const comparison = await fitComparison(await gatherMutualFolds(training, seed, products), prepared, seed, products)
  if (comparison === undefined) throw new RangeError('expected identities with several images to fit on')
  return {
    forward: await fitDirection(training, heldOut, profiles[0], products),
    back: await fitDirection(
      { ...training, source: training.target, target: training.source },
      { ...heldOut, source: heldOut.target, target: heldOut.source },
      profiles[1],
      products
    ),
    comparison
  }
}

async function fitDirection (
  training: TrainingPairs,
  heldOut: HeldOut,
  profile: SpaceProfile,
  products: Products
): Promise<FittedDirection> {
  const { estimator, moments } = await select(training, 'auto', seed, products)
  const map = affineMapOf(estimator, moments, await weightsOf(estimator, moments, products))
  const sides = {
    probes: await translate(prepare(map), heldOut.source, products),
    references: heldOut.target,
    identity: heldOut.identity,
    calibrating: heldOut.calibrating
  }
  const comparisons = await compare(sides.probes, sides.references, sides.identity, products)
  return {
    map,
    chosen: describe(estimator),
    calibration: await calibrateSpace(comparisons, [sides], seed, products),
    metrics: measureInDetail(comparisons, seed, false),
    profile
  }
}

async function weightsOf (estimator: Parameters<typeof estimate>[0], moments: CentredMoments, products: Products) {
  const weights = await estimate(estimator, moments, products)
  if (weights === undefined) throw new RangeError(`expected pairs that determine ${describe(estimator)}`)
  return weights
}
