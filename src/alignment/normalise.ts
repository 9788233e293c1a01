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

/** As `normaliseRows`, in the array given. */
export function normaliseRowsInPlace ({ rows, cols, data }: TemplateMatrix): void {
  for (let i = 0; i < rows; i++) {
    const [start, end] = [i * cols, (i + 1) * cols]
    let sum = 0
    for (let k = start; k < end; k++) sum += data[k]! * data[k]!
    const norm = Math.sqrt(sum)
    if (!(norm > 0 && norm < Infinity)) throw new RangeError(`row ${i}: expected a finite norm above zero, received ${norm}`)
    for (let k = start; k < end; k++) data[k] = data[k]! / norm
  }
}
