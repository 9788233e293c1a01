/**
 * Thrift's compact protocol (thrift-compact-protocol.md), read into a tree that keeps every field, known or not, and
 * written again: what is not changed has the same bytes.
 */

/** Types of the protocol. A boolean in a struct has its value in its type. */
export const types = {
  true: 1,
  false: 2,
  byte: 3,
  i16: 4,
  i32: 5,
  i64: 6,
  double: 7,
  binary: 8,
  list: 9,
  set: 10,
  map: 11,
  struct: 12
} as const

/** By the number of a field. */
export type Struct = Map<number, Field>
export interface Field {
  readonly type: number
  readonly value: Value
}
export interface List {
  readonly type: number
  readonly values: readonly Value[]
}
/** Integers as bigint; of doubles and text the bytes. */
type Value = boolean | bigint | Uint8Array | List | Struct

export const integer = (value: bigint | number, type: number = types.i64): Field => ({ type, value: BigInt(value) })
export const structs = (values: readonly Struct[]): Field => ({
  type: types.list,
  value: { type: types.struct, values }
})
/** The structs of a list; none where there is no such field. */
export const structsOf = (struct: Struct, field: number): Struct[] =>
  ((struct.get(field)?.value as List | undefined)?.values ?? []) as Struct[]

/** @throws RangeError when the bytes end before the struct does */
export function readStruct (bytes: Uint8Array): Struct {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  let at = 0
  const varint = (): bigint => {
    let [value, shift] = [0n, 0n]
    for (;;) {
      const byte = view.getUint8(at++)
      value |= BigInt(byte & 0x7f) << shift
      if (byte < 0x80) return value
      shift += 7n
    }
  }
  const zigzag = (): bigint => {
    const value = varint()
    return value & 1n ? -(value >> 1n) - 1n : value >> 1n
  }
  const take = (count: number): Uint8Array => {
    if (at + count > bytes.length) throw new RangeError(`expected ${count} bytes at ${at}, found ${bytes.length - at}`)
    at += count
    return bytes.subarray(at - count, at)
  }
  const element = (type: number): Value => type <= types.false ? view.getUint8(at++) === types.true : read(type)
  const read = (type: number): Value => {
    switch (type) {
      case types.true:
      case types.false:
        return type === types.true
      case types.byte:
        return BigInt(view.getInt8(at++))
      case types.i16:
      case types.i32:
      case types.i64:
        return zigzag()
      case types.double:
        return take(8)
      case types.binary:
        return take(Number(varint()))
      case types.list:
      case types.set: {
        const head = view.getUint8(at++)
        const length = head >> 4 === 15 ? Number(varint()) : head >> 4
        return { type: head & 15, values: Array.from({ length }, () => element(head & 15)) }
      }
      case types.struct:
        return struct()
      default:
        throw new RangeError(`expected a type of the compact protocol, found ${type}`)
    }
  }
  const struct = (): Struct => {
    const fields: Struct = new Map()
    for (let number = 0;;) {
      const head = view.getUint8(at++)
      if (head === 0) return fields
      number = head >> 4 === 0 ? Number(zigzag()) : number + (head >> 4)
      fields.set(number, { type: head & 15, value: read(head & 15) })
    }
  }
  return struct()
}

export function writeStruct (root: Struct): Buffer {
  const pieces: Uint8Array[] = []
  let short: number[] = []
  const varint = (value: bigint) => {
    for (; value >= 128n; value >>= 7n) short.push(Number(value & 0x7fn) | 0x80)
    short.push(Number(value))
  }
  const zigzag = (value: bigint) => varint(value < 0n ? (-value << 1n) - 1n : value << 1n)
  const put = (bytes: Uint8Array) => {
    pieces.push(Uint8Array.from(short), bytes)
    short = []
  }
  const write = (type: number, value: Value, inList: boolean): void => {
    switch (type) {
      case types.true:
      case types.false:
        if (inList) short.push(value === true ? types.true : types.false)
        return
      case types.byte:
        short.push(Number(value) & 0xff)
        return
      case types.i16:
      case types.i32:
      case types.i64:
        return zigzag(value as bigint)
      case types.double:
        return put(value as Uint8Array)
      case types.binary:
        varint(BigInt((value as Uint8Array).length))
        return put(value as Uint8Array)
      case types.struct:
        return struct(value as Struct)
      default: {
        const { type: of, values } = value as List
        short.push(Math.min(15, values.length) * 16 + of)
        if (values.length >= 15) varint(BigInt(values.length))
        for (const each of values) write(of, each, true)
      }
    }
  }
  const struct = (fields: Struct): void => {
    let before = 0
    for (const [number, { type, value }] of [...fields].sort(([a], [b]) => a - b)) {
      const step = number - before
      if (step > 0 && step <= 15) short.push(step * 16 + type)
      else {
        short.push(type)
        zigzag(BigInt(number))
      }
      before = number
      write(type, value, false)
    }
    short.push(0)
  }
  struct(root)
  put(new Uint8Array(0))
  return Buffer.concat(pieces)
}
