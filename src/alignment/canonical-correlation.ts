import type { Matrix, Products } from './matrix.js'
import { polarFactor } from './polar.js'
import { whitening } from './whitening.js'

/** Covariances of two sides, up to a common factor. */
export interface JointCovariance {
  /** (dSource, dSource) */
  readonly source: Matrix
  /** (dTarget, dTarget) */
  readonly target: Matrix
  /** (dSource, dTarget) */
  readonly cross: Matrix
}

/** Both sides' linear parts into a shared space of `k = min(dSource, dTarget)` dimensions. */
export interface SharedSpace {
  /** (dSource, k) */
  readonly source: Matrix
  /** (dTarget, k) */
  readonly target: Matrix
}

/**
 * Regularised canonical correlation analysis (Hotelling, Biometrika 28, 1936; Vinod, Journal of Econometrics 4, 1976):
 * each covariance is shrunk and whitened, `Pt Cg P = I`, and with `U S Vt = Pat Cab Pb` the sides map by `Pa U S` and
 * `Pb V S`. Canonical directions are so weighted by their correlation: what the two models do not share drops out.
 *
 * The decomposition itself is not needed. With `M = Pat Cab Pb = H Q`, H symmetric and Q the polar factor, `Pa H` and
 * `Pb Mt` are the maps above but for the rotation U, which both sides have in common and no cosine sees. Products only:
 * at 512 x 512 the polar factor takes 0.25 s where a singular value decomposition takes 3.8 s.
 *
 * @param shrinkage g of `whitening`, in (0, 1]
 * @throws RangeError when the sides are uncorrelated throughout
 */
export async function shared ({ source, target, cross }: JointCovariance, shrinkage: number, products: Products): Promise<SharedSpace> {
  const left = await whitening(source, shrinkage, products)
  const right = await whitening(target, shrinkage, products)
  const whitened = await products.multiply(await products.multiply(left, cross, { transposeA: true }), right) // M, (dSource, dTarget)
  const polar = await polarFactor(whitened, products)
  if (source.rows <= target.rows) {
    return {
      source: await products.multiply(left, await products.multiply(whitened, polar, { transposeB: true })),
      target: await products.multiply(right, whitened, { transposeB: true })
    }
  }
  return {
    source: await products.multiply(left, whitened),
    target: await products.multiply(right, await products.multiply(polar, whitened, { transposeA: true }))
  }
}
