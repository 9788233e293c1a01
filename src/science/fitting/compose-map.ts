import { prepare, translate } from '../alignment/apply.js'
import type { AffineMap } from '../alignment/affine-map.js'
import { parametersOf } from '../alignment/candidates.js'
import { comparisonRates } from '../alignment/comparison-selection.js'
import { meanTrueMatchRate } from '../alignment/criterion.js'
import { compose } from '../alignment/composition.js'
import type { FoldScorer } from '../alignment/fold-scores.js'
import { limitRows } from '../linear-algebra/identities.js'
import { selectRows, type Products } from '../linear-algebra/matrix.js'
import { completeOptions, type FitOptions, type PairedTemplates } from '../alignment/pairs.js'
import { createRandom } from '../linear-algebra/random.js'
import { scoreRoutes, type Legs } from '../alignment/route-selection.js'
import { gatherMutualFolds, type Folds, type TrainingPairs } from '../alignment/folds.js'
import { selectWithin } from '../alignment/selection.js'
import type { PairStatistics } from '../alignment/statistics.js'
import type { Card } from '../cards/card.js'
import { compareParts, type ComparedSides } from '../scores/comparisons.js'
import type { CompositionCard } from '../cards/composition-card.js'
import { evaluateMap } from '../cards/evaluate.js'
import { measure, type Metrics } from '../scores/metrics.js'
import { assessMap } from './assess-map.js'
import { fitComparison, type FittedComparison } from './fit-comparison.js'
import { mapOf, verdictFor, type Fit, type FitProgress } from './fit-map.js'
import {
  evaluatedPart,
  evaluationWarnings,
  pairingWarnings,
  preparePairs,
  type PreparedPairs
} from './prepare-pairs.js'
import { trialsOf } from './trials.js'

/** Two maps that lead from the source to the target. */
export interface Route extends Legs {
  /** the model between them */
  readonly via: string
  /** ids of both maps, in the order in which they are applied */
  readonly legs: readonly [string, string]
  /** why a leg may have seen the held-out pairs of this fit; null when nothing suggests it */
  readonly doubt: string | null
}

/** Rows on which the composition is scored against the comparison space: at least as many as that has in a fold. */
const maxScoredRows = 4000

/**
 * Composes a map of two maps. The training identities choose the route, and fit a comparison space where that is better
 * than the composed map's target space. The held-out ones evaluate and calibrate the composition itself: no figure of a
 * leg is reused.
 *
 * @param pairs of source and target; not normalised, not changed
 * @param routes at least one
 * @throws Problem as `checkPairs` and `requireRank`
 */
export async function composeMap (
  pairs: PairedTemplates,
  routes: readonly Route[],
  options: Pick<FitOptions, 'seed' | 'heldOutFraction'>,
  products: Products,
  onProgress: (progress: FitProgress) => void = () => {},
  scoreFolds?: FoldScorer
): Promise<Fit> {
  const complete = completeOptions(options)
  const { seed } = complete
  const prepared = await preparePairs(pairs, complete, products)
  const { training } = prepared
  onProgress({ stage: 'checking', fraction: 0 })
  const folds = await gatherMutualFolds(training, seed, products)

  const { criterion, scored } = await scoreRoutes(
    training,
    routes,
    seed,
    products,
    fraction => onProgress({ stage: 'selecting', fraction: 0.1 * fraction })
  )
  const { route, map } = scored[0]!
  const composeOn = async (rows: readonly number[]) =>
    await compose(route.first, route.second, selectRows(training.source, rows), products)
  const reportDirect = (fraction: number) => onProgress({ stage: 'selecting', fraction: 0.1 + 0.3 * fraction })
  const direct = await fitDirect(prepared, folds, seed, products, reportDirect, scoreFolds)

  onProgress({ stage: 'evaluating', fraction: 0.4 })
  const trials = await trialsOf(prepared, folds, map, (_, rows) => composeOn(rows))
  const evaluation = await evaluateMap(trials, seed, products)
  const { warnings, ...assessment } = await assessMap(
    { pairs: training, trials, groups: prepared.pairs.groups },
    evaluation,
    seed,
    products,
    fraction => onProgress({ stage: 'assessing', fraction: 0.5 + 0.1 * fraction })
  )
  const fitted = await fitComparison(
    folds,
    prepared,
    seed,
    products,
    fraction => onProgress({ stage: 'comparing', fraction: 0.6 + 0.4 * fraction })
  )
  const comparison = await betterComparison(map, fitted, training, seed, products)
  onProgress({ stage: 'comparing', fraction: 1 })

  const card: Card = {
    verdict: verdictFor(evaluation, comparison, seed),
    ...evaluatedPart(prepared, complete, evaluation),
    ...assessment,
    method: 'composition',
    parameters: { lambda: null, rank: null, via: route.via, legs: [...route.legs] },
    selection: { criterion, folds: 0, candidates: [], reason: reasonOf(scored) },
    ...(comparison === undefined ? {} : { comparison: comparison.card }),
    composition: compositionCard(criterion, scored, direct),
    warnings: [
      ...pairingWarnings(prepared),
      ...evaluationWarnings(prepared, evaluation),
      ...warnings,
      ...[route.doubt].filter(doubt => doubt !== null),
      ...directWarnings(direct, evaluation.metrics.crossModel)
    ]
  }
  return { map, card, comparison: comparison?.space }
}

