/** Sums over arrays, in double precision and in the order of the elements. */

/** Inner product. */
export function dot (a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0
  for (let k = 0; k < a.length; k++) sum += a[k]! * b[k]!
  return sum
}

/** Cosine of the angle between two vectors; NaN where one is zero. */
export function cosine (a: ArrayLike<number>, b: ArrayLike<number>): number {
  return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b))
}

export function sumOfSquares (values: ArrayLike<number>): number {
  let sum = 0
  for (let k = 0; k < values.length; k++) sum += values[k]! * values[k]!
  return sum
}

/** Arithmetic mean; NaN without values. */
export function mean (values: ArrayLike<number>): number {
  let sum = 0
  for (let k = 0; k < values.length; k++) sum += values[k]!
  return sum / values.length
}

/** Standard error of the mean; 0 for a single value. */
export function standardError (values: ArrayLike<number>): number {
  if (values.length < 2) return 0
  const centre = mean(values)
  let squares = 0
  for (let k = 0; k < values.length; k++) squares += (values[k]! - centre) ** 2
  return Math.sqrt(squares / (values.length - 1) / values.length)
}
