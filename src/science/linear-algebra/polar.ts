import { Matrix as DenseMatrix, SingularValueDecomposition } from 'ml-matrix'
import { factorise, solve } from './cholesky.js'
import { gramOfRows } from './gram.js'
import { frobenius, transpose, type Matrix, type Products } from './matrix.js'
import { createRandom } from './random.js'

/**
 * Singular values below this fraction of the largest are taken for rounding noise. Cross-covariances of real
 * recognition models have been seen down to 7e-7.
 */
const minExpectedRatio = 1e-7
/** Inverse iterations on the Gram matrix. They approach its least eigenvalue from above. */
const inverseIterations = 8
/** Divides the estimate of the least singular value. Too high an estimate costs some more steps. */
const safety = 2
/** Upper limit of the scaling (Chen and Chow): beyond it the largest singular value would fall to zero. */
const maxScaling = 1.69770248526
/**
 * Above this least singular value rational steps are taken. Their system has a condition number of about
 * `least^(-4/3)`, so rounding leaves at most 1e-9 in the factor.
 */
const minForRational = 1e-5
/**
 * Above this the least singular value counts as one. The remaining steps are unscaled, which also corrects rounding.
 */
const nearlyOne = 0.999
/**
 * Limit of unscaled steps. The iteration grows a singular value of `minExpectedRatio` to 1; rounding noise of 1e-15 has
 * grown to 1e-8 by then. Many more steps would grow noise into directions.
 */
const maxFinalSteps = 6
/** The last step squares the residual, so this is enough for single precision and beyond. */
const converged = 1e-7
/** In the fallback decomposition, singular values below this fraction of the largest count as zero. */
const rankTolerance = 1e-12

/**
 * The polar factor `U Vt` of `M = U S Vt` over the non-zero singular values: orthonormal columns when M has full column
 * rank, orthonormal rows when it has full row rank, and otherwise the partial isometry whose null space is that of M.
 * It is unique whatever the rank.
 *
 * Two iterations alternate, both of products and a Cholesky factorisation. While singular values are below 1e-5, and at
 * the end, it is Newton-Schulz with the scaling of Chen and Chow, "A stable scaling of Newton-Schulz for improving the
 * sign function computation of a Hermitian matrix" (2014), `X <- (3/2 a I - 1/2 a^3 XXt) X`. In between it is Halley's
 * iteration with the dynamic weights of Nakatsukasa, Bai and Gygi, "Optimizing Halley's iteration for computing the
 * matrix polar decomposition", SIAM J. Matrix Anal. Appl. 31 (2010), `X <- (b/c I + (a - b/c) (I + c XXt)^-1) X`, which
 * brings 1e-4 to 1 in 3 steps of 4.3 n^3 operations, where Newton-Schulz takes 14 of 4. The weights follow from the
 * least singular value, which is estimated first. At 1,024 x 1,024 all of it takes 0.9 s of processor time; a singular
 * value decomposition takes 3.8 s at 512 x 512. When the iteration does not converge, because singular values lie
 * between noise and signal, that decomposition is the fallback.
 *
 * @param matrix (m, n), not all zeros
 * @returns (m, n)
 * @throws RangeError when the matrix is zero or not finite
 */
export async function polarFactor (matrix: Matrix, products: Products): Promise<Matrix> {
  const tall = matrix.rows > matrix.cols
  const wide = tall ? transpose(matrix) : matrix
  const factor = await iterate(wide, products) ?? decompose(wide)
  return tall ? transpose(factor) : factor
}

/**
 * @param matrix with no more rows than columns
 * @returns undefined when the iteration does not converge
 */
async function iterate (matrix: Matrix, products: Products): Promise<Matrix | undefined> {
  const size = frobenius(matrix)
  if (!(size > 0 && size < Infinity)) {
    throw new RangeError(`expected a matrix with a finite norm above zero, received ${size}`)
  }
  let X: Matrix = { ...matrix, data: new Float64Array(matrix.data) }
  scale(X.data, 1 / size)
  let gram = await gramOfRows(X, products) // (rows, rows)
  // The square root of the Gram matrix's norm bounds the largest singular value from above, and closely.
  const bound = Math.sqrt(frobenius(gram))
  scale(X.data, 1 / bound)
  scale(gram.data, 1 / (bound * bound))

  let least = Math.max(minExpectedRatio, await leastSingularValue(gram, products) / safety)
  for (let finalSteps = 0; finalSteps < maxFinalSteps;) {
    if (least >= minForRational && least < nearlyOne) {
      const step = await rationalStep(X, gram, least, products)
      if (step === undefined) return undefined
      X = step.X
      least = step.least
    } else {
      const GX = await products.multiply(gram, X) // (rows, cols), X Xt X
      const residual = Math.sqrt(squaredDistance(GX.data, X.data)) / frobenius(X)
      if (!Number.isFinite(residual)) return undefined
      const last = residual < converged
      const a = last ? 1 : Math.min(maxScaling, Math.sqrt(3 / (1 + least + least * least)))
      const [kept, taken] = [1.5 * a, 0.5 * a ** 3]
      for (let k = 0; k < X.data.length; k++) X.data[k] = kept * X.data[k]! - taken * GX.data[k]!
      if (last) return X
      if (least >= nearlyOne) finalSteps++
      least = Math.min(1, 1.5 * a * least - 0.5 * (a * least) ** 3)
    }
    gram = await gramOfRows(X, products)
  }
  return undefined
}

/**
 * One step of Halley's iteration, with the weights that are best for singular values from `least` to 1.
 * @param gram `X Xt`; overwritten
 * @returns the next X and its least singular value; undefined when the system cannot be solved
 */
async function rationalStep (
  X: Matrix,
  gram: Matrix,
  least: number,
  products: Products
): Promise<{ X: Matrix, least: number } | undefined> {
  const square = least * least
  const d = Math.cbrt(4 * (1 - square) / (square * square))
  const root = Math.sqrt(1 + d)
  const a = root + Math.sqrt(8 - 4 * d + 8 * (2 - square) / (square * root)) / 2
  const b = (a - 1) ** 2 / 4
  const c = a + b - 1
  scale(gram.data, c)
  for (let i = 0; i < gram.rows; i++) gram.data[i * (gram.rows + 1)] = gram.data[i * (gram.rows + 1)]! + 1
  const factor = await factorise(gram, products)
  if (!factor.positiveDefinite) return undefined
  const solution = await solve(factor, X, products)
  const [kept, added] = [b / c, a - b / c]
  for (let k = 0; k < solution.data.length; k++) solution.data[k] = kept * X.data[k]! + added * solution.data[k]!
  return { X: solution, least: Math.min(1, least * (a + b * square) / (1 + c * square)) }
}

function squaredDistance (a: Float64Array, b: Float64Array): number {
  let sum = 0
  for (let k = 0; k < a.length; k++) sum += (a[k]! - b[k]!) ** 2
  return sum
}

/**
 * Estimates the least singular value from above, by inverse iteration.
 * @param gram of the matrix, (n, n)
 * @returns 0 when the Gram matrix is singular to working precision
 */
async function leastSingularValue (gram: Matrix, products: Products): Promise<number> {
  const factor = await factorise(gram, products)
  if (!factor.positiveDefinite) return 0
  const random = createRandom(1)
  let vector: Matrix = {
    rows: gram.rows,
    cols: 1,
    data: Float64Array.from({ length: gram.rows }, () => random.next() - 0.5)
  }
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
