import type { TemplateMatrix } from '../alignment/matrix.js'
import type { StoredMap } from '../store/maps.js'
import type { Catalogue, KnownSpace } from './catalogue.js'

export interface Translation {
  readonly map: StoredMap
  readonly target: KnownSpace
  /** (n, dTarget), L2-normalised, in the order of the source rows */
  readonly templates: TemplateMatrix
}

/**
 * Templates from their space into the native space of another model.
 *
 * @throws Problem `map-missing` naming the maps that exist, `request-invalid` when both spaces are the same
 */
export function createTranslation (catalogue: Catalogue, apply: ApplyMap) {
  return async function translate (source: KnownSpace, target: KnownSpace, templates: TemplateMatrix): Promise<Translation> {
    catalogue.requireDistinct(source, target)
    const map = catalogue.requireMap(source, target)
    return { map, target, templates: await apply(map, templates) }
  }
}

/** Applies a map that is known already to templates of its source space. */
export type ApplyMap = (map: StoredMap, templates: TemplateMatrix) => Promise<TemplateMatrix>

export type Translate = ReturnType<typeof createTranslation>
