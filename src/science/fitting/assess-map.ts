import { prepare, translate } from '../alignment/apply.js'
import type { Estimator } from '../alignment/candidates.js'
import type { TrainingPairs } from '../alignment/folds.js'
import { limitRows } from '../linear-algebra/identities.js'
import type { Products, TemplateMatrix } from '../linear-algebra/matrix.js'
import { createRandom } from '../linear-algebra/random.js'
import { measureBaselines, type BaselineTrial } from '../cards/baselines.js'
import type { Card } from '../cards/card.js'
import { comparedRows, type MapEvaluation } from '../cards/evaluate.js'
import { groupWarnings, measureGroups, type Groups } from '../cards/groups.js'
import { learningCurve, type LearningCurve } from '../cards/learning-curve.js'
import type { ComparedSides } from '../scores/comparisons.js'
import type { Metrics } from '../scores/metrics.js'
import { heldOutRows } from './prepare-pairs.js'

/**
 * Held-out rows on which maps other than the card's own are measured: 16 million comparisons, which support FMR 1e-6,
 * in half a second each. Ten such maps on all 12,000 rows would take longer than the fit.
 */
const maxComparedRows = 4000

/** A map, the rows that it is evaluated on, and the pairs that it was fitted on. */
export interface AssessedTrial extends BaselineTrial {
  /** the rows of all pairs that the held-out ones are */
  readonly rows: readonly number[]
  /** the rows that the map was fitted on, ascending */
  readonly trainingRows: readonly number[]
}

export interface Assessed {
  /** all pairs, of normalised rows */
  readonly pairs: Omit<TrainingPairs, 'rows'>
  /** at least one */
  readonly trials: readonly AssessedTrial[]
  /** Without an estimator the map was not fitted on these pairs, and there is no learning curve. */
  readonly estimator?: Estimator
  /** per row of the pairs, null where unknown; undefined when no row has a label */
  readonly groups?: readonly (string | null)[] | undefined
}

/** What a card says about a map beyond its own figures. */
export type Assessment = Required<Pick<Card, 'baselines' | 'groups'>> & Pick<Card, 'learningCurve'> & {
  readonly warnings: string[]
}

/**
 * Compares the figures of a map with those of its baselines, refits it on fewer pairs where possible, and breaks its
 * figures down by group.
 *
 * @param evaluation of the map on all trials
 * @param seed of everything random
 * @param onProgress receives the fraction done
 */
export async function assessMap (
  { pairs, trials, estimator, groups: labels }: Assessed,
  { metrics }: MapEvaluation,
  seed: number,
  products: Products,
  onProgress: (fraction: number) => void = () => {}
): Promise<Assessment> {
  // Half as many rows in each of five trials are as many comparisons as in one.
  const maxRows = Math.floor(maxComparedRows / Math.sqrt(trials.length))
  const random = createRandom(seed)
  const limited = trials.map(trial => limitRows(pairs.identities, trial.rows, maxRows, random))
  const isWhole = limited.every((rows, k) => rows.length === trials[k]!.rows.length)
  const compared = trials.map((trial, k) => ({ ...trial, heldOut: heldOutRows(pairs, limited[k]!) }))
  const known = isWhole ? { ...metrics, map: metrics.crossModel } : undefined
  const baselines = await measureBaselines(compared, known, seed, products)
  onProgress(0.5)
  const { map, heldOut, trainingRows } = compared[0]!
  const curve = estimator &&
    await learningCurve(
      { map, estimator },
      { ...pairs, rows: trainingRows },
      heldOut,
      seed,
      products,
      fraction => onProgress(0.5 + 0.5 * fraction)
    )
  const groups = labels === undefined ? null : await groupsOf(trials, labels, metrics.crossModel, seed, products)
  return {
    baselines,
    ...(curve === undefined ? {} : { learningCurve: curve }),
    groups,
    warnings: [...(curve === undefined ? [] : curveWarnings(curve)), ...groupWarnings(groups, metrics.crossModel)]
  }
}

async function groupsOf (
  trials: readonly AssessedTrial[],
  labels: readonly (string | null)[],
  overall: Metrics,
  seed: number,
  products: Products
): Promise<Groups | null> {
  const parts: (ComparedSides & { references: TemplateMatrix })[] = []
  for (const { map, heldOut } of trials) {
    parts.push({
      probes: await translate(prepare(map), heldOut.source, products),
      references: heldOut.target,
      ...comparedRows(heldOut)
    })
  }
  return await measureGroups(
    parts,
    trials.map(({ rows }) => rows.map(row => labels[row] ?? null)),
    overall,
    seed,
    products
  )
}

function curveWarnings ({ fmr, points, pairsFor }: LearningCurve): string[] {
  const [half, all] = points.slice(-2)
  if (half?.tmr == null || all?.tmr == null || pairsFor.share95 !== null) return []
  return [
    `the TMR at FMR ${fmr} still rises with the number of pairs, from ${half.tmr.toFixed(3)} with ${half.pairs} to ` +
    `${all.tmr.toFixed(3)} with ${all.pairs}: more pairs should help`
  ]
}
