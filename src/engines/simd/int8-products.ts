import { encodeModule, get, i32, repeatWhile, set, v128, type Code, type WasmFunction } from './wasm-writer.js'

/** Numbers of a row that one instruction loads; rows are filled up with zeros to a multiple of it. */
const numbersPerLoad = 16
/** Probes that are multiplied with a row at once, so that its numbers are widened once for all of them. */
const probesAtOnce = 4
const bytesOfPage = 2 ** 16

export const paddedDimension = (dimension: number): number => Math.ceil(dimension / numbersPerLoad) * numbersPerLoad

/**
 * The largest magnitude of probe numbers for which no inner product with a row of 8-bit integers overflows 32 bits, at
 * most 15 bits.
 */
export const maxProbeNumber = (dimension: number): number =>
  Math.min(2 ** 15 - 1, Math.floor((2 ** 31 - 1) / (127 * paddedDimension(dimension))))

type Kernel = Readonly<
  Record<string, (rows: number, count: number, probes: number, scores: number, stride: number) => void>
>

export interface Int8Products {
  /** Takes the probes of the next products. @param probes (q, d), magnitudes of at most `maxProbeNumber` */
  load(probes: Int16Array): void
  /**
   * Inner products of rows and probes.
   *
   * @param rows (n, padded d), row-major, from -127 to 127
   * @returns (q, n), a view that the next call overwrites
   */
  multiply(rows: Int8Array): Int32Array
}

/**
 * Products of 8-bit rows and 16-bit probes by WebAssembly SIMD, exact. The kernel is written for the dimension. Rows
 * are copied into a memory that fits the cache of a core: WebAssembly reads only its own memory, which holds 4 GiB at
 * most. 500,000 rows of 512 numbers take 40 ms with the copy, one probe and one thread.
 *
 * @param maxProbes of a call of `load`
 * @param maxRows of a call of `multiply`
 */
export function createInt8Products (
  dimension: number,
  { maxProbes, maxRows }: { readonly maxProbes: number, readonly maxRows: number }
): Int8Products {
  const padded = paddedDimension(dimension)
  const probeBytes = 2 * padded * maxProbes
  const rowBytes = padded * maxRows
  const scoreBytes = 4 * maxProbes * maxRows
  const memory = new WebAssembly.Memory({
    initial: Math.ceil((probeBytes + rowBytes + scoreBytes) / bytesOfPage)
  })
  const module = new WebAssembly.Module(encodeModule([product(padded, 1), product(padded, probesAtOnce)]))
  const kernel = new WebAssembly.Instance(module, { env: { memory } }).exports as Kernel
  const probeMemory = new Int16Array(memory.buffer, 0, padded * maxProbes)
  const rowMemory = new Int8Array(memory.buffer, probeBytes, rowBytes)
  const scores = new Int32Array(memory.buffer, probeBytes + rowBytes, maxProbes * maxRows)

  let count = 0

  return {
    load (probes) {
      count = probes.length / dimension
      for (let probe = 0; probe < count; probe++) {
        probeMemory.fill(0, probe * padded, (probe + 1) * padded)
        probeMemory.set(probes.subarray(probe * dimension, (probe + 1) * dimension), probe * padded)
      }
    },
    multiply (rows) {
      const n = rows.length / padded
      rowMemory.set(rows)
      for (let probe = 0; probe < count;) {
        const together = count - probe >= probesAtOnce ? probesAtOnce : 1
        kernel[nameOf(together)]!(
          rowMemory.byteOffset,
          n,
          2 * padded * probe,
          scores.byteOffset + 4 * n * probe,
          4 * n
        )
        probe += together
      }
      return scores.subarray(0, count * n)
    }
  }
}

const nameOf = (probes: number): string => `products${probes}`

/**
 * A function (rows, count, probes, scores, stride): multiplies `count` rows with some probes. The scores of each probe
 * are `stride` bytes behind those of the one before.
 */
function product (padded: number, probes: number): WasmFunction {
  const [rows, count, first, scores, stride, end, out] = [0, 1, 2, 3, 4, 5, 6] as const
  const sums = Array.from({ length: probes }, (_, probe) => 7 + probe)
  const [low, high] = [7 + probes, 8 + probes]
  const advance = (local: number, by: number): Code => [...get(local), ...i32.constant(by), ...i32.add, ...set(local)]
  const step = (offset: number): Code => [
    ...get(rows),
    ...v128.load(offset),
    ...v128.extendLow8To16,
    ...set(low),
    ...get(rows),
    ...v128.load(offset),
    ...v128.extendHigh8To16,
    ...set(high),
    ...sums.flatMap((sum, probe) =>
      [low, high].flatMap((half, place) => [
        ...get(sum),
        ...get(half),
        ...get(first),
        ...v128.load(2 * (padded * probe + offset) + 16 * place),
        ...v128.dot16,
        ...v128.add32,
        ...set(sum)
      ])
    )
  ]
  const lanes = (sum: number): Code => [
    ...get(sum),
    ...v128.lane32(0),
    ...[1, 2, 3].flatMap(lane => [...get(sum), ...v128.lane32(lane), ...i32.add])
  ]
  return {
    name: nameOf(probes),
    parameters: 5,
    integers: 2,
    vectors: probes + 2,
    code: [
      ...get(scores),
      ...get(count),
      ...i32.constant(4),
      ...i32.multiply,
      ...i32.add,
      ...set(end),
      ...repeatWhile([
        ...sums.flatMap(sum => [...v128.zero, ...set(sum)]),
        ...Array.from({ length: padded / numbersPerLoad }, (_, i) => step(i * numbersPerLoad)).flat(),
        ...get(scores),
        ...set(out),
        ...sums.flatMap(
          sum => [...get(out), ...lanes(sum), ...i32.store(0), ...get(out), ...get(stride), ...i32.add, ...set(out)]
        ),
        ...advance(rows, padded),
        ...advance(scores, 4),
        ...get(scores),
        ...get(end),
        ...i32.subtract
      ])
    ]
  }
}
