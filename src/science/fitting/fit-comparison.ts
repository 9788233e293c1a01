import { comparisonCriterion, selectComparison } from '../alignment/comparison-selection.js'
import { project, type ComparisonSpace } from '../alignment/comparison-space.js'
import type { Products } from '../linear-algebra/matrix.js'
import type { TrainingPairs } from '../alignment/selection.js'
import { calibrateSpace } from '../scores/calibration.js'
import type { ComparisonCard } from '../cards/comparison-card.js'
import { compare } from '../scores/comparisons.js'
import { measureInDetail } from '../scores/detailed-metrics.js'
import type { HeldOut } from '../cards/evaluate.js'

export interface FittedComparison {
  readonly space: ComparisonSpace
  readonly card: ComparisonCard
  /** cross-validated criterion of the choice, on training identities */
  readonly score: number
}

/**
 * Chooses and fits the comparison space of the two models on the training pairs alone, and evaluates and calibrates it
 * on the held-out ones.
 *
 * @param heldOut of identities that are not among the training pairs
 * @returns undefined when the training pairs give no criterion, see `selectComparison`
 */
export async function fitComparison (
  training: TrainingPairs,
  heldOut: HeldOut,
  seed: number,
  products: Products,
  onProgress: (fraction: number) => void = () => {}
): Promise<FittedComparison | undefined> {
  const selected = await selectComparison(training, seed, products, fraction => onProgress(0.8 * fraction))
  if (selected === undefined) return undefined
  const { space, spec, score: chosenScore, tried, folds, reason } = selected
  const sides = {
    probes: await project(space, 'source', heldOut.source, products),
    references: await project(space, 'target', heldOut.target, products),
    identity: heldOut.identity,
    calibrating: heldOut.calibrating
  }
  const comparisons = await compare(sides.probes, sides.references, sides.identity, products)
  const card: ComparisonCard = {
    ...spec,
    dimension: space.source.bias.length,
    selection: {
      criterion: comparisonCriterion,
      folds,
      candidates: tried.map(({ spec: candidate, score, standardError }) => ({ ...candidate, score, standardError })),
      reason
    },
    evaluation: measureInDetail(comparisons, seed, false),
    calibration: await calibrateSpace(comparisons, sides, seed, products)
  }
  onProgress(1)
  return { space, card, score: chosenScore }
}
