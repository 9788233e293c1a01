import { meanCosine } from '../alignment/criterion.js'
import { translate, prepare } from '../alignment/apply.js'
import type { AffineMap } from '../alignment/affine-map.js'
import type { Products, TemplateMatrix } from '../linear-algebra/matrix.js'
import { padded } from '../alignment/paper-baselines.js'
import { calibrateSpace, type Calibration } from '../scores/calibration.js'
import { compare } from '../scores/comparisons.js'
import { measureInDetail, type DetailedMetrics } from '../scores/detailed-metrics.js'
import { identificationRates, identify } from '../scores/identification.js'

/** Held-out pairs: row i of both sides is the same image. */
export interface HeldOut {
  /** (n, dSource), normalised rows */
  readonly source: TemplateMatrix
  /** (n, dTarget), normalised rows */
  readonly target: TemplateMatrix
  /** (n), index of the identity of each row */
  readonly identity: Int32Array
  /** rows that thresholds may come from; all when omitted */
  readonly calibrating?: readonly number[] | undefined
}

export interface MapEvaluation {
  readonly metrics: Readonly<Record<'crossModel' | 'sourceAlone' | 'targetAlone' | 'unaligned', DetailedMetrics>>
  readonly calibration: { readonly crossModel: Calibration, readonly source: Calibration, readonly target: Calibration }
  /** Mean cosine of translated and true templates of the same image. */
  readonly fidelity: number
}

/**
 * Evaluates a map on pairs it has not seen: translated source templates against target templates, each model against
 * itself, and the paper's unaligned baseline, for which the shorter vectors are padded with zeros.
 *
 * @param seed of the bootstrap
 */
export async function evaluateMap (
  map: AffineMap,
  { source, target, identity, calibrating }: HeldOut,
  seed: number,
  products: Products
): Promise<MapEvaluation> {
  const translated = await translate(prepare(map), source, products)
  const dimension = Math.max(source.cols, target.cols)
  // One set of comparisons at a time, since each holds a histogram of 8 MB.
  const crossModel = await summarise(translated, target)
  const sourceAlone = await summarise(source)
  const targetAlone = await summarise(target)
  // At chance level: nobody needs its identification rates.
  const unaligned = measureInDetail(
    await compare(padded(source, dimension), padded(target, dimension), identity, products),
    seed,
    false
  )
  return {
    metrics: {
      crossModel: crossModel.metrics,
      sourceAlone: sourceAlone.metrics,
      targetAlone: targetAlone.metrics,
      unaligned
    },
    calibration: {
      crossModel: crossModel.calibration,
      source: sourceAlone.calibration,
      target: targetAlone.calibration
    },
    fidelity: meanCosine(translated, target)
  }

  async function summarise (probes: TemplateMatrix, references?: TemplateMatrix) {
    const comparisons = await compare(probes, references, identity, products)
    const metrics: DetailedMetrics = {
      ...measureInDetail(comparisons, seed, references === undefined),
      identification: identificationRates(await identify(probes, references, identity, products), identity, seed)
    }
    return {
      metrics,
      calibration: await calibrateSpace(comparisons, { probes, references, identity, calibrating }, seed, products)
    }
  }
}
