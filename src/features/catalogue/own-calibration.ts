import type { Calibration } from '../../science/scores/calibration.js'
import type { MatedFigures } from '../../science/scores/false-non-match.js'
import type { Catalogue, KnownSpace } from './catalogue.js'
import type { StoredCalibration } from './store/calibrations.js'
import type { StoredMap } from './store/maps.js'

/** Thresholds, and the map whose held-out identities, or the calibration whose templates, they come from. */
export interface CalibratedBy {
  readonly map: StoredMap
  /** undefined where the card of the map calibrates */
  readonly calibration: StoredCalibration | undefined
  readonly comparisons: Calibration
  /** of the same comparisons */
  readonly metrics: MatedFigures
}

/**
 * How scores of templates of one space are read. Every map was evaluated beside its two models alone, so the one with
 * the most non-mated comparisons represents the space. A calibration from the caller's own templates goes before all
 * cards.
 */
export function calibrationOf (catalogue: Catalogue, space: KnownSpace): CalibratedBy | undefined {
  return catalogue.activeMaps().flatMap(map => {
    const calibration = catalogue.calibration(map)
    const { calibration: comparisons, evaluation: metrics } = calibration?.result ?? map.card
    if (map.source.fingerprint === space.fingerprint) {
      return { map, calibration, comparisons: comparisons.source, metrics: metrics.sourceAlone }
    }
    if (map.target.fingerprint === space.fingerprint) {
      return { map, calibration, comparisons: comparisons.target, metrics: metrics.targetAlone }
    }
    return []
  }).sort((a, b) =>
    Number(b.calibration !== undefined) - Number(a.calibration !== undefined) ||
    b.comparisons.nonMatedComparisons - a.comparisons.nonMatedComparisons || (a.map.id < b.map.id ? -1 : 1)
  )[0]
}