/** The routes with their scores, the best first, and what the direct map reaches. */
function compositionCard (
  criterion: CompositionCard['criterion'],
  scored: readonly { readonly route: Route, readonly score: number }[],
  direct: CompositionCard['direct']
): CompositionCard {
  const { via, legs } = scored[0]!.route
  const routes = scored.map(({ route, score }) => ({ via: route.via, legs: [...route.legs], score }))
  return { via, legs: [...legs], criterion, routes, direct }
}

function reasonOf (scored: readonly { readonly route: Route, readonly score: number }[]): string {
  const [best, second] = scored
  const chosen = `via "${best!.route.via}", ${best!.score.toFixed(4)}`
  return second === undefined
    ? `${chosen}, is the only route`
    : `${chosen}, scored best of ${scored.length} routes; the next is via "${second.route.via}", ` +
      `${second.score.toFixed(4)}`
}

/** The map that the same pairs give directly. It is not served: it shows what the composition loses. */
async function fitDirect (
  prepared: PreparedPairs,
  folds: Folds,
  seed: number,
  products: Products,
  onProgress: (fraction: number) => void,
  scoreFolds?: FoldScorer
): Promise<CompositionCard['direct']> {
  const { estimator } = await selectWithin(folds, 'auto', products, onProgress, scoreFolds)
  const fit = async (statistics: PairStatistics) => await mapOf(estimator, statistics, products)
  const trials = await trialsOf(prepared, folds, await fit(folds.total), fit)
  const sides: ComparedSides[] = []
  for (const { map, heldOut: { source, target, identity } } of trials) {
    sides.push({ probes: await translate(prepare(map), source, products), references: target, identity })
  }
  return {
    method: estimator.method,
    ...parametersOf(estimator),
    metrics: measure(await compareParts(sides, products), seed, false)
  }
}

/**
 * The comparison space that was fitted on the training pairs, if it scored better there than the composed map's target
 * space. With few pairs the composition knows more than they do.
 */
async function betterComparison (
  map: AffineMap,
  fitted: FittedComparison | undefined,
  { source, target, identities, rows: trainingRows }: TrainingPairs,
  seed: number,
  products: Products
): Promise<FittedComparison | undefined> {
  if (fitted === undefined) return undefined
  const rows = limitRows(identities, trainingRows, maxScoredRows, createRandom(seed))
  const translated = await translate(prepare(map), selectRows(source, rows), products)
  const identity = Int32Array.from(rows, row => identities.ofRow[row]!)
  const composed = await meanTrueMatchRate(translated, selectRows(target, rows), identity, comparisonRates, products)
  return fitted.score > composed ? fitted : undefined
}

/** A warning when the direct map is better beyond its interval. */
function directWarnings (direct: CompositionCard['direct'], composed: Metrics): string[] {
  const fmr = [1e-3, 1e-2, 1e-1].find(
    rate => [direct.metrics, composed].every(metrics => pointAt(metrics, rate)?.tmr != null)
  )
  if (fmr === undefined) return []
  const [own, other] = [pointAt(composed, fmr)!, pointAt(direct.metrics, fmr)!]
  if (own.interval === null || !(other.tmr! > own.interval.upper)) return []
  return [
    `a direct map of these pairs, by ${direct.method}, reaches TMR ${other.tmr!.toFixed(3)} at FMR ${fmr}, the ` +
    `composition ${own.tmr!.toFixed(3)}: fit it with method "auto"`
  ]
}

const pointAt = ({ operatingPoints }: Metrics, fmr: number) => operatingPoints.find(point => point.fmr === fmr)
