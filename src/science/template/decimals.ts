/**
 * Reads arrays of numbers in JSON text from bytes and writes them to bytes, `[0.25,-0.0113,...]`, four digits at a
 * time. Reading 512 numbers of 17 digits takes 13 us where JSON.parse takes 46. Writing 512 takes 7 us; converting them
 * one by one took 15 where V8 had just seen the same numbers, and four times that where it had not.
 */

const code = (character: string) => character.charCodeAt(0)
const [comma, minus, plus, point, space, opening, closing] = [
  code(','),
  code('-'),
  code('+'),
  code('.'),
  code(' '),
  code('['),
  code(']')
]
const [zero, nine, lowerE, upperE] = [code('0'), code('9'), code('e'), code('E')]

/** Exact in double precision. */
const powersOfTen = Float64Array.from({ length: 23 }, (_, power) => Number(`1e${power}`))
/** Digits that always fit an integer of 32 bits, and digits that are always exact in double precision. */
const [integerDigits, exactDigits] = [9, 15]
/** Relative bound on what the remaining digits add, and on the rounding of the quotient. */
const cutOff = 1.2e-14
/** Length limit of an array; the schemas admit no more. */
const maxNumbers = 4096

/** Numbers, and the position after their text. */
export interface Decimals {
  readonly values: number[]
  readonly end: number
}

/**
 * Reads an array of numbers by the grammar of JSON (RFC 8259, section 6).
 *
 * @param at position after the opening bracket
 * @returns numbers that are the same in single precision as those of JSON.parse and differ from them by at most 2e-14
 *   of their size; undefined for anything else, and for valid but unusual text
 */
export function readDecimals (bytes: Buffer, at: number): Decimals | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const lastFour = bytes.length - 4
  let count = 0
  for (let i = at; count < maxNumbers; i++) {
    if (bytes[i] === space && i > at) i++
    // Without branches, since no processor predicts a sign or the number of digits that remain.
    const negative = Number(bytes[i] === minus)
    i += negative
    const start = i
    let high = 0
    for (; isDigit(bytes[i]); i++) high = (high * 10 + bytes[i]! - zero) | 0
    const whole = i - start
    if (whole === 0 || whole > integerDigits || (whole > 1 && bytes[start] === zero)) return undefined
    let value = high
    if (bytes[i] === point) {
      const first = ++i
      let digits = whole
      if (high === 0) {
        digits = 0
        while (bytes[i] === zero) i++
      }
      let four: number
      while (digits + 4 <= integerDigits && i <= lastFour && areDigits(four = view.getInt32(i, true) ^ fourZeros)) {
        high = (high * 10_000 + valueOf(four)) | 0
        digits += 4
        i += 4
      }
      const endOfHigh = i
      const endOfLow = i + Math.min(integerDigits, exactDigits - digits)
      let low = 0
      if (i <= lastFour && areDigits(four = view.getInt32(i, true) ^ fourZeros)) {
        low = valueOf(four)
        i += 4
      }
      for (; i < endOfLow && isDigit(bytes[i]); i++) low = (low * 10 + bytes[i]! - zero) | 0
      const kept = i
      for (let ahead = 4; ahead === 4 && i <= lastFour; i += ahead) {
        ahead = digitsAhead(view.getInt32(i, true) ^ fourZeros)
      }
      while (isDigit(bytes[i])) i++
      if (i === first) return undefined
      // With 15 digits or fewer both operands are exact, so the quotient is rounded once (Clinger 1990).
      value = (high * powersOfTen[kept - endOfHigh]! + low) / powersOfTen[kept - first]!
      const isPlain = kept - first < powersOfTen.length &&
        (i === kept || Math.fround(value * (1 - cutOff)) === Math.fround(value * (1 + cutOff)))
      if (!isPlain) value = numberAt(bytes, start, i)
    }
    if (bytes[i] === lowerE || bytes[i] === upperE) {
      const first = bytes[i + 1] === minus || bytes[i + 1] === plus ? i + 2 : i + 1
      i = first
      while (isDigit(bytes[i])) i++
      if (i === first) return undefined
      value = numberAt(bytes, start, i)
    }
    read[count++] = value * (1 - 2 * negative)
    if (bytes[i] === closing) return { values: firstOf(read, count), end: i + 1 }
    if (bytes[i] !== comma) return undefined
  }
  return undefined
}

