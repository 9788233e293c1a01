import type { SideName } from '../../science/alignment/comparison-space.js'
import type { TemplateMatrix } from '../../science/linear-algebra/matrix.js'
import { normaliseRows } from '../../science/linear-algebra/normalise.js'
import {
  type CalibratedBy,
  type Catalogue,
  calibrationOf,
  type KnownSpace,
  type StoredCalibration,
  type StoredMap
} from '../catalogue/index.js'
import type { Translator } from '../translations/index.js'
import { bestMap, type ComparedIn, placeOf } from './comparison-places.js'

/** How templates of two spaces are compared. */
export interface Comparing {
  readonly comparedIn: ComparedIn
  /** the map that the comparison space came with; none when both spaces are one */
  readonly map: StoredMap | undefined
  /** how scores are read; undefined when no active map touches the one space of both */
  readonly calibration: CalibratedBy | undefined
  /**
   * Projects templates of one side.
   *
   * @param templates (n, d)
   * @returns (n, k), such that inner products of the two sides are comparison scores
   */
  project(side: 'probe' | 'reference', templates: TemplateMatrix): Promise<TemplateMatrix>
}

/** Projects templates of one side of a map to where the map compares them: (n, d) to (n, k). */
export type Projection = (side: SideName, templates: TemplateMatrix) => Promise<TemplateMatrix>

interface ComparingParts {
  readonly catalogue: Catalogue
  readonly translator: Translator
}

/**
 * Templates of one space are compared there; templates of two in the space that was chosen when an active map between
 * them was fitted, or in its target space where none could be chosen, see `bestMap`.
 *
 * @param fmr false match rate, by which a map is chosen when maps lead both ways
 * @throws Problem `map-missing`
 */
export async function comparingOf (
  { catalogue, translator }: ComparingParts,
  probe: KnownSpace,
  reference: KnownSpace,
  fmr: number
): Promise<Comparing> {
  if (probe.fingerprint === reference.fingerprint) {
    const { model, dimension } = probe
    return {
      comparedIn: { kind: 'own', model, whitening: null, normalisation: 'none', dimension },
      map: undefined,
      calibration: calibrationOf(catalogue, probe),
      project: async (_side, templates) => normaliseRows(templates)
    }
  }
  const map = bestMap(catalogue, probe, reference, fmr)
  const calibration = catalogue.calibration(map)
  const { comparedIn, calibration: comparisons, metrics } = placeOf(map, calibration)
  const sides = map.source.fingerprint === probe.fingerprint
    ? { probe: 'source', reference: 'target' } as const
    : { probe: 'target', reference: 'source' } as const
  const project = await projectionOf({ catalogue, translator }, map, calibration)
  return {
    comparedIn,
    map,
    calibration: { map, calibration, comparisons, metrics },
    project: async (side, templates) => await project(sides[side], templates)
  }
}

/**
 * How templates of either side of a map get to where it compares them.
 * @param calibration of the map that is active, see `Catalogue.comparison`
 */
export async function projectionOf (
  { catalogue, translator }: ComparingParts,
  map: StoredMap,
  calibration: StoredCalibration | undefined
): Promise<Projection> {
  if (map.card.comparison !== undefined) {
    const space = await catalogue.comparison(map, calibration)
    return async (side, templates) => await translator.project(space, side, templates)
  }
  const numbers = await catalogue.numbers(map)
  return async (side, templates) =>
    side === 'source' ? await translator.translate(numbers, templates) : normaliseRows(templates)
}
