import type { PreparedMap } from '../../src/science/alignment/apply.js'

/** `l2(l2(x) W + b)` of one template in plain loops and double precision, to compare the engine with. */
export function translateOne (
  { weights: { rows, cols, data }, bias }: PreparedMap,
  template: Float32Array
): Float32Array {
  const norm = Math.hypot(...template)
  const sums = Array.from(bias)
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < cols; j++) sums[j] = sums[j]! + template[i]! / norm * data[i * cols + j]!
  }
  const length = Math.hypot(...sums)
  return Float32Array.from(sums, value => value / length)
}
