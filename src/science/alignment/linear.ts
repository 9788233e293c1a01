import { factorise, solve } from '../linear-algebra/cholesky.js'
import type { Matrix, Products } from '../linear-algebra/matrix.js'
import { constantDimensions } from '../linear-algebra/rank.js'
import type { CentredMoments } from './statistics.js'

/** Pivots of the scaled Gram matrix at or below this count as rounding noise, which is about 1e-15. */
const pivotTolerance = 1e-13

/**
 * Least squares: `W = argmin ||A W - B||_F`, from the normal equations `(At A) W = At B` (Rubab, Tong and Ross, arXiv
 * 2604.07282, with intercept). They are scaled to a unit diagonal (van der Sluis, 1969: within a factor sqrt(d) of the
 * best scaling) and refined once, since forming them squares the condition number. Constant source dimensions get rows
 * of zeros, the least-squares solution of least norm.
 *
 * @returns (dSource, dTarget), or undefined when the source templates do not determine W
 */
export async function linear ({ gram, cross }: CentredMoments, products: Products): Promise<Matrix | undefined> {
  const constant = new Set(constantDimensions(gram))
  const active = Array.from({ length: gram.rows }, (_, i) => i).filter(i => !constant.has(i))
  const n = active.length
  const m = cross.cols
  const scale = Float64Array.from(active, i => 1 / Math.sqrt(gram.data[i * gram.cols + i]!))
  const scaledGram: Matrix = { rows: n, cols: n, data: new Float64Array(n * n) }
  const scaledCross: Matrix = { rows: n, cols: m, data: new Float64Array(n * m) }
  active.forEach((row, i) => {
    active.forEach((col, j) => {
      scaledGram.data[i * n + j] = gram.data[row * gram.cols + col]! * scale[i]! * scale[j]!
    })
    for (let j = 0; j < m; j++) scaledCross.data[i * m + j] = cross.data[row * m + j]! * scale[i]!
  })

  const factor = await factorise(scaledGram, products, pivotTolerance)
  if (!factor.positiveDefinite) return undefined
  const solution = await solve(factor, scaledCross, products)
  const fitted = await products.multiply(scaledGram, solution)
  const residual = { ...scaledCross, data: scaledCross.data.map((value, k) => value - fitted.data[k]!) }
  const correction = await solve(factor, residual, products)

  const weights = new Float64Array(gram.rows * m) // (dSource, dTarget), row-major
  active.forEach((row, i) => {
    for (let j = 0; j < m; j++) {
      weights[row * m + j] = (solution.data[i * m + j]! + correction.data[i * m + j]!) * scale[i]!
    }
  })
  return { rows: gram.rows, cols: m, data: weights }
}
