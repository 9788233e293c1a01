import type { AffineMap } from '../../alignment/affine-map.js'
import { prepare, translate } from '../../alignment/apply.js'
import { limitRows } from '../../alignment/identities.js'
import { selectRows, type Products } from '../../alignment/matrix.js'
import { normaliseRows, normsOf } from '../../alignment/normalise.js'
import { completeOptions, type FitOptions, type PairedTemplates } from '../../alignment/pairs.js'
import { createRandom } from '../../alignment/random.js'
import { whiteningOfRows, type SpaceProfile } from '../../evaluation/guard-profile.js'
import { lostShares } from '../../evaluation/lost-comparisons.js'
import { squaredDistances } from '../../evaluation/mahalanobis.js'
import type { Metrics } from '../../evaluation/metrics.js'
import { fitTranslationUncertainty, type TranslationUncertainty } from '../../evaluation/translation-uncertainty.js'
import { splitPairs } from './prepare-pairs.js'

/** Lower rates lose more comparisons, and rest on fewer that the held-out people have: the first of these that is measured. */
const rates = [1e-3, 1e-2, 1e-1]

/** Training rows that the distances are measured by, at most. */
const mostRows = 20_000

/** Figures of the held-out pairs, as a card has them. */
export interface EvaluatedSides {
  /** translated source templates against target templates */
  readonly crossModel: Metrics
  readonly targetAlone: Metrics
}

/**
 * What the held-out pairs of a fit say about whom its translations lose. Their distances are taken under the training
 * rows alone: under a profile that knows them they would be nearer than those of people to come.
 *
 * @param pairs those of the fit, not normalised; left as they are
 * @param profile of the source, whose shrinkage is used
 * @returns undefined where the held-out pairs do not tell
 */
export async function fitUncertainty (
  map: AffineMap, { crossModel, targetAlone }: EvaluatedSides, pairs: PairedTemplates, options: FitOptions, profile: SpaceProfile | undefined, products: Products
): Promise<TranslationUncertainty | undefined> {
  const point = rates.map(fmr => ({ fmr, translated: thresholdOf(crossModel, fmr), native: thresholdOf(targetAlone, fmr) }))
    .find(({ translated, native }) => translated !== null && native !== null)
  if (profile === undefined || point === undefined) return undefined
  const complete = completeOptions(options)
  const { pairs: ordered, identities, split, evaluated } = splitPairs(pairs, complete)
  const source = normaliseRows(ordered.source)
  const whitening = await whiteningOfRows(source, limitRows(identities, split.training, mostRows, createRandom(complete.seed)), profile.summary.shrinkage, products)
  if (whitening === undefined) return undefined
  const heldOut = selectRows(source, evaluated)
  const identity = Int32Array.from(evaluated, row => identities.ofRow[row]!)
  return fitTranslationUncertainty({
    squaredDistances: await squaredDistances(whitening, heldOut, products),
    norms: normsOf(selectRows(ordered.source, evaluated)),
    dimension: source.cols,
    lost: lostShares({
      translated: await translate(prepare(map), heldOut, products),
      native: normaliseRows(selectRows(ordered.target, evaluated)),
      identity
    }, { native: point.native!, translated: point.translated! }),
    identity,
    fmr: point.fmr
  })
}

function thresholdOf ({ operatingPoints }: Metrics, fmr: number): number | null {
  return operatingPoints.find(point => point.fmr === fmr)?.threshold ?? null
}
