import type { Products } from '../linear-algebra/matrix.js'
import { completeOptions, type FitOptions, type PairedTemplates } from '../alignment/pairs.js'
import { fitProfile, type SpaceProfile } from '../guard/guard-profile.js'

/** What the templates of both sides look like, where they are enough to tell. */
export interface SpaceProfiles {
  readonly profiles: { readonly source: SpaceProfile | undefined, readonly target: SpaceProfile | undefined }
}

/**
 * The profiles of both spaces of a map, from all its pairs: what a space looks like does not depend on the map, so
 * nothing has to be held out for it but within the profile's own calibration.
 *
 * @param pairs not normalised, checked by `checkPairs`; left as they are
 */
export async function fitProfiles (
  { source, target, identities, samples }: PairedTemplates, options: FitOptions, products: Products
): Promise<SpaceProfiles> {
  const { seed } = completeOptions(options)
  return {
    profiles: {
      source: await fitProfile(source, identities, samples, seed, products),
      target: await fitProfile(target, identities, samples, seed, products)
    }
  }
}
