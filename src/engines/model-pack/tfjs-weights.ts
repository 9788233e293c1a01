import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { float16 } from '../../science/template/float16.js'

/** The weights format of TensorFlow.js: a JSON list of groups, each with its tensors in the order of their bytes. */
export interface WeightsGroup {
  paths: string[]
  weights: WeightSpecification[]
}

export interface WeightSpecification {
  name: string
  shape: number[]
  dtype: string
  quantization?: { dtype: string, scale?: number, min?: number }
}

export interface Weight {
  /** Row-major shape; empty for a scalar. */
  readonly shape: readonly number[]
  readonly values: Float32Array | Int32Array
}

/** Reads the groups of a weights manifest, whose files lie in `folder`. */
export async function readWeights (groups: readonly WeightsGroup[], folder: string): Promise<Map<string, Weight>> {
  const weights = new Map<string, Weight>()
  for (const { paths, weights: specifications } of groups) {
    // A group may be cut into shards at any byte; it is decoded as one.
    const bytes = Buffer.concat(await Promise.all(paths.map((path) => readFile(join(folder, path)))))
    for (const [name, weight] of decodeWeights(specifications, bytes)) weights.set(name, weight)
  }
  return weights
}

/**
 * Decodes tensors that lie one after the other in `bytes`, little-endian. Quantised ones become `v * scale + min`, half
 * precision becomes single, as TensorFlow.js does when it loads them.
 *
 * @throws Error for an element type that is not known, and when the bytes are not as long as the tensors say
 */
export function decodeWeights (specifications: readonly WeightSpecification[], bytes: Uint8Array): Map<string, Weight> {
  const weights = new Map<string, Weight>()
  let offset = 0
  for (const { name, shape, dtype, quantization } of specifications) {
    const stored = quantization?.dtype ?? dtype
    const elements = shape.reduce((product, size) => product * size, 1)
    const length = elements * elementBytes(name, stored)
    if (offset + length > bytes.byteLength) {
      throw new Error(`weight ${name}: expected ${length} bytes from ${offset}, the file has ${bytes.byteLength}`)
    }
    const view = new DataView(bytes.buffer, bytes.byteOffset + offset, length)
    weights.set(name, { shape, values: decode(name, view, elements, dtype, quantization) })
    offset += length
  }
  if (offset !== bytes.byteLength) {
    throw new Error(`weights: expected ${offset} bytes, the file has ${bytes.byteLength}`)
  }
  return weights
}

function elementBytes (name: string, dtype: string): number {
  switch (dtype) {
    case 'uint8':
      return 1
    case 'uint16':
    case 'float16':
      return 2
    case 'float32':
    case 'int32':
      return 4
    default:
      throw new Error(`weight ${name}: element type ${dtype} is not known`)
  }
}

function decode (
  name: string,
  view: DataView,
  elements: number,
  dtype: string,
  quantization: WeightSpecification['quantization']
): Weight['values'] {
  if (dtype === 'int32' && quantization === undefined) {
    return Int32Array.from({ length: elements }, (_, i) => view.getInt32(i * 4, true))
  }
  if (dtype !== 'float32') throw new Error(`weight ${name}: ${dtype} quantised as ${quantization?.dtype} is not known`)
  if (quantization === undefined) return Float32Array.from({ length: elements }, (_, i) => view.getFloat32(i * 4, true))
  if (quantization.dtype === 'float16') {
    return Float32Array.from({ length: elements }, (_, i) => float16(view.getUint16(i * 2, true)))
  }

  const { scale, min } = quantization
  if (scale === undefined || min === undefined) throw new Error(`weight ${name}: quantised without scale and min`)
  const level = quantization.dtype === 'uint8'
    ? (i: number) => view.getUint8(i)
    : (i: number) => view.getUint16(i * 2, true)
  // Computed in double and rounded once, so that every machine gets the same bytes.
  return Float32Array.from({ length: elements }, (_, i) => level(i) * scale + min)
}
