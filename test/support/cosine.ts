/** Cosine of the angle between two vectors. */
export function cosine (a: Float32Array, b: Float32Array): number {
  let product = 0
  let squaresA = 0
  let squaresB = 0
  for (const [i, value] of a.entries()) {
    const other = b[i] ?? NaN
    product += value * other
    squaresA += value * value
    squaresB += other * other
  }
  return product / Math.sqrt(squaresA * squaresB)
}
