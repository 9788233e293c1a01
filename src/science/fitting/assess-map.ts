import type { AffineMap } from '../alignment/affine-map.js'
import { prepare, translate } from '../alignment/apply.js'
import type { Estimator } from '../alignment/candidates.js'
import { limitRows, type IdentityIndex } from '../linear-algebra/identities.js'
import { selectRows, type Products } from '../linear-algebra/matrix.js'
import { createRandom } from '../linear-algebra/random.js'
import { measureBaselines, type TrainingRows } from '../cards/baselines.js'
import type { Card } from '../cards/card.js'
import type { HeldOut, MapEvaluation } from '../cards/evaluate.js'
import { groupWarnings, measureGroups } from '../cards/groups.js'
import { learningCurve, type LearningCurve } from '../cards/learning-curve.js'
import { verdictOf } from '../cards/verdict.js'

/**
 * Held-out rows on which maps other than the card's own are measured: 16 million comparisons, which support FMR 1e-6,
 * in half a second each. Ten such maps on all 12,000 rows would take longer than the fit.
 */
const maxComparedRows = 4000

export interface AssessedPairs {
  /** normalised rows, and those that the map was fitted on */
  readonly training: TrainingRows & { readonly identities: IdentityIndex }
  /** the rows of the same matrices that the map was evaluated on */
  readonly heldOut: readonly number[]
  /** per row, null where unknown; undefined when no row has a label */
  readonly groups?: readonly (string | null)[] | undefined
}

/** What a card says about a map beyond its own figures. */
export type Assessment = Required<Pick<Card, 'verdict' | 'baselines' | 'groups'>> & Pick<Card, 'learningCurve'> & {
  readonly warnings: string[]
}

/**
 * A map, and the estimator to refit it. Without an estimator it was not fitted on these pairs, and there is no learning
 * curve.
 */
export interface AssessedMap {
  readonly map: AffineMap
  readonly estimator?: Estimator
}

/**
 * Compares the figures of a map with those of its baselines, refits it on fewer pairs where possible, and judges it.
 *
 * @param evaluation of the map on all of `heldOut`
 * @param seed of everything random
 * @param onProgress receives the fraction done
 */
export async function assessMap (
  { map, estimator }: AssessedMap,
  { training, heldOut, groups: labels }: AssessedPairs,
  { metrics }: MapEvaluation,
  seed: number,
  products: Products,
  onProgress: (fraction: number) => void = () => {}
): Promise<Assessment> {
  const rows = limitRows(training.identities, heldOut, maxComparedRows, createRandom(seed))
  const compared = heldOutRows(training, rows)
  const known = rows.length < heldOut.length ? undefined : { ...metrics, map: metrics.crossModel }
  const baselines = await measureBaselines(map, training, compared, known, seed, products)
  onProgress(0.5)
  const curve = estimator &&
    await learningCurve(
      { map, estimator },
      training,
      compared,
      seed,
      products,
      fraction => onProgress(0.5 + 0.5 * fraction)
    )
  const all = heldOutRows(training, heldOut)
  const groups = labels === undefined
    ? null
    : await measureGroups(
      { ...all, source: await translate(prepare(map), all.source, products) },
      heldOut.map(row => labels[row] ?? null),
      metrics.crossModel,
      seed,
      products
    )
  return {
    verdict: verdictOf(metrics),
    baselines,
    ...(curve === undefined ? {} : { learningCurve: curve }),
    groups,
    warnings: [...(curve === undefined ? [] : curveWarnings(curve)), ...groupWarnings(groups, metrics.crossModel)]
  }
}

function heldOutRows ({ source, target, identities }: AssessedPairs['training'], rows: readonly number[]): HeldOut {
  return {
    source: selectRows(source, rows),
    target: selectRows(target, rows),
    identity: Int32Array.from(rows, row => identities.ofRow[row]!)
  }
}

function curveWarnings ({ fmr, points, pairsFor }: LearningCurve): string[] {
  const [half, all] = points.slice(-2)
  if (half?.tmr == null || all?.tmr == null || pairsFor.share95 !== null) return []
  return [
    `the TMR at FMR ${fmr} still rises with the number of pairs, from ${half.tmr.toFixed(3)} with ${half.pairs} to ` +
    `${all.tmr.toFixed(3)} with ${all.pairs}: more pairs should help`
  ]
}
