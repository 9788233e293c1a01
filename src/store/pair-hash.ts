import { createHash } from 'node:crypto'
import { bytesOfFloat32 } from '../template/float32.js'

export interface PairedSample {
  sample: string
  identity: string | null
  /** Not part of the hash: it has no effect on the map, only on how its figures are broken down. */
  group?: string | null
  source: Float32Array
  target: Float32Array
}

/**
 * Hash of the pairs a map is fitted on: SHA-256 over, for every pair in the order given, the sample, the identity, the
 * source and the target vector (UTF-8; little-endian float32), each after its length in bytes as a little-endian uint32.
 * The length of an identity that is not known is 0xffffffff, without bytes.
 *
 * The order is part of the hash. Pairs of a corpus are ordered by the UTF-8 bytes of the sample.
 */
export function createPairHash () {
  const hash = createHash('sha256')
  const length = Buffer.alloc(4)

  function add (bytes: Buffer | null): void {
    length.writeUInt32LE(bytes === null ? 0xffffffff : bytes.byteLength)
    hash.update(length)
    if (bytes !== null) hash.update(bytes)
  }

  return {
    update (pair: PairedSample): void {
      add(Buffer.from(pair.sample))
      add(pair.identity === null ? null : Buffer.from(pair.identity))
      add(bytesOfFloat32(pair.source))
      add(bytesOfFloat32(pair.target))
    },
    /** 64 hexadecimal digits */
    digest: (): string => hash.digest('hex')
  }
}
