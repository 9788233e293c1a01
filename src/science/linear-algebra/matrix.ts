/** A dense matrix, row-major: element (i, j) is `data[i * cols + j]`. */
export interface Matrix<T extends Float32Array | Float64Array = Float64Array> {
  readonly rows: number
  readonly cols: number
  readonly data: T
}

/** Templates as rows, single precision. */
export type TemplateMatrix = Matrix<Float32Array>

export interface TransposeOptions {
  readonly transposeA?: boolean
  readonly transposeB?: boolean
}

/**
 * Matrix products are the one operation worth an engine of its own. Factorisations and estimators are written against
 * this interface, which keeps them free of I/O and lets tests check them against plain loops.
 */
export interface Products {
  /**
   * op(a) op(b), where op transposes when asked to.
   * @returns (rows of op(a), cols of op(b)) in the precision of the operands, which must be the same
   * @throws RangeError when the inner dimensions differ, with both shapes
   */
  multiply<T extends Float32Array | Float64Array>(
    a: Matrix<T>,
    b: Matrix<T>,
    options?: TransposeOptions
  ): Promise<Matrix<T>>
  /**
   * The large elements of `a bt`, and some more: what a threshold needs of millions of scores.
   * @param positions row-major positions of elements that are returned whatever their size
   * @param count how many of the largest are needed
   * @throws RangeError when the inner dimensions differ, with both shapes
   */
  largeElements(a: TemplateMatrix, b: TemplateMatrix, positions: Int32Array, count: number): Promise<LargeElements>
  /**
   * Solves `L X = C` forwards, or `Lt X = C` backwards.
   * @param right C, (n, m)
   * @returns X, (n, m)
   * @throws RangeError when the shapes do not fit
   */
  substitute(factor: TriangularFactor, right: Matrix, direction: 'forwards' | 'backwards'): Promise<Matrix>
  /**
   * Sums over some rows of A, and of B, in double precision.
   * @param indices rows to add; one may occur several times
   * @throws RangeError when an origin does not fit its rows
   */
  sumRows(indices: ArrayLike<number>, a: ShiftedRows): Promise<RowSums>
  sumRows(indices: ArrayLike<number>, a: ShiftedRows, b: ShiftedRows): Promise<PairSums>
}

export interface TriangularFactor {
  /** L, (n, n), lower triangular with zeros above the diagonal */
  readonly lower: Matrix
  /**
   * (n, block), the inverses of the diagonal blocks of L one under the other; the last may be smaller, in its upper
   * left corner
   */
  readonly inverses: Matrix
}

interface LargeElements {
  /** (positions) */
  readonly picked: Float32Array
  /** all elements of at least `from`, in any order: `count` of them or more, as far as there are so many */
  readonly large: Float32Array
  readonly from: number
}

/** Rows that enter as `row - origin`. */
export interface ShiftedRows {
  /** (n, d) */
  readonly rows: TemplateMatrix
  /** (d) */
  readonly origin: Float64Array
}

export interface RowSums {
  /** (dA) */
  readonly sum: Float64Array
  /** (dA, dA), `At A` */
  readonly gram: Matrix
}

export interface PairSums extends RowSums {
  /** (dB) */
  readonly sumB: Float64Array
  /** (dA, dB), `At B` */
  readonly cross: Matrix
}

/** The shape of a product: (rows, inner) by (inner, cols). */
export interface ProductShape {
  readonly rows: number
  readonly inner: number
  readonly cols: number
}

/**
 * The shape of op(a) op(b).
 * @throws RangeError when an array does not fit its shape or the inner dimensions differ, with both shapes
 */
export function productShape (
  a: Matrix<Float32Array | Float64Array>,
  b: Matrix<Float32Array | Float64Array>,
  { transposeA = false, transposeB = false }: TransposeOptions = {}
): ProductShape {
  for (const [name, m] of [['a', a], ['b', b]] as const) {
    if (m.data.length !== m.rows * m.cols) {
      throw new RangeError(
        `${name}: expected ${m.rows} x ${m.cols} = ${m.rows * m.cols} elements, received ${m.data.length}`
      )
    }
  }
  const [rows, inner] = transposeA ? [a.cols, a.rows] : [a.rows, a.cols]
  const [innerB, cols] = transposeB ? [b.cols, b.rows] : [b.rows, b.cols]
  if (inner !== innerB) {
    throw new RangeError(`inner dimensions differ: op(a) is ${rows} x ${inner}, op(b) is ${innerB} x ${cols}`)
  }
  return { rows, inner, cols }
}

/** @throws RangeError when the factor has other rows than the right-hand side */
export function checkSubstitution ({ lower }: TriangularFactor, right: Matrix): void {
  if (right.rows !== lower.rows) {
    throw new RangeError(`expected a right-hand side of ${lower.rows} rows, received ${right.rows} x ${right.cols}`)
  }
}

/** Rows `start` (inclusive) to `end` (exclusive) as a view, without a copy. */
export function rowRange<T extends Float32Array | Float64Array> (
  matrix: Matrix<T>,
  start: number,
  end: number
): Matrix<T> {
  return {
    rows: end - start,
    cols: matrix.cols,
    data: matrix.data.subarray(start * matrix.cols, end * matrix.cols) as T
  }
}

/** A copy of the rows of `indices`, in that order. */
export function selectRows (matrix: TemplateMatrix, indices: ArrayLike<number>): TemplateMatrix {
  const { cols } = matrix
  const data = new Float32Array(indices.length * cols) // (indices, cols), row-major
  for (let i = 0; i < indices.length; i++) {
    const row = indices[i]!
    data.set(matrix.data.subarray(row * cols, (row + 1) * cols), i * cols)
  }
  return { rows: indices.length, cols, data }
}

/** A copy of the rows of all parts, one part after the other. */
export function stackRows (parts: readonly TemplateMatrix[]): TemplateMatrix {
  const { cols } = parts[0]!
  const rows = parts.reduce((sum, part) => sum + part.rows, 0)
  const data = new Float32Array(rows * cols) // (rows, cols), row-major
  let row = 0
  for (const part of parts) {
    data.set(part.data, row * cols)
    row += part.rows
  }
  return { rows, cols, data }
}

/** The same matrix in single precision. */
export function toSingle (matrix: Matrix): TemplateMatrix {
  return { rows: matrix.rows, cols: matrix.cols, data: new Float32Array(matrix.data) }
}

/** The transpose, copied. */
export function transpose (matrix: Matrix): Matrix {
  const { rows, cols, data } = matrix
  const transposed = new Float64Array(data.length) // (cols, rows), row-major
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < cols; j++) transposed[j * rows + i] = data[i * cols + j]!
  }
  return { rows: cols, cols: rows, data: transposed }
}

/** Frobenius norm. */
export function frobenius (matrix: Matrix): number {
  let sum = 0
  for (let i = 0; i < matrix.data.length; i++) sum += matrix.data[i]! * matrix.data[i]!
  return Math.sqrt(sum)
}

/** Sum of the diagonal of a square matrix. */
export function trace (matrix: Matrix): number {
  let sum = 0
  for (let i = 0; i < matrix.rows; i++) sum += matrix.data[i * matrix.cols + i]!
  return sum
}
