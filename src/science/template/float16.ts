/** Value of the bits of an IEEE 754 binary16. */
export function float16 (bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1
  const exponent = (bits >> 10) & 0x1f
  const fraction = bits & 0x3ff
  if (exponent === 0) return sign * fraction * 2 ** -24
  if (exponent === 0x1f) return fraction === 0 ? sign * Infinity : NaN
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15)
}

const [single, bitsOfSingle] = singleAndItsBits()

/**
 * The bits of the IEEE 754 binary16 nearest to a number; ties go to even, values beyond 65,520 to infinity. NaN stays
 * NaN.
 */
export function float16Bits (value: number): number {
  single[0] = value
  const bits = bitsOfSingle[0]!
  const sign = (bits >>> 16) & 0x8000
  const exponent = ((bits >>> 23) & 0xff) - 127 + 15
  const fraction = bits & 0x7fffff
  if (Number.isNaN(value)) return sign | 0x7e00
  if (exponent >= 0x1f) return sign | 0x7c00
  // A fraction that rounds up to one carries into the exponent, as it should.
  if (exponent > 0) return sign | roundedShift((exponent << 23) | fraction, 13)
  return exponent < -10 ? sign : sign | roundedShift(fraction | 0x800000, 14 - exponent)
}

/** Half to even. */
function roundedShift (bits: number, places: number): number {
  const kept = bits >>> places
  const rest = bits & ((1 << places) - 1)
  const half = 1 << (places - 1)
  return rest > half || (rest === half && (kept & 1) === 1) ? kept + 1 : kept
}

function singleAndItsBits (): [Float32Array, Uint32Array] {
  const value = new Float32Array(1)
  return [value, new Uint32Array(value.buffer)]
}
