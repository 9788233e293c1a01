import { factorise, solve, type CholeskyFactor } from '../linear-algebra/cholesky.js'
import { trace, type Matrix, type Products } from '../linear-algebra/matrix.js'
import type { CentredMoments } from './statistics.js'

/**
 * The values of lambda that cross-validation tries, from strong to weak. Isotropic spaces are indifferent from 1e-3 to
 * 0.3; anisotropic ones have been seen to prefer 1, and 1e-6; the path extends one decade beyond both.
 */
export const lambdaPath: readonly number[] = [10, 3, 1, 0.3, 0.1, 0.03, 1e-2, 1e-3, 1e-4, 1e-5, 1e-6, 1e-7]

/** Below this the system is singular to working precision when there are fewer pairs than dimensions. */
export const minLambda = 1e-10

/**
 * Ridge regression: `W = (At A + lambda s I)^-1 At B` with `s = tr(At A) / dSource` (Hoerl and Kennard, Technometrics
 * 12, 1970; Rubab, Tong and Ross, arXiv 2604.07282, use an absolute 0.1). The factor s is the mean variance of a
 * dimension times the number of pairs, so lambda means the same for any number of pairs, any dimension and any spread:
 * 1 shrinks an average direction by half.
 *
 * A path of 12 lambdas takes 12 factorisations, since sharing one was no faster: at 512 x 512 they take 0.11 s, one
 * reduction to block tridiagonal form with its 12 solutions 0.15 s, and an eigen-decomposition alone 0.9 s; at 1024 x
 * 512, 0.45, 0.44 and 6.4 s.
 *
 * @param lambda at least `minLambda`
 * @returns (dSource, dTarget)
 * @throws RangeError when lambda is too small, or the source templates are all the same
 */
export async function ridge (moments: CentredMoments, lambda: number, products: Products): Promise<Matrix> {
  return await solve(await factoriseRidged(moments, lambda, products), moments.cross, products)
}

/**
 * The Cholesky factor of `At A + lambda s I`.
 * @throws RangeError as `ridge`
 */
export async function factoriseRidged (
  { gram }: CentredMoments,
  lambda: number,
  products: Products
): Promise<CholeskyFactor> {
  if (!(lambda >= minLambda && lambda < Infinity)) {
    throw new RangeError(`lambda: expected a finite number of at least ${minLambda}, received ${lambda}`)
  }
  const n = gram.rows
  const ridged = new Float64Array(gram.data)
  const added = lambda * trace(gram) / n
  for (let i = 0; i < n; i++) ridged[i * n + i] = ridged[i * n + i]! + added
  const factor = await factorise({ rows: n, cols: n, data: ridged }, products)
  if (!factor.positiveDefinite) {
    throw new RangeError(`the source templates do not vary: the pivot of dimension ${factor.column} is zero`)
  }
  return factor
}
