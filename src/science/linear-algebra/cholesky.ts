import { rowRange, type Matrix, type Products, type TriangularFactor } from './matrix.js'

/** Columns factorised by plain loops. Everything outside the diagonal blocks is done in products. */
const block = 64

export interface CholeskyFactor extends TriangularFactor {
  readonly positiveDefinite: true
}

/** The matrix is not positive definite to working precision; `column` is the first whose pivot vanishes. */
export interface NotPositiveDefinite {
  readonly positiveDefinite: false
  readonly column: number
}

/**
 * Cholesky factorisation `A = L Lt`, left-looking by block columns (Golub and Van Loan, Matrix Computations, 4.2.6):
 * for each block column k, `S = A[k:, k] - L[k:, :k] L[k, :k]t` is one product; its upper block is factorised by plain
 * loops, `S_kk = L_kk L_kkt`, and the panel below is one more product, `S L_kk^-t`.
 *
 * @param matrix (n, n), symmetric; the lower triangle is read
 * @param tolerance a pivot at or below this fraction of its diagonal element counts as zero
 * @throws RangeError when the matrix is not square
 */
export async function factorise (
  matrix: Matrix,
  products: Products,
  tolerance = 0
): Promise<CholeskyFactor | NotPositiveDefinite> {
  const n = matrix.rows
  if (matrix.cols !== n) throw new RangeError(`expected a square matrix, received ${n} x ${matrix.cols}`)
  const lower: Matrix = { rows: n, cols: n, data: new Float64Array(n * n) }
  const inverses: Matrix = { rows: n, cols: Math.min(n, block), data: new Float64Array(n * Math.min(n, block)) }
  for (let start = 0; start < n; start += block) {
    const end = Math.min(n, start + block)
    const width = end - start
    const panel = copyBlock(matrix.data, n, start, n, start, end) // (n - start, width)
    if (start > 0) {
      const left = copyBlock(lower.data, n, start, n, 0, start) // (n - start, start)
      subtract(panel.data, 0, (await products.multiply(left, rowRange(left, 0, width), { transposeB: true })).data)
    }
    const diagonal = rowRange(panel, 0, width)
    const vanished = factoriseBlock(
      diagonal,
      Float64Array.from({ length: width }, (_, j) => tolerance * matrix.data[(start + j) * (n + 1)]!)
    )
    if (vanished !== undefined) return { positiveDefinite: false, column: start + vanished }
    const inverse = invertLower(diagonal)
    pasteBlock(inverses, inverse, start, 0)
    pasteBlock(lower, diagonal, start, start)
    if (end < n) {
      pasteBlock(
        lower,
        await products.multiply(rowRange(panel, width, n - start), inverse, { transposeB: true }),
        end,
        start
      )
    }
  }
  return { positiveDefinite: true, lower, inverses }
}

/**
 * Solves `A X = C` from the factor of A: `L Y = C` forwards, `Lt X = Y` backwards.
 *
 * @param right (n, m)
 * @returns X, (n, m)
 * @throws RangeError when the shapes do not fit
 */
export async function solve (factor: CholeskyFactor, right: Matrix, products: Products): Promise<Matrix> {
  return await products.substitute(factor, await products.substitute(factor, right, 'forwards'), 'backwards')
}

/**
 * Unblocked, in place, with zeros above the diagonal.
 * @param least (n), a pivot at or below its element counts as zero
 * @returns the column whose pivot vanishes, if any
 */
function factoriseBlock ({ rows: n, data }: Matrix, least: Float64Array): number | undefined {
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = data[i * n + j]!
      for (let p = 0; p < j; p++) sum -= data[i * n + p]! * data[j * n + p]!
      if (i > j) {
        data[i * n + j] = sum / data[j * n + j]!
      } else {
        if (!(sum > least[j]! && sum > 0)) return j
        data[j * n + j] = Math.sqrt(sum)
      }
    }
    data.fill(0, i * n + i + 1, (i + 1) * n)
  }
  return undefined
}

/** Inverse of a lower triangular matrix, by forward substitution on the columns of I. */
function invertLower ({ rows: n, data }: Matrix): Matrix {
  const inverse = new Float64Array(n * n)
  for (let j = 0; j < n; j++) {
    for (let i = j; i < n; i++) {
      let sum = i === j ? 1 : 0
      for (let p = j; p < i; p++) sum -= data[i * n + p]! * inverse[p * n + j]!
      inverse[i * n + j] = sum / data[i * n + i]!
    }
  }
  return { rows: n, cols: n, data: inverse }
}

/** A copy of rows `r0..r1` and columns `c0..c1` of a square matrix of order n. */
function copyBlock (data: Float64Array, n: number, r0: number, r1: number, c0: number, c1: number): Matrix {
  const cols = c1 - c0
  const copy = new Float64Array((r1 - r0) * cols)
  for (let i = r0; i < r1; i++) copy.set(data.subarray(i * n + c0, i * n + c1), (i - r0) * cols)
  return { rows: r1 - r0, cols, data: copy }
}

function pasteBlock (into: Matrix, { rows, cols, data }: Matrix, row: number, col: number): void {
  for (let i = 0; i < rows; i++) into.data.set(data.subarray(i * cols, (i + 1) * cols), (row + i) * into.cols + col)
}

function subtract (from: Float64Array, offset: number, values: Float64Array): void {
  for (let k = 0; k < values.length; k++) from[offset + k] = from[offset + k]! - values[k]!
}
