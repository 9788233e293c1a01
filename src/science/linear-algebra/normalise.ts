import type { TemplateMatrix } from './matrix.js'

/**
 * l2: divides every row by its Euclidean norm, which is accumulated in double precision.
 *
 * @param templates (n, d)
 * @returns (n, d), a copy
 * @throws RangeError naming the row when its norm is zero or not finite; callers refuse such rows before
 */
export function normaliseRows (templates: TemplateMatrix): TemplateMatrix {
  const result = { rows: templates.rows, cols: templates.cols, data: new Float32Array(templates.data) }
  normaliseRowsInPlace(result)
  return result
}

/**
 * As `normaliseRows`, in place.
 * @param bias (d), added to every row first
 */
export function normaliseRowsInPlace (
  { rows, cols, data }: TemplateMatrix,
  bias: Float32Array = new Float32Array(cols)
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
