import { createHash } from 'node:crypto'
import { bytesOfFloat32, finiteFloat32FromBytes } from '../template/float32.js'
import type { AffineMap } from './affine-map.js'

/** Digest of a map's numbers, 64 hexadecimal digits; the database checks it against the bytes on write. */
export function digestOfNumbers (map: AffineMap): string {
  return createHash('sha256')
    .update(bytesOfFloat32(map.weights.data))
    .update(bytesOfFloat32(map.meanSource))
    .update(bytesOfFloat32(map.meanTarget))
    .digest('hex')
}

/**
 * The numbers of a map as they are transferred: weights, mean of the source, mean of the target, little-endian float32.
 */
export function encodeNumbers ({ weights, meanSource, meanTarget }: AffineMap): Buffer {
  return Buffer.concat([weights.data, meanSource, meanTarget].map(bytesOfFloat32))
}

/** @throws RangeError when their count does not match a map between spaces of these dimensions */
export function decodeNumbers (bytes: Uint8Array, dSource: number, dTarget: number): AffineMap {
  const means = dSource * dTarget
  const count = means + dSource + dTarget
  if (bytes.length !== count * 4) throw new RangeError(`expected ${count * 4} bytes of numbers, found ${bytes.length}`)
  const values = finiteFloat32FromBytes(bytes)
  return {
    weights: { rows: dSource, cols: dTarget, data: values.subarray(0, means) },
    meanSource: values.subarray(means, means + dSource),
    meanTarget: values.subarray(means + dSource)
  }
}
