import { type Calibration, isSupported, thresholdAt } from '../evaluation/calibration.js'
import type { StoredMap } from '../store/maps.js'
import type { Catalogue, KnownSpace } from './catalogue.js'
import type { Embed } from './embedding.js'
import type { ApplyMap } from './translation.js'

export type Side =
  | { readonly space: KnownSpace, readonly vector: Float32Array }
  | { readonly image: Uint8Array, readonly model?: string | undefined, readonly aligned: boolean }

export interface Verification {
  /** null when there is no threshold to decide by */
  readonly decision: 'match' | 'non-match' | null
  /** cosine of the two templates in the comparison space */
  readonly score: number
  /** the lowest score that is a match at the requested FMR; null without calibration */
  readonly threshold: number | null
  readonly fmr: number
  /** models of the two templates that were compared */
  readonly probe: KnownSpace
  readonly reference: KnownSpace
  readonly comparisonSpace: KnownSpace
  /** the map that was applied; none when both templates are of one space */
  readonly map: StoredMap | undefined
  /** the map whose held-out identities the threshold comes from; none when no active map touches the one space of both */
  readonly calibration: { readonly map: StoredMap, readonly nonMatedComparisons: number } | undefined
}

/**
 * Whether probe and reference are of the same person, at a false match rate.
 *
 * Templates of one space are compared there. Templates of two are compared in the target space of an active map between
 * them; where maps lead both ways, in the space whose map had the higher TMR on its held-out identities. The threshold
 * comes from the non-mated comparisons of those identities, see `thresholdAt`. For one space any active map from or to it
 * gives a threshold; when there is none the score is all there is to say.
 *
 * @throws Problem `map-missing`, `fmr-unsupported`, and what images give rise to
 */
export function createVerification (catalogue: Catalogue, embed: Embed, apply: ApplyMap, defaultModel: string) {
  return async function verify (sides: { probe: Side, reference: Side }, fmr: number): Promise<Verification> {
    const [probe, reference] = await templatesOf(sides.probe, sides.reference)
    if (probe.space.fingerprint === reference.space.fingerprint) {
      const calibration = calibrationOf(probe.space)
      return decide(cosine(probe.vector, reference.vector), calibration, undefined, probe.space)
    }
    const map = bestMap(probe.space, reference.space, fmr)
    const forward = map.source.fingerprint === probe.space.fingerprint
    const [moved, fixed] = forward ? [probe, reference] : [reference, probe]
    const translated = await apply(map, { rows: 1, cols: moved.vector.length, data: moved.vector })
    return decide(cosine(translated.data, fixed.vector), { map, comparisons: map.card.calibration.crossModel }, map, fixed.space)

    function decide (score: number, calibration: CalibratedBy | undefined, map: StoredMap | undefined, comparisonSpace: KnownSpace): Verification {
      const threshold = calibration === undefined ? null : thresholdAt(calibration.comparisons, fmr)
      return {
        decision: threshold === null ? null : score >= threshold ? 'match' : 'non-match',
        score,
        threshold,
        fmr,
        probe: probe.space,
        reference: reference.space,
        comparisonSpace,
        map,
        calibration: calibration && { map: calibration.map, nonMatedComparisons: calibration.comparisons.nonMatedComparisons }
      }
    }
  }

  async function templatesOf (probe: Side, reference: Side): Promise<[Template, Template]> {
    // An image takes the model of the other side where that can embed: then no map is needed.
    const modelFor = (image: { model?: string | undefined }, other: Side) =>
      image.model ?? ('space' in other && other.space.canEmbed ? other.space.model : defaultModel)
    const template = async (side: Side, other: Side): Promise<Template> => {
      if ('space' in side) return side
      const { faces } = await embed({ image: side.image, models: [modelFor(side, other)], faces: 'largest', aligned: side.aligned })
      return faces[0]!.templates[0]!
    }
    return await Promise.all([template(probe, reference), template(reference, probe)])
  }

  /**
   * The map that supports the FMR, and of two that do the one with the higher TMR at FMR 1e-3 on its held-out identities;
   * the one that leads to the reference when they are equal.
   */
  function bestMap (probe: KnownSpace, reference: KnownSpace, fmr: number): StoredMap {
    const forward = catalogue.activeMap(probe, reference)
    const back = catalogue.activeMap(reference, probe)
    if (forward === undefined || back === undefined) return forward ?? back ?? catalogue.requireMap(probe, reference)
    const supported = ({ card }: StoredMap) => isSupported(fmr, card.calibration.crossModel.nonMatedComparisons)
    if (supported(forward) !== supported(back)) return supported(forward) ? forward : back
    return heldOutTmr(back) > heldOutTmr(forward) ? back : forward
  }

  /** Every map was evaluated beside its two models alone: the one with most non-mated comparisons speaks for the space. */
  function calibrationOf (space: KnownSpace): CalibratedBy | undefined {
    return catalogue.activeMaps().flatMap(map => {
      if (map.source.fingerprint === space.fingerprint) return { map, comparisons: map.card.calibration.source }
      if (map.target.fingerprint === space.fingerprint) return { map, comparisons: map.card.calibration.target }
      return []
    }).sort((a, b) => b.comparisons.nonMatedComparisons - a.comparisons.nonMatedComparisons || (a.map.id < b.map.id ? -1 : 1))[0]
  }
}

/** Thresholds, and the map whose held-out identities they come from. */
interface CalibratedBy { map: StoredMap, comparisons: Calibration }

interface Template { space: KnownSpace, vector: Float32Array }

function heldOutTmr (map: StoredMap): number {
  return map.card.evaluation.crossModel.operatingPoints.find(point => point.fmr === 1e-3)?.tmr ?? 0
}

function cosine (a: Float32Array, b: Float32Array): number {
  let product = 0
  let normA = 0
  let normB = 0
  for (let i = 0; i < a.length; i++) {
    product += a[i]! * b[i]!
    normA += a[i]! * a[i]!
    normB += b[i]! * b[i]!
  }
  return product / Math.sqrt(normA * normB)
}
