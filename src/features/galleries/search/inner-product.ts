/** The inner product of two rows of d numbers, in double precision. */
export function innerProduct (a: Float32Array, aStart: number, b: Float32Array, bStart: number, d: number): number {
  let sum = 0
  for (let i = 0; i < d; i++) sum += a[aStart + i]! * b[bStart + i]!
  return sum
}