/** Buffer for numbers while they are read: a growing array takes twice as long. */
const read = new Float64Array(maxNumbers)

function firstOf (numbers: Float64Array, count: number): number[] {
  const values = new Array<number>(count)
  for (let k = 0; k < count; k++) values[k] = numbers[k]!
  return values
}

const isDigit = (byte: number | undefined): boolean => byte! >= zero && byte! <= nine

/** XOR with this turns the characters of four digits in a little-endian word into their values. */
const fourZeros = 0x30303030

/** Sets the highest bit of each of four bytes that exceeds nine, by adding 0x76. The lowest byte is the first. */
const othersIn = (four: number): number => ((four + 0x76767676) | four) & 0x80808080

const areDigits = (four: number): boolean => othersIn(four) === 0

/** How many of four bytes come before the first that exceeds nine. */
function digitsAhead (four: number): number {
  const others = othersIn(four)
  return others === 0 ? 4 : (31 - Math.clz32(others & -others)) >> 3
}

/** The value of four digits, the first in the lowest byte. */
function valueOf (four: number): number {
  const pairs = (Math.imul(four, 10) + (four >>> 8)) & 0x00ff00ff
  return 100 * (pairs & 0xff) + (pairs >>> 16)
}

const numberAt = (bytes: Buffer, start: number, end: number): number => Number(bytes.toString('latin1', start, end))

/** Of one number with its comma, such as `-0.00000123456789,`. The brackets of an array add two. */
const maxBytesEach = 18

/** Maximum bytes of the text of `count` numbers. */
export const maxDecimalsBytes = (count: number): number => maxBytesEach * count + 2

/** The characters of every number of four digits, as little-endian words. */
const fourDigits = Int32Array.from({ length: 10_000 }, (_, number) => {
  const digit = (power: number) => Math.floor(number / power) % 10
  return fourZeros | digit(1000) | digit(100) << 8 | digit(10) << 16 | digit(1) << 24
})

/** What `writeDecimals` writes, as text. @param bytes `maxDecimalsBytes` or more, where many are written */
export function decimalsText (
  values: Float32Array,
  bytes: Buffer = Buffer.allocUnsafe(maxDecimalsBytes(values.length))
): string {
  return bytes.toString('latin1', 0, writeDecimals(values, bytes, 0))
}

/**
 * Writes an array of numbers with nine significant digits each, which distinguish every single-precision number from
 * its neighbours (IEEE 754-2019, section 5.12.2): readers of float32 get the same bits.
 *
 * @param values finite
 * @param at where to begin; `maxDecimalsBytes` must be available
 * @returns the position after the text
 */
export function writeDecimals (values: Float32Array, bytes: Buffer, at: number): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let i = at
  bytes[i++] = opening
  for (let k = 0; k < values.length; k++) {
    if (k > 0) bytes[i++] = comma
    const value = values[k]!
    const size = Math.abs(value)
    if (value < 0) bytes[i++] = minus
    if (size >= 1e-6 && size < 1) {
      bytes[i++] = zero
      bytes[i++] = point
      let places = integerDigits
      for (let tenth = 0.1; size < tenth; tenth /= 10) {
        bytes[i++] = zero
        places++
      }
      const digits = Math.round(size * powersOfTen[places]!) | 0
      const high = (digits / 10_000) | 0
      const first = (high / 10_000) | 0
      bytes[i] = zero + first
      view.setInt32(i + 1, fourDigits[high - 10_000 * first]!, true)
      view.setInt32(i + 5, fourDigits[digits - 10_000 * high]!, true)
      i += integerDigits
      while (bytes[i - 1] === zero) i--
    } else {
      const text = size.toPrecision(integerDigits)
      i += bytes.write(size < 1e9 ? String(Number(text)) : text, i, 'latin1')
    }
  }
  bytes[i++] = closing
  return i
}
