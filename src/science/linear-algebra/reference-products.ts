import {
  checkSubstitution,
  productShape,
  type Matrix,
  type PairSums,
  type Products,
  type RowSums,
  type ShiftedRows,
  type TransposeOptions
} from './matrix.js'

/** Columns processed at once. Two rows of this length in double precision stay in the first-level cache. */
const columnBlock = 1024
/** Inner indices processed at once. A block of b (64 x 1024 doubles) stays in the second-level cache. */
const innerBlock = 64

/**
 * Products by plain loops that accumulate in double precision: the reference that engines are checked against, and fast
 * enough for small matrices.
 */
export const referenceProducts: Products = {
  async multiply<T extends Float32Array | Float64Array> (
    a: Matrix<T>,
    b: Matrix<T>,
    options: TransposeOptions = {}
  ): Promise<Matrix<T>> {
    const { rows, inner, cols } = productShape(a, b, options)
    const left = options.transposeA === true ? transposed(a) : a.data // (rows, inner)
    const right = options.transposeB === true ? transposed(b) : b.data // (inner, cols)
    const sums = new Float64Array(rows * cols) // (rows, cols), row-major
    for (let jStart = 0; jStart < cols; jStart += columnBlock) {
      const jEnd = Math.min(cols, jStart + columnBlock)
      for (let pStart = 0; pStart < inner; pStart += innerBlock) {
        const pEnd = Math.min(inner, pStart + innerBlock)
        for (let i = 0; i < rows; i++) {
          const target = i * cols
          for (let p = pStart; p < pEnd; p++) {
            const factor = left[i * inner + p]!
            if (factor === 0) continue
            const source = p * cols
            for (let j = jStart; j < jEnd; j++) sums[target + j] = sums[target + j]! + factor * right[source + j]!
          }
        }
      }
    }
    return { rows, cols, data: inPrecisionOf(a.data, sums) }
  },
  /** Returns all elements as large ones. */
  async largeElements (a, b, positions) {
    const { data } = await referenceProducts.multiply(a, b, { transposeB: true })
    return { picked: Float32Array.from(positions, position => data[position]!), large: data, from: -Infinity }
  },
  async substitute (factor, right, direction) {
    checkSubstitution(factor, right)
    const lower = factor.lower.data
    const { rows: n, cols } = right
    const x: Matrix = { rows: n, cols, data: new Float64Array(right.data) }
    for (let step = 0; step < n; step++) {
      const i = direction === 'forwards' ? step : n - 1 - step
      for (let other = 0; other < step; other++) {
        const p = direction === 'forwards' ? other : n - 1 - other
        const element = direction === 'forwards' ? lower[i * n + p]! : lower[p * n + i]!
        for (let j = 0; j < cols; j++) x.data[i * cols + j] = x.data[i * cols + j]! - element * x.data[p * cols + j]!
      }
      for (let j = 0; j < cols; j++) x.data[i * cols + j] = x.data[i * cols + j]! / lower[i * n + i]!
    }
    return x
  },
  sumRows
}

async function sumRows (indices: ArrayLike<number>, a: ShiftedRows): Promise<RowSums>
async function sumRows (indices: ArrayLike<number>, a: ShiftedRows, b: ShiftedRows): Promise<PairSums>
async function sumRows (indices: ArrayLike<number>, a: ShiftedRows, b?: ShiftedRows): Promise<RowSums | PairSums> {
  const A = shifted(indices, a)
  const own = { sum: columnSums(A), gram: await referenceProducts.multiply(A, A, { transposeA: true }) }
  if (b === undefined) return own
  const B = shifted(indices, b)
  return { ...own, sumB: columnSums(B), cross: await referenceProducts.multiply(A, B, { transposeA: true }) }
}

/** @returns (indices, d) */
function shifted (indices: ArrayLike<number>, { rows: { cols, data }, origin }: ShiftedRows): Matrix {
  if (origin.length !== cols) throw new RangeError(`expected an origin of ${cols} numbers, received ${origin.length}`)
  const result = new Float64Array(indices.length * cols) // (indices, d), row-major
  for (let i = 0; i < indices.length; i++) {
    for (let j = 0; j < cols; j++) result[i * cols + j] = data[indices[i]! * cols + j]! - origin[j]!
  }
  return { rows: indices.length, cols, data: result }
}

function columnSums ({ rows, cols, data }: Matrix): Float64Array {
  const sums = new Float64Array(cols)
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < cols; j++) sums[j] = sums[j]! + data[i * cols + j]!
  }
  return sums
}

function transposed (matrix: Matrix<Float32Array | Float64Array>): Float64Array {
  const { rows, cols, data } = matrix
  const result = new Float64Array(data.length)
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < cols; j++) result[j * rows + i] = data[i * cols + j]!
  }
  return result
}

function inPrecisionOf<T extends Float32Array | Float64Array> (example: T, sums: Float64Array): T {
  return (example instanceof Float32Array ? Float32Array.from(sums) : sums) as T
}
