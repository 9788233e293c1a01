import { createHash } from 'node:crypto'
import { bytesOfFloat32 } from '../../../science/template/float32.js'

export interface PairedSample {
  sample: string
  identity: string | null
  /** Not part of the hash: it has no effect on the map, only on the breakdown of its figures. */
  group?: string | null
  source: Float32Array
  target: Float32Array
}

export interface JoinedSample {
  sample: string
  identity: string | null
  /** one of each space, in the same order for all samples */
  vectors: readonly Float32Array[]
}

/**
 * Hash of templates of the same samples under several models: SHA-256 over, for every sample in the order given, its
 * name, the identity and the vectors (UTF-8; little-endian float32), each preceded by its length in bytes as a
 * little-endian uint32. The length of an unknown identity is 0xffffffff, without bytes.
 *
 * The order is part of the hash. Samples of a corpus are ordered by their UTF-8 bytes.
 */
export function createTemplateHash () {
  const hash = createHash('sha256')
  const length = Buffer.alloc(4)

  function add (bytes: Buffer | null): void {
    length.writeUInt32LE(bytes === null ? 0xffffffff : bytes.byteLength)
    hash.update(length)
    if (bytes !== null) hash.update(bytes)
  }

  return {
    update ({ sample, identity, vectors }: JoinedSample): void {
      add(Buffer.from(sample))
      add(identity === null ? null : Buffer.from(identity))
      for (const vector of vectors) add(bytesOfFloat32(vector))
    },
    /** 64 hexadecimal digits */
    digest: (): string => hash.digest('hex')
  }
}

/** Hash of the pairs that a map is fitted on: that of templates under two models, the source and the target. */
export function createPairHash () {
  const { update, digest } = createTemplateHash()
  return {
    update: ({ sample, identity, source, target }: PairedSample): void =>
      update({ sample, identity, vectors: [source, target] }),
    /** 64 hexadecimal digits */
    digest
  }
}
