import { bytesOfFloat32, finiteFloat32FromBytes } from '../template/float32.js'
import type { ProfileSummary, SpaceProfile } from './guard-profile.js'

/** The numbers of a profile as they are stored and transferred: mean, whitening, little-endian float32. */
export function encodeProfile ({ mean, whitening }: SpaceProfile): Buffer {
  return Buffer.concat([mean, whitening.data].map(bytesOfFloat32))
}

/**
 * @param dimension of the space
 * @throws RangeError when their count does not match the dimension, or they are not finite
 */
export function decodeProfile (bytes: Uint8Array, dimension: number, summary: ProfileSummary): SpaceProfile {
  const count = dimension + dimension * dimension
  if (bytes.length !== count * 4) throw new RangeError(`expected ${count * 4} bytes of numbers, found ${bytes.length}`)
  const values = finiteFloat32FromBytes(bytes)
  return {
    mean: values.subarray(0, dimension),
    whitening: { rows: dimension, cols: dimension, data: values.subarray(dimension) },
    summary
  }
}
