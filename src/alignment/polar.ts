import { Matrix as DenseMatrix, SingularValueDecomposition } from 'ml-matrix'
import { factorise, solve } from './cholesky.js'
import { frobenius, transpose, type Matrix, type Products } from './matrix.js'
import { createRandom } from './random.js'

/**
 * Singular values below this fraction of the largest are expected to be rounding noise. Cross-covariances of real
 * recognition models have been seen down to 7e-7.
 */
const smallestExpected = 1e-7
/** Inverse iterations on the Gram matrix; they approach its least eigenvalue from above. */
const inverseIterations = 8
/** What is taken off the estimate of the least singular value: where it is too high convergence takes some steps more. */
const safety = 2
/** The scaling never exceeds this (Chen and Chow): beyond it the largest singular value would fall to zero. */
const largestScaling = 1.69770248526
/**
 * The iteration grows a singular value of `smallestExpected` to 1 in 20 steps or so; rounding noise of 1e-15 has by
 * then grown to 1e-8 at most. Many more steps would grow noise into directions.
 */
const mostSteps = 26
/** One further step squares the residual, so that this is enough for single precision and beyond. */
const converged = 1e-7
/** In the decomposition: a singular value below this fraction of the largest counts as zero. */
const rankTolerance = 1e-12

/**
 * The polar factor `U Vt` of `M = U S Vt`, over the singular values that are not zero: orthonormal columns when M has
 * full column rank, orthonormal rows when it has full row rank, and otherwise the partial isometry that takes to zero
 * what M takes to zero. So it is unique, whatever the rank.
 *
 * Newton-Schulz iteration with the scaling of Chen and Chow, "A stable scaling of Newton-Schulz for improving the sign
 * function computation of a Hermitian matrix" (2014): `X <- X (3/2 a I - 1/2 a^3 XtX)`, products only. At 512 x 512 a
 * singular value decomposition takes 3.8 s, the iteration 0.25 s. How large its steps are depends on the least singular
 * value, which is estimated before: from 1e-4 it takes 14 steps, from the 1e-7 that has to be expected otherwise 21. Where
 * it does not converge, because singular values lie between noise and signal, the decomposition decides.
 *
 * @param matrix (m, n), not all zeros
 * @returns (m, n)
 * @throws RangeError when the matrix is zero or not finite
 */
export async function polarFactor (matrix: Matrix, products: Products): Promise<Matrix> {
  const wide = matrix.rows < matrix.cols
  const tall = wide ? transpose(matrix) : matrix
  const factor = await iterate(tall, products) ?? decompose(tall)
  return wide ? transpose(factor) : factor
}

/** @returns undefined when the iteration does not converge */
async function iterate (matrix: Matrix, products: Products): Promise<Matrix | undefined> {
  const size = frobenius(matrix)
  if (!(size > 0 && size < Infinity)) throw new RangeError(`expected a matrix with a finite norm above zero, received ${size}`)
  const { rows, cols } = matrix
  let X: Matrix = { rows, cols, data: matrix.data.map(value => value / size) }
  let gram = await products.multiply(X, X, { transposeA: true }) // (cols, cols)
  // The square root of the Gram matrix's norm bounds the largest singular value from above, and closely.
  const bound = Math.sqrt(frobenius(gram))
  scale(X.data, 1 / bound)
  scale(gram.data, 1 / (bound * bound))

  let least = Math.max(smallestExpected, await leastSingularValue(gram, products) / safety)
  let last = false
  for (let step = 0; step < mostSteps; step++) {
    const XG = await products.multiply(X, gram) // (rows, cols), X Xt X
    let difference = 0
    for (let k = 0; k < XG.data.length; k++) difference += (XG.data[k]! - X.data[k]!) ** 2
    const residual = Math.sqrt(difference) / frobenius(X)
    if (!Number.isFinite(residual)) return undefined
    if (residual < converged) last = true

    const a = last ? 1 : Math.min(largestScaling, Math.sqrt(3 / (1 + least + least * least)))
    const next = new Float64Array(rows * cols)
    for (let k = 0; k < next.length; k++) next[k] = 1.5 * a * X.data[k]! - 0.5 * a ** 3 * XG.data[k]!
    X = { rows, cols, data: next }
    if (last) return X
    least = Math.min(1, 1.5 * a * least - 0.5 * (a * least) ** 3)
    gram = await products.multiply(X, X, { transposeA: true })
  }
  return undefined
}

/**
 * An estimate of the least singular value by inverse iteration, from above.
 * @param gram of the matrix, (n, n)
 * @returns 0 when the Gram matrix is singular to working precision
 */
async function leastSingularValue (gram: Matrix, products: Products): Promise<number> {
  const factor = await factorise(gram, products)
  if (!factor.positiveDefinite) return 0
  const random = createRandom(1)
  let vector: Matrix = { rows: gram.rows, cols: 1, data: Float64Array.from({ length: gram.rows }, () => random.next() - 0.5) }
  let growth = 0
  for (let k = 0; k < inverseIterations; k++) {
    scale(vector.data, 1 / frobenius(vector))
    vector = await solve(factor, vector, products)
    growth = frobenius(vector)
  }
  return growth > 0 && growth < Infinity ? 1 / Math.sqrt(growth) : 0
}

function decompose ({ rows, cols, data }: Matrix): Matrix {
  const svd = new SingularValueDecomposition(DenseMatrix.from1DArray(rows, cols, data), { autoTranspose: true })
  const left = svd.leftSingularVectors
  const right = svd.rightSingularVectors
  const values = svd.diagonal
  const factor = new Float64Array(rows * cols)
  for (let r = 0; r < values.length; r++) {
    if (values[r]! <= rankTolerance * values[0]!) continue
    for (let i = 0; i < rows; i++) {
      const u = left.get(i, r)
      for (let j = 0; j < cols; j++) factor[i * cols + j] = factor[i * cols + j]! + u * right.get(j, r)
    }
  }
  return { rows, cols, data: factor }
}

function scale (data: Float64Array, factor: number): void {
  for (let k = 0; k < data.length; k++) data[k] = data[k]! * factor
}
