import { bytesOfFloat32 } from '../../science/template/float32.js'

export interface Float32Tensor {
  readonly shape: readonly number[]
  /** row-major, with as many elements as `shape` multiplies to */
  readonly data: Float32Array
}

/**
 * Writes tensors as a safetensors file: the length of the header, 8 bytes; the header, JSON padded to a multiple of 8;
 * the tensors, little-endian and in the order of the header, without gaps.
 */
export function writeSafetensors (
  tensors: Readonly<Record<string, Float32Tensor>>,
  metadata: Readonly<Record<string, string>>
): Buffer {
  const header: Record<string, unknown> = { __metadata__: metadata }
  let begin = 0
  for (const [name, { shape, data }] of Object.entries(tensors)) {
    header[name] = { dtype: 'F32', shape, data_offsets: [begin, begin + data.byteLength] }
    begin += data.byteLength
  }
  const text = Buffer.from(JSON.stringify(header))
  const padded = Buffer.alloc(Math.ceil(text.length / 8) * 8, ' ')
  text.copy(padded)
  const length = Buffer.alloc(8)
  length.writeBigUInt64LE(BigInt(padded.length))
  return Buffer.concat([length, padded, ...Object.values(tensors).map(({ data }) => bytesOfFloat32(data))])
}
