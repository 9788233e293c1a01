import { meanCosine } from '../alignment/criterion.js'
import { translate, prepare } from '../alignment/apply.js'
import type { AffineMap } from '../alignment/affine-map.js'
import type { ScoredRows } from '../alignment/folds.js'
import type { Products, TemplateMatrix } from '../linear-algebra/matrix.js'
import { padded } from '../alignment/paper-baselines.js'
import { calibrateSpace, type CalibratedSides, type Calibration } from '../scores/calibration.js'
import { compareParts } from '../scores/comparisons.js'
import { measureInDetail, type DetailedMetrics } from '../scores/detailed-metrics.js'
import { judged, type Judged } from './verdict.js'
import { identificationRates, identifyParts } from '../scores/identification.js'

/** Held-out pairs: row i of both sides is the same image, unless `ownImage` says otherwise. */
export interface HeldOut extends ScoredRows {
  /** rows that thresholds may come from; all when omitted */
  readonly calibrating?: readonly number[] | undefined
}

/** What is known of held-out rows when their two sides are compared. */
export function comparedRows (
  { identity, ownImage, calibrating }: Pick<HeldOut, 'identity' | 'ownImage' | 'calibrating'>
): Pick<CalibratedSides, 'identity' | 'other' | 'calibrating'> {
  return { identity, calibrating, ...(ownImage === undefined ? {} : { other: { identity, ownImage } }) }
}

export interface MapEvaluation {
  readonly metrics: Readonly<Record<'crossModel' | 'sourceAlone' | 'targetAlone' | 'unaligned', DetailedMetrics>>
  /** what the verdict rests on */
  readonly judged: Readonly<Record<'translation' | 'sourceAlone' | 'targetAlone', Judged>>
  readonly calibration: { readonly crossModel: Calibration, readonly source: Calibration, readonly target: Calibration }
  /** Mean cosine of translated and true templates of the same image. */
  readonly fidelity: number
}

/**
 * Held-out pairs, and a map that none of their identities fitted. A held-out card has one trial, of the map itself;
 * cross-fitting has one for each fold, of the map that the other folds give.
 */
export interface Trial {
  readonly map: AffineMap
  readonly heldOut: HeldOut
}

/**
 * Evaluates a map on pairs it has not seen: translated source templates against target templates, each model against
 * itself, and the paper's unaligned baseline, for which the shorter vectors are padded with zeros. Comparisons are made
 * within the trials and pooled, those of a model alone too, so that all figures are of the same comparisons.
 *
 * @param trials at least one
 * @param seed of the bootstrap
 */
export async function evaluateMap (trials: readonly Trial[], seed: number, products: Products): Promise<MapEvaluation> {
  const translated: TemplateMatrix[] = []
  for (const { map, heldOut } of trials) translated.push(await translate(prepare(map), heldOut.source, products))
  const heldOut = trials.map(trial => trial.heldOut)
  const dimension = Math.max(heldOut[0]!.source.cols, heldOut[0]!.target.cols)
  // One set of comparisons at a time, since each holds a histogram of 8 MB.
  const crossModel = await summarise(
    heldOut.map((rows, k) => ({ ...comparedRows(rows), probes: translated[k]!, references: rows.target }))
  )
  const sourceAlone = await summarise(heldOut.map(({ source, ...rest }) => alone(source, rest)))
  const targetAlone = await summarise(heldOut.map(({ target, ...rest }) => alone(target, rest)))
  // At chance level: nobody needs its identification rates.
  const unaligned = measureInDetail(
    await compareParts(
      heldOut.map(rows => ({
        probes: padded(rows.source, dimension),
        references: padded(rows.target, dimension),
        ...comparedRows({ ...rows, calibrating: undefined })
      })),
      products
    ),
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
    judged: {
      translation: crossModel.judged,
      sourceAlone: sourceAlone.judged,
      targetAlone: targetAlone.judged
    },
    calibration: {
      crossModel: crossModel.calibration,
      source: sourceAlone.calibration,
      target: targetAlone.calibration
    },
    fidelity: heldOut.reduce((sum, { target }, k) => sum + meanCosine(translated[k]!, target) * target.rows, 0) /
      heldOut.reduce((sum, { target }) => sum + target.rows, 0)
  }

  async function summarise (parts: readonly CalibratedSides[]) {
    const comparisons = await compareParts(parts, products)
    const metrics: DetailedMetrics = {
      ...measureInDetail(comparisons, seed, parts[0]!.references === undefined || parts[0]!.other !== undefined),
      identification: identificationRates(await identifyParts(parts, products), comparisons.identity, seed)
    }
    return {
      metrics,
      judged: judged(comparisons, metrics),
      calibration: await calibrateSpace(comparisons, parts, seed, products)
    }
  }
}

function alone (
  templates: TemplateMatrix,
  { identity, calibrating }: Pick<HeldOut, 'identity' | 'calibrating'>
): CalibratedSides {
  return { probes: templates, references: undefined, identity, calibrating }
}
