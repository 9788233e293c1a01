import { prepare, translate } from '../alignment/apply.js'
import type { AffineMap } from '../alignment/affine-map.js'
import { project, type ComparisonSpace } from '../alignment/comparison-space.js'
import { comparedRows, type HeldOut } from '../cards/evaluate.js'
import type { Shadow } from '../cards/shadow-card.js'
import { judged, pairedDifference, ratesOfVerdict, type Judged } from '../cards/verdict.js'
import type { Products } from '../linear-algebra/matrix.js'
import { compareParts, type ComparedSides } from '../scores/comparisons.js'
import { measure } from '../scores/metrics.js'

/** The map that serves while another one is fitted. */
export interface ServingMap {
  readonly id: string
  readonly version: number
  readonly numbers: AffineMap
  /** where it compares, with the biases of its active calibration; undefined where it has no such space */
  readonly comparison: ComparisonSpace | undefined
  /** whether it was fitted on these people, too: its figures are then too good */
  readonly sharesPeople: boolean
}

/**
 * Measures a serving map in the shadow of a new one, on the people that evaluate the new one: both compare the same
 * templates, the new map by its folds, so that only what they are made of differs.
 *
 * @param parts held-out pairs that evaluated the new map
 * @param own what the new map found on them, where it compares
 * @param seed of the bootstrap
 */
export async function shadowOf (
  serving: ServingMap,
  parts: readonly HeldOut[],
  own: Judged,
  seed: number,
  products: Products
): Promise<Shadow> {
  const sides: ComparedSides[] = []
  for (const heldOut of parts) {
    const { identity, other } = comparedRows(heldOut)
    sides.push({ ...await projected(heldOut), identity, ...(other === undefined ? {} : { other }) })
  }
  const comparisons = await compareParts(sides, products)
  const metrics = measure(comparisons, seed, sides[0]!.other !== undefined)
  const before = judged(comparisons, metrics)
  const fmr = ratesOfVerdict.find(rate => [own, before].every(found => tmrAt(found, rate) !== null)) ?? null
  const difference = fmr === null ? null : pairedDifference(own.found.get(fmr)!, before.found.get(fmr)!, seed)
  return {
    map: serving.id,
    version: serving.version,
    fmr,
    tmr: fmr === null ? null : { own: tmrAt(own, fmr)!, serving: tmrAt(before, fmr)! },
    difference,
    finding: difference === null
      ? 'unknown'
      : difference.lower > 0
      ? 'better'
      : difference.upper < 0
      ? 'worse'
      : 'alike',
    sharesPeople: serving.sharesPeople
  }

  async function projected ({ source, target }: HeldOut): Promise<Pick<ComparedSides, 'probes' | 'references'>> {
    const { comparison, numbers } = serving
    return comparison === undefined
      ? { probes: await translate(prepare(numbers), source, products), references: target }
      : {
        probes: await project(comparison, 'source', source, products),
        references: await project(comparison, 'target', target, products)
      }
  }
}

const tmrAt = ({ metrics: { operatingPoints } }: Judged, fmr: number): number | null =>
  operatingPoints.find(point => point.fmr === fmr)?.tmr ?? null
