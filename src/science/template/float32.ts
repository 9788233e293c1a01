import { StartupError } from '../../errors.js'
import { decodeBase64 } from './base64.js'

const littleEndian = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1
if (!littleEndian) {
  throw new StartupError('templates are little-endian float32 and are used in place: a little-endian machine is needed')
}

/**
 * The float32 values of little-endian bytes. They share the memory when it is aligned to four bytes. Otherwise, as for
 * a slice of a larger network buffer, they are copied.
 *
 * @param bytes length a multiple of 4
 */
export function float32FromBytes (bytes: Uint8Array): Float32Array<ArrayBuffer> {
  const aligned = bytes.byteOffset % 4 === 0 && bytes.buffer instanceof ArrayBuffer ? bytes : new Uint8Array(bytes)
  return new Float32Array(aligned.buffer as ArrayBuffer, aligned.byteOffset, aligned.byteLength / 4)
}

/**
 * The same where every value has to be finite. A counting loop takes a third of the time of `every`, and the start of a
 * service reads a million and more.
 *
 * @throws RangeError when one is not
 */
export function finiteFloat32FromBytes (bytes: Uint8Array): Float32Array<ArrayBuffer> {
  const values = float32FromBytes(bytes)
  for (let i = 0; i < values.length; i++) {
    if (!Number.isFinite(values[i])) throw new RangeError('expected finite numbers, found others')
  }
  return values
}

/** The little-endian bytes of float32 values, sharing their memory. */
export function bytesOfFloat32 (values: Float32Array): Buffer {
  return Buffer.from(values.buffer as ArrayBuffer, values.byteOffset, values.byteLength)
}

/** float32 values of base64 text, or `undefined` when the text is not base64 of whole float32 values. */
export function float32FromBase64 (text: string): Float32Array<ArrayBuffer> | undefined {
  const bytes = decodeBase64(text)
  return bytes === undefined || bytes.length % 4 !== 0 || bytes.length === 0 ? undefined : float32FromBytes(bytes)
}

export function base64OfFloat32 (values: Float32Array): string {
  return bytesOfFloat32(values).toString('base64')
}
