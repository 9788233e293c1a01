import type { TemplateMatrix } from './matrix.js'

/**
 * l2: every row divided by its Euclidean norm, which is accumulated in double precision.
 *
 * @param templates (n, d)
 * @returns (n, d), a copy
 * @throws RangeError naming the row, when a row has norm zero or is not finite: callers refuse these before
 */
export function normaliseRows (templates: TemplateMatrix): TemplateMatrix {
  const result = { rows: templates.rows, cols: templates.cols, data: new Float32Array(templates.data) }
  normaliseRowsInPlace(result)
  return result
}

/**
 * As `normaliseRows`, in the array given.
 * @param bias (d), added to every row before
 */
export function normaliseRowsInPlace (
  { rows, cols, data }: TemplateMatrix, bias: Float32Array = new Float32Array(cols)
): void {
  for (let i = 0; i < rows; i++) {
    const start = i * cols
    let sum = 0
    for (let j = 0; j < cols; j++) {
      const value = Math.fround(data[start + j]! + bias[j]!)
      data[start + j] = value
      sum += value * value
    }
    const norm = Math.sqrt(sum)
    if (!(norm > 0 && norm < Infinity)) {
      throw new RangeError(`row ${i}: expected a finite norm above zero, received ${norm}`)
    }
    for (let k = start; k < start + cols; k++) data[k] = data[k]! / norm
  }
}
