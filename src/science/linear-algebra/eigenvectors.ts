import { EigenvalueDecomposition, Matrix as DenseMatrix } from 'ml-matrix'
import { factorise } from './cholesky.js'
import { trace, transpose, type Matrix, type Products } from './matrix.js'
import { createRandom } from './random.js'

/** Extra eigenvectors that are iterated with the wanted ones, which then converge by the gap to the last of them. */
const guardVectors = 16
/**
 * A fixed number of steps. Directions that have not converged by then explain as much as their neighbours, so they need
 * not be exact.
 */
const steps = 40
/**
 * Added to every eigenvalue while iterating, relative to their mean. Without it a matrix of low rank would lose the
 * subspace.
 */
const minEigenvalue = 1e-5

export interface LeadingEigenvectors {
  /** (n, k), orthonormal columns */
  readonly vectors: Matrix
  /** (k), descending */
  readonly values: Float64Array
}

/**
 * The leading eigenvectors of a symmetric, positive semi-definite matrix by subspace iteration with a Rayleigh-Ritz
 * step (Golub and Van Loan, Matrix Computations, 8.2.4). It takes products and a decomposition of size k only. A full
 * decomposition took 6.4 s of processor time at 1,024 dimensions and grows with the cube of the dimension.
 *
 * @param matrix (n, n)
 * @param count k, 1 to n
 * @param seed of the first subspace
 */
export async function leadingEigenvectors (
  matrix: Matrix,
  count: number,
  seed: number,
  products: Products
): Promise<LeadingEigenvectors> {
  const n = matrix.rows
  const width = Math.min(n, count + guardVectors)
  const random = createRandom(seed)
  let Q = await orthonormal(
    { rows: n, cols: width, data: Float64Array.from({ length: n * width }, () => random.next() - 0.5) },
    products
  )
  const shift = minEigenvalue * trace(matrix) / n
  for (let step = 0; step < steps; step++) {
    const next = await products.multiply(matrix, Q)
    for (let k = 0; k < next.data.length; k++) next.data[k] = next.data[k]! + shift * Q.data[k]!
    Q = await orthonormal(next, products)
  }
  const ritz = await products.multiply(Q, await products.multiply(matrix, Q), { transposeA: true }) // (width, width)
  const { eigenvectorMatrix, realEigenvalues } = new EigenvalueDecomposition(
    DenseMatrix.from1DArray(width, width, ritz.data),
    { assumeSymmetric: true }
  )
  const order = realEigenvalues.map((_, k) => k).sort(
    (a, b) => realEigenvalues[b]! - realEigenvalues[a]!
  ).slice(0, count)
  const turn = new Float64Array(width * count) // (width, count)
  for (let r = 0; r < width; r++) {
    order.forEach((k, c) => {
      turn[r * count + c] = eigenvectorMatrix.get(r, k)
    })
  }
  return {
    vectors: await products.multiply(Q, { rows: width, cols: count, data: turn }),
    values: Float64Array.from(order, k => realEigenvalues[k]!)
  }
}

/**
 * Orthonormal columns of the same subspace: `Q L^-t` with `QtQ = L Lt`. Done twice, which removes what rounding leaves.
 */
async function orthonormal (matrix: Matrix, products: Products): Promise<Matrix> {
  return await once(await once(matrix))

  async function once (Q: Matrix): Promise<Matrix> {
    const gram = await products.multiply(Q, Q, { transposeA: true })
    const factor = await factorise(gram, products)
    if (!factor.positiveDefinite) {
      throw new RangeError(`expected a matrix of rank ${Q.cols} or more, column ${factor.column} vanishes`)
    }
    return transpose(await products.substitute(factor, transpose(Q), 'forwards'))
  }
}
