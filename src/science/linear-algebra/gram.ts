import { rowRange, type Matrix, type Products } from './matrix.js'

/** Number of panels. With four, products take 5/8 of the multiplications. */
const panels = 4
/** Smaller panels are not worth a call of their own. */
const minPanelRows = 64

/**
 * `X Xt`, of which only the lower triangle is multiplied: each panel of rows with all rows up to its end.
 *
 * @param X (n, m)
 * @returns (n, n), symmetric to the last bit
 */
export async function gramOfRows (X: Matrix, products: Products): Promise<Matrix> {
  const n = X.rows
  const height = Math.max(minPanelRows, Math.ceil(n / panels))
  const data = new Float64Array(n * n) // (n, n), row-major
  for (let start = 0; start < n; start += height) {
    const end = Math.min(n, start + height)
    // (end - start, end)
    const panel = await products.multiply(rowRange(X, start, end), rowRange(X, 0, end), { transposeB: true })
    for (let i = start; i < end; i++) {
      const row = (i - start) * end
      data.set(panel.data.subarray(row, row + i + 1), i * n)
      for (let j = 0; j < i; j++) data[j * n + i] = panel.data[row + j]!
    }
  }
  return { rows: n, cols: n, data }
}
