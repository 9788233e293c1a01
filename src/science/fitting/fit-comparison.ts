import { comparisonCriterionAt, fitterWithout, selectComparison } from '../alignment/comparison-selection.js'
import type { ComparisonSpec } from '../alignment/comparison-candidates.js'
import { lowerFloors, project, withFloorsOf, type ComparisonSpace } from '../alignment/comparison-space.js'
import type { Folds } from '../alignment/folds.js'
import type { Products } from '../linear-algebra/matrix.js'
import { calibrateSpace, type CalibratedSides } from '../scores/calibration.js'
import { comparedRows, type HeldOut } from '../cards/evaluate.js'
import type { ComparisonCard } from '../cards/comparison-card.js'
import { judged, type Judged } from '../cards/verdict.js'
import { compareParts } from '../scores/comparisons.js'
import { measureInDetail } from '../scores/detailed-metrics.js'
import type { PreparedPairs } from './prepare-pairs.js'

export interface FittedComparison {
  readonly space: ComparisonSpace
  readonly spec: ComparisonSpec
  readonly card: ComparisonCard
  /** what the verdict rests on */
  readonly judged: Judged
  /** cross-validated criterion of the choice, on training identities */
  readonly score: number
}

/**
 * Chooses and fits the comparison space of the two models on the training pairs, and evaluates and calibrates it on
 * pairs that it has not seen: the held-out ones, or those of each fold in the same kind of space fitted on the others.
 *
 * @param folds of the training pairs
 * @param parts of identities that are not among the training pairs; or, when cross-fitted, one for each fold
 * @returns undefined when the training pairs give no criterion, see `selectComparison`
 */
export async function fitComparison (
  folds: Folds,
  { parts, crossFitted }: Pick<PreparedPairs, 'parts' | 'crossFitted'>,
  seed: number,
  products: Products,
  onProgress: (fraction: number) => void = () => {}
): Promise<FittedComparison | undefined> {
  const selected = await selectComparison(folds, products, fraction => onProgress(0.8 * fraction))
  if (selected === undefined) return undefined
  const { spec, score: chosenScore, tried, reason } = selected
  const unseen: { space: ComparisonSpace, templates: HeldOut }[] = []
  for (const [k, { heldOut }] of parts.entries()) {
    const fitted = crossFitted ? await fitterWithout(folds, k, products)(spec) : selected.space
    unseen.push({ space: fitted, templates: heldOut })
    onProgress(0.8 + 0.1 * (k + 1) / parts.length)
  }
  const space = await lowerFloors(selected.space, unseen, products)
  const sides: CalibratedSides[] = []
  for (const { space: fitted, templates: heldOut } of unseen) {
    const judging = withFloorsOf(fitted, space)
    sides.push({
      probes: await project(judging, 'source', heldOut.source, products),
      references: await project(judging, 'target', heldOut.target, products),
      ...comparedRows(heldOut)
    })
  }
  const comparisons = await compareParts(sides, products)
  const evaluation = measureInDetail(comparisons, seed, sides[0]!.other !== undefined)
  const card: ComparisonCard = {
    ...spec,
    dimension: space.source.bias.length,
    selection: {
      criterion: comparisonCriterionAt(selected.rates),
      folds: selected.folds,
      candidates: tried.map(({ spec: candidate, score, standardError }) => ({ ...candidate, score, standardError })),
      reason
    },
    evaluation,
    calibration: await calibrateSpace(comparisons, sides, seed, products)
  }
  onProgress(1)
  return { space, spec, card, judged: judged(comparisons, evaluation), score: chosenScore }
}
