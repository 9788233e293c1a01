import type { TrainingPairs } from '../alignment/folds.js'
import { translateNormalised, prepare } from '../alignment/apply.js'
import type { AffineMap } from '../alignment/affine-map.js'
import { identityShares, type IdentityShares } from '../cards/estimate.js'
import type { Products, TemplateMatrix } from '../linear-algebra/matrix.js'
import { compare } from '../scores/comparisons.js'

/** An ordered pair of models with the data that fit a map between them and those that test it. */
export interface TestedPair {
  readonly source: string
  readonly target: string
  readonly training: TrainingPairs
  readonly heldOut: HeldOutPair
}

interface HeldOutPair {
  /** (n, dSource), normalised rows */
  readonly source: TemplateMatrix
  /** (n, dTarget), normalised rows; row i of both is the same image */
  readonly target: TemplateMatrix
  /** (n), index of the identity of each row */
  readonly identity: Int32Array
}

/** How many comparisons of each held-out person match, after translation by a map. */
export async function testMap (
  map: AffineMap,
  { source, target, identity }: HeldOutPair,
  falseMatchRate: number,
  products: Products
): Promise<IdentityShares | null> {
  const translated = await translateNormalised(prepare(map), source, products)
  return identityShares(await compare(translated, target, identity, products), falseMatchRate)
}
