/**
 * Writes WebAssembly modules of one memory, which is imported as `env.memory`, and functions of 32-bit integers. Only
 * the instructions that the kernels of this folder need are here. The numbers are those of the WebAssembly 2.0
 * specification, chapter 5, "Binary Format".
 */

/** Instructions, as bytes. */
export type Code = readonly number[]

export interface WasmFunction {
  readonly name: string
  /** 32-bit integers, the first locals */
  readonly parameters: number
  /** further locals: those of 32-bit integers first, then those of vectors */
  readonly integers: number
  readonly vectors: number
  readonly code: Code
}

/** LEB128 of an unsigned integer. */
function unsigned (value: number): number[] {
  const bytes: number[] = []
  for (let left = value;; left >>>= 7) {
    if (left < 0x80) return [...bytes, left]
    bytes.push(left & 0x7f | 0x80)
  }
}

/** LEB128 of a signed 32-bit integer. */
function signed (value: number): number[] {
  const bytes: number[] = []
  for (let left = value | 0;; left >>= 7) {
    const low = left & 0x7f
    if (left >> 6 === 0 || left >> 6 === -1) return [...bytes, low]
    bytes.push(low | 0x80)
  }
}

const vector = (opcode: number, ...operands: number[]): number[] => [0xfd, ...unsigned(opcode), ...operands]
/** Alignment, as a power of two, and offset of an access to memory. */
const access = (alignment: number, offset: number): number[] => [alignment, ...unsigned(offset)]

export const get = (local: number): Code => [0x20, ...unsigned(local)]
export const set = (local: number): Code => [0x21, ...unsigned(local)]

export const i32 = {
  constant: (value: number): Code => [0x41, ...signed(value)],
  add: [0x6a] as Code,
  subtract: [0x6b] as Code,
  multiply: [0x6c] as Code,
  store: (offset: number): Code => [0x36, ...access(2, offset)]
}

export const v128 = {
  load: (offset: number): Code => vector(0x00, ...access(0, offset)),
  zero: vector(0x0c, ...new Array<number>(16).fill(0)) as Code,
  extendLow8To16: vector(0x87) as Code,
  extendHigh8To16: vector(0x88) as Code,
  /** Products of 16-bit integers, each two neighbours added in 32 bits. */
  dot16: vector(0xba) as Code,
  add32: vector(0xae) as Code,
  lane32: (lane: number): Code => vector(0x1b, lane)
}

/** Repeats the code at least once: while the value that it leaves is not zero. */
export const repeatWhile = (code: Code): Code => [0x03, 0x40, ...code, 0x0d, 0x00, 0x0b]

const section = (id: number, content: Code): number[] => [id, ...unsigned(content.length), ...content]
const list = (items: readonly Code[]): number[] => [...unsigned(items.length), ...items.flat()]
const text = (value: string): number[] => list([...Buffer.from(value)].map(byte => [byte]))

const int32 = 0x7f
const vector128 = 0x7b

/** @returns a module that exports the functions by their names */
export function encodeModule (functions: readonly WasmFunction[]): Uint8Array<ArrayBuffer> {
  const bodies = functions.map(({ integers, vectors, code }) => {
    const body = [...list([[...unsigned(integers), int32], [...unsigned(vectors), vector128]]), ...code, 0x0b]
    return [...unsigned(body.length), ...body]
  })
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
    ...section(1, list(functions.map(({ parameters }) => [0x60, ...list(Array(parameters).fill([int32])), 0x00]))),
    ...section(2, list([[...text('env'), ...text('memory'), 0x02, 0x00, 0x01]])),
    ...section(3, list(functions.map((_, index) => unsigned(index)))),
    ...section(7, list(functions.map(({ name }, index) => [...text(name), 0x00, ...unsigned(index)]))),
    ...section(10, list(bodies))
  ])
}
