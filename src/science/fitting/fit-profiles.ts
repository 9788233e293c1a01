import type { Products } from '../linear-algebra/matrix.js'
import { completeOptions, type FitOptions, type PairedTemplates } from '../alignment/pairs.js'
import { fitProfile, type SpaceProfile } from '../guard/guard-profile.js'

/** Profiles of both sides, where there are enough templates. */
export interface SpaceProfiles {
  readonly profiles: { readonly source: SpaceProfile | undefined, readonly target: SpaceProfile | undefined }
}

/**
 * The profiles of both spaces of a map, from all its pairs. The profile of a space does not depend on the map, so only
 * its own calibration holds pairs out.
 *
 * @param pairs not normalised, checked by `checkPairs`; not changed
 */
export async function fitProfiles (
  { source, target, identities, samples }: PairedTemplates,
  options: FitOptions,
  products: Products
): Promise<SpaceProfiles> {
  const { seed } = completeOptions(options)
  return {
    profiles: {
      source: await fitProfile(source, identities, samples, seed, products),
      target: await fitProfile(target, identities, samples, seed, products)
    }
  }
}
