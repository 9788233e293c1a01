import type { TemplateMatrix } from '../../science/linear-algebra/matrix.js'
import type { Catalogue, KnownSpace, StoredMap } from '../catalogue/index.js'
import type { Translator } from './translator/translator.js'

/**
 * A translation into the native space of another model. It stays with its map, even when another one is activated; once
 * the map is retired it returns nothing.
 */
export interface Translation {
  readonly map: StoredMap
  readonly target: KnownSpace
  /**
   * @param templates (n, dSource)
   * @param options see `Translator`
   * @returns (n, dTarget), L2-normalised, in the order of the source rows
   * @throws InvalidRow when a template is not finite or has norm zero
   * @throws Problem `map-retired`, `unavailable`, see `Catalogue.confirm`
   */
  translate(templates: TemplateMatrix, options?: { readonly keep?: boolean }): Promise<TemplateMatrix>
}

/** Translates templates from their space into the native space of another model. */
export function createTranslations (catalogue: Catalogue, translator: Translator) {
  /** @throws Problem `map-missing` naming the maps that exist, `request-invalid` when both spaces are the same */
  return function translationBetween (source: KnownSpace, target: KnownSpace): Translation {
    catalogue.requireDistinct(source, target)
    const map = catalogue.requireMap(source, target)
    const numbers = catalogue.numbers(map)
    // The first translation reports the failure, if there is one.
    numbers.catch(() => {})
    return {
      map,
      target,
      async translate (templates, options) {
        const translated = await translator.translate(await numbers, templates, options)
        catalogue.confirm([map])
        return translated
      }
    }
  }
}
