import { translationUncertainty } from '../../science/cards/translation-uncertainty.js'
import type { Measurer, Profiles } from '../guard/index.js'
import type { UncertaintyOf } from './migration.js'

/**
 * Estimates how uncertain translated templates are, from the profile of their source space; null when it has no
 * profile.
 */
export function createUncertainty (profiles: Profiles, measurer: Measurer): UncertaintyOf {
  return async ({ source }, templates) => {
    const own = await profiles.of(source)
    if (own === undefined) return null
    const [squares] = await measurer.distances([own.whitening], templates)
    return translationUncertainty(squares!, source.dimension)
  }
}
