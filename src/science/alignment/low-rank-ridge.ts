import { EigenvalueDecomposition, Matrix as DenseMatrix } from 'ml-matrix'
import type { Matrix, Products } from '../linear-algebra/matrix.js'
import { factoriseRidged } from './ridge.js'
import type { CentredMoments } from './statistics.js'

/** The weights of one rank, (dSource, dTarget). */
export type OfRank = (rank: number) => Promise<Matrix>

/**
 * Reduced-rank ridge regression: among all W of rank r, the one that minimises `||A W - B||_F^2 + lambda s ||W||_F^2`,
 * with s as in `ridge` (Izenman, Journal of Multivariate Analysis 5, 1975; Mukherjee and Zhu, Statistical Analysis and
 * Data Mining 4, 2011). With `At A + lambda s I = L Lt` and `Y = L^-1 At B` the ridge solution is `L^-t Y`. The
 * penalised error of any other W is greater by `||Lt W - Y||_F^2`, so the solution is `L^-t Yr` with Yr the best
 * approximation of Y of rank r (Eckart and Young, 1936): `Y Vr Vrt`, or equally `Ur Urt Y`, with the eigenvectors of
 * the smaller of `Yt Y` and `Y Yt`.
 *
 * The decomposition is made once for all ranks of one lambda: 0.9 s where the smaller dimension is 512, 6.4 s where it
 * is 1024.
 *
 * @param lambda at least `minLambda`
 * @returns the weights by rank, 1 to min(dSource, dTarget); throws RangeError outside that range
 * @throws RangeError as `ridge`
 */
export async function lowRankRidge (moments: CentredMoments, lambda: number, products: Products): Promise<OfRank> {
  const factor = await factoriseRidged(moments, lambda, products)
  const Y = await products.substitute(factor, moments.cross, 'forwards')
  const wide = Y.rows < Y.cols
  const vectors = principalDirections(await products.multiply(Y, Y, wide ? { transposeB: true } : { transposeA: true }))
  return async rank => {
    const leading = leadingRows(vectors, rank)
    const projected = wide
      ? await products.multiply(leading, await products.multiply(leading, Y), { transposeA: true })
      : await products.multiply(await products.multiply(Y, leading, { transposeB: true }), leading)
    return await products.substitute(factor, projected, 'backwards')
  }
}

/** Eigenvectors as rows, the largest eigenvalue first. */
function principalDirections ({ rows: n, data }: Matrix): Matrix {
  const { eigenvectorMatrix, realEigenvalues } = new EigenvalueDecomposition(DenseMatrix.from1DArray(n, n, data), {
    assumeSymmetric: true
  })
  const order = realEigenvalues.map((_, k) => k).sort((a, b) => realEigenvalues[b]! - realEigenvalues[a]!)
  const directions = new Float64Array(n * n)
  order.forEach((column, k) => {
    for (let i = 0; i < n; i++) directions[k * n + i] = eigenvectorMatrix.get(i, column)
  })
  return { rows: n, cols: n, data: directions }
}

function leadingRows ({ rows, cols, data }: Matrix, count: number): Matrix {
  if (!(Number.isInteger(count) && count >= 1 && count <= rows)) {
    throw new RangeError(`rank: expected an integer from 1 to ${rows}, received ${count}`)
  }
  return { rows: count, cols, data: data.subarray(0, count * cols) }
}
