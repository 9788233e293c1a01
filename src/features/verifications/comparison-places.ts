import { isSupported } from '../../science/scores/support.js'
import type { Calibration } from '../../science/scores/calibration.js'
import type { MatedFigures } from '../../science/scores/false-non-match.js'
import type { Catalogue, KnownSpace, StoredCalibration, StoredMap } from '../catalogue/index.js'

/** The space in which two templates were compared. */
export interface ComparedIn {
  /**
   * `own` space of both templates, the native space of the map's `target` or `source`, a space `shared` by both, or
   * several of these `fused` by an ensemble
   */
  readonly kind: 'own' | 'target' | 'source' | 'shared' | 'fused'
  /** the model whose native space it is; null when there is none */
  readonly model: string | null
  /** shrinkage of the covariances that whiten the space; null when it is not whitened */
  readonly whitening: number | null
  readonly normalisation: 'none' | 'cohort'
  readonly dimension: number
}

/** The space in which a map compares templates of its two models. */
export interface Place {
  readonly comparedIn: ComparedIn
  readonly calibration: Calibration
  readonly metrics: MatedFigures
  readonly tmr: number
}

/** @param own the calibration of the map that is active instead of that of its card */
export function placeOf (
  { source, target, card: { comparison, calibration, evaluation } }: StoredMap,
  own?: StoredCalibration
): Place {
  const metrics = own === undefined
    ? comparison?.evaluation ?? evaluation.crossModel
    : own.result.evaluation.comparison ?? own.result.evaluation.crossModel
  const { kind, shrinkage: whitening, normalisation, dimension } = comparison ?? {
    kind: 'target',
    shrinkage: null,
    normalisation: 'none',
    dimension: target.dimension
  } as const
  return {
    comparedIn: {
      kind,
      model: kind === 'shared' ? null : kind === 'target' ? target.model : source.model,
      whitening,
      normalisation,
      dimension
    },
    calibration: own === undefined
      ? comparison?.calibration ?? calibration.crossModel
      : own.result.calibration.comparison ?? own.result.calibration.crossModel,
    metrics,
    tmr: (comparison?.evaluation ?? evaluation.crossModel).operatingPoints.find(point => point.fmr === 1e-3)?.tmr ?? 0
  }
}

/**
 * The better of the two maps there and back: the one that has a comparison space, which was chosen among both
 * directions and more; then the one whose comparisons measure the FMR; then the one with the higher TMR at FMR 1e-3 on
 * its held-out identities; and the one that leads to the reference when they are equal.
 */
export function bestMap (catalogue: Catalogue, probe: KnownSpace, reference: KnownSpace, fmr: number): StoredMap {
  const forward = catalogue.activeMap(probe, reference)
  const back = catalogue.activeMap(reference, probe)
  if (forward === undefined || back === undefined) {
    return forward ?? back ?? catalogue.requireMap(probe, reference, true)
  }
  const [there, here] = [forward, back].map(map => placeOf(map, catalogue.calibration(map))) as [Place, Place]
  const supported = (place: Place) => isSupported(fmr, place.calibration.nonMatedComparisons)
  const chosen = (map: StoredMap) => map.card.comparison !== undefined
  if (chosen(forward) !== chosen(back)) return chosen(forward) ? forward : back
  if (supported(there) !== supported(here)) return supported(there) ? forward : back
  return here.tmr > there.tmr ? back : forward
}
