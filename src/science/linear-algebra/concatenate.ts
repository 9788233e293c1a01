type NumberArray = Float32Array | Float64Array | Int32Array | Int8Array

/**
 * The elements of all parts, one part after the other.
 * @param parts at least one
 */
export function concatenate<T extends NumberArray> (parts: readonly T[]): T {
  const length = parts.reduce((sum, part) => sum + part.length, 0)
  const whole = new (parts[0]!.constructor as new(length: number) => T)(length)
  let offset = 0
  for (const part of parts) {
    whole.set(part, offset)
    offset += part.length
  }
  return whole
}
