import { project } from '../alignment/comparison-space.js'
import { consensus, fitHub } from '../alignment/hub.js'
import { indexIdentities, splitIdentities } from '../linear-algebra/identities.js'
import type { Products, TemplateMatrix } from '../linear-algebra/matrix.js'
import { normaliseRows } from '../linear-algebra/normalise.js'
import { createRandom } from '../linear-algebra/random.js'
import { Problem } from '../../errors.js'

/**
 * Of hubs of five models fitted on CelebA, two shrinkages were tried: over the 20 directed pairs on LFW the mean TMR at
 * FMR 1e-3 was 0.643 by translation through the hub and 0.800 within it with 0.1, 0.642 and 0.789 with 0.3.
 */
const shrinkage = 0.1

/** Templates of the same images under several models. */
export interface HubData {
  /** (n), unique */
  readonly samples: readonly string[]
  /** (n), null where unknown */
  readonly identities: readonly (string | null)[]
  /** of each model (n, d), as the model gave them, finite and without zero rows */
  readonly templates: readonly TemplateMatrix[]
}

export interface HubOptions {
  /** dimensions at most */
  readonly maxDimension: number
  readonly seed: number
  readonly heldOutFraction: number
}

export interface MadeHub {
  /** (n, k), the templates of the images in the hub, rows of norm 1 */
  readonly templates: TemplateMatrix
  /** (k), see `Hub` */
  readonly agreement: Float64Array
}

/**
 * Fits a hub on the training identities and says where every image lies in it. The split is that of a map which is
 * fitted on the same samples with the same seed and share: whom the hub has seen, no such map holds out.
 *
 * @throws Problem `pairs-rank-deficient` when the templates do not determine a space
 */
export async function makeHub (
  { samples, identities, templates }: HubData, { maxDimension, seed, heldOutFraction }: HubOptions, products: Products
): Promise<MadeHub> {
  const normalised = templates.map(normaliseRows)
  const { training } = splitIdentities(indexIdentities(identities, samples), heldOutFraction, createRandom(seed))
  // Its arguments are valid: what it refuses is the data.
  const { sides, agreement } = await fitHub(
    normalised, training, maxDimension, shrinkage, seed, products
  ).catch((error: unknown) => {
    if (error instanceof RangeError) throw new Problem('pairs-rank-deficient', `models: ${error.message}`)
    throw error
  })
  const projected: TemplateMatrix[] = []
  for (const [i, side] of sides.entries()) {
    projected.push(
      await project({ source: side, target: side, normalisation: null }, 'source', normalised[i]!, products)
    )
  }
  return { templates: consensus(projected), agreement }
}
