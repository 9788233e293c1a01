import type { ComparisonSpace } from '../alignment/comparison-space.js'
import type { TemplateMatrix } from '../alignment/matrix.js'
import { type Calibration, type DecisionThreshold, isSupported, lowestSupportedRate, thresholdAt, unsupported } from '../evaluation/calibration.js'
import type { StoredMap } from '../store/maps.js'
import type { Catalogue, KnownSpace } from './catalogue.js'
import type { Embed } from './embedding.js'
import type { Translator } from './translator/translator.js'

export type Side =
  | { readonly space: KnownSpace, readonly vector: Float32Array }
  | { readonly image: Uint8Array, readonly model?: string | undefined, readonly aligned: boolean }

/** Where two templates were compared. */
export interface ComparedIn {
  /** `own` space of both templates, the native space of the map's `target` or `source`, or a space `shared` by both */
  readonly kind: 'own' | 'target' | 'source' | 'shared'
  /** whose native space it is; null when it is nobody's */
  readonly model: string | null
  /** shrinkage of the covariances that whiten the space; null when it is not whitened */
  readonly whitening: number | null
  readonly normalisation: 'none' | 'cohort'
  readonly dimension: number
}

export interface Verification extends DecisionThreshold {
  /** null when there is no threshold to decide by */
  readonly decision: 'match' | 'non-match' | null
  /** of the two templates in the comparison space */
  readonly score: number
  readonly fmr: number
  /** natural-log likelihood ratio of the score; null when the calibration has none */
  readonly logLikelihoodRatio: number | null
  /** models of the two templates that were compared */
  readonly probe: KnownSpace
  readonly reference: KnownSpace
  readonly comparisonSpace: ComparedIn
  /** the map that the comparison space came with; none when both templates are of one space */
  readonly map: StoredMap | undefined
  /** the map whose held-out identities the threshold comes from; none when no active map touches the one space of both */
  readonly calibration: { readonly map: StoredMap, readonly nonMatedComparisons: number, readonly lowestFmr: number | null } | undefined
}

/**
 * Whether probe and reference are of the same person, at a false match rate.
 *
 * Templates of one space are compared there. Templates of two are compared in the space that was chosen when an active map
 * between them was fitted, see `selectComparison`, or in its target space where nothing could be chosen; where maps lead
 * both ways, by the one that came with such a space, or had the higher TMR on its held-out identities. The threshold comes from the non-mated
 * comparisons of those identities, see `thresholdAt`. For one space any active map from or to it gives a threshold; when
 * there is none the score is all there is to say.
 *
 * @throws Problem `map-missing`, and what images give rise to
 */
export function createVerification (catalogue: Catalogue, embed: Embed, translator: Translator, defaultModel: string) {
  return async function verify (sides: { probe: Side, reference: Side }, fmr: number): Promise<Verification> {
    const [probe, reference] = await templatesOf(sides.probe, sides.reference)
    if (probe.space.fingerprint === reference.space.fingerprint) {
      const { model, dimension } = probe.space
      return decide(cosine(probe.vector, reference.vector), calibrationOf(probe.space), undefined,
        { kind: 'own', model, whitening: null, normalisation: 'none', dimension })
    }
    const map = bestMap(probe.space, reference.space, fmr)
    const [source, target] = map.source.fingerprint === probe.space.fingerprint ? [probe, reference] : [reference, probe]
    const { calibration: comparisons, comparedIn } = placeOf(map)
    return decide(await (map.card.comparison === undefined ? scoreInTarget(map) : scoreIn(await catalogue.comparison(map))), { map, comparisons }, map, comparedIn)

    async function scoreIn (space: ComparisonSpace): Promise<number> {
      const [a, b] = await Promise.all([
        translator.project(space, 'source', rowOf(source.vector)), translator.project(space, 'target', rowOf(target.vector))])
      return dot(a.data, b.data)
    }

    async function scoreInTarget (map: StoredMap): Promise<number> {
      return cosine((await translator.translate(await catalogue.numbers(map), rowOf(source.vector))).data, target.vector)
    }

    function decide (score: number, calibration: CalibratedBy | undefined, map: StoredMap | undefined, comparisonSpace: ComparedIn): Verification {
      const found = calibration === undefined ? unsupported : thresholdAt(calibration.comparisons, fmr)
      const likelihoodRatio = calibration?.comparisons.likelihoodRatio
      return {
        decision: found.threshold === null ? null : score >= found.threshold ? 'match' : 'non-match',
        score,
        ...found,
        fmr,
        logLikelihoodRatio: likelihoodRatio === undefined ? null : likelihoodRatio.slope * score + likelihoodRatio.offset,
        probe: probe.space,
        reference: reference.space,
        comparisonSpace,
        map,
        calibration: calibration && {
          map: calibration.map,
          nonMatedComparisons: calibration.comparisons.nonMatedComparisons,
          lowestFmr: lowestSupportedRate(calibration.comparisons)
        }
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
   * Of the maps there and back the one that came with a comparison space, which was chosen among both directions and more;
   * then the one whose comparisons measure the FMR; then the one with the higher TMR at FMR 1e-3 on its held-out
   * identities; and the one that leads to the reference when they are equal.
   */
  function bestMap (probe: KnownSpace, reference: KnownSpace, fmr: number): StoredMap {
    const forward = catalogue.activeMap(probe, reference)
    const back = catalogue.activeMap(reference, probe)
    if (forward === undefined || back === undefined) return forward ?? back ?? catalogue.requireMap(probe, reference, true)
    const [there, here] = [placeOf(forward), placeOf(back)]
    const supported = (place: Place) => isSupported(fmr, place.calibration.nonMatedComparisons)
    const chosen = (map: StoredMap) => map.card.comparison !== undefined
    if (chosen(forward) !== chosen(back)) return chosen(forward) ? forward : back
    if (supported(there) !== supported(here)) return supported(there) ? forward : back
    return here.tmr > there.tmr ? back : forward
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

/** Where a map has templates of its two models compared. */
interface Place { readonly comparedIn: ComparedIn, readonly calibration: Calibration, readonly tmr: number }

function placeOf ({ source, target, card: { comparison, calibration, evaluation } }: StoredMap): Place {
  const { kind, shrinkage: whitening, normalisation, dimension } = comparison ?? {
    kind: 'target', shrinkage: null, normalisation: 'none', dimension: target.dimension
  } as const
  return {
    comparedIn: { kind, model: kind === 'shared' ? null : kind === 'target' ? target.model : source.model, whitening, normalisation, dimension },
    calibration: comparison?.calibration ?? calibration.crossModel,
    tmr: (comparison?.evaluation ?? evaluation.crossModel).operatingPoints.find(point => point.fmr === 1e-3)?.tmr ?? 0
  }
}

function rowOf (vector: Float32Array): TemplateMatrix {
  return { rows: 1, cols: vector.length, data: vector }
}

function dot (a: Float32Array, b: Float32Array): number {
  let sum = 0
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!
  return sum
}

function cosine (a: Float32Array, b: Float32Array): number {
  return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b))
}
