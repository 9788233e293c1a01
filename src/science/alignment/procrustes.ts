import type { Matrix, Products } from '../linear-algebra/matrix.js'
import { polarFactor } from '../linear-algebra/polar.js'
import type { CentredMoments } from './statistics.js'

/**
 * Orthogonal Procrustes: `W = U Vt` from `At B = U S Vt`, the rotation (or reflection) that minimises `||A W - B||_F`
 * (Schoenemann, "A generalized solution of the orthogonal Procrustes problem", Psychometrika 31, 1966; Rubab, Tong and
 * Ross, arXiv 2604.07282). When the dimensions differ W is semi-orthogonal and maximises `tr(Wt At B)`; directions
 * about which the pairs say nothing are mapped to zero.
 *
 * @returns (dSource, dTarget)
 * @throws RangeError when source and target are uncorrelated, so that no direction remains
 */
export async function procrustes ({ cross }: CentredMoments, products: Products): Promise<Matrix> {
  return await polarFactor(cross, products)
}
