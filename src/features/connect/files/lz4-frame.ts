/** What a frame begins with (lz4_Frame_format.md). */
const magic = 0x184d2204
/** Flags of its descriptor. */
const [hasBlockChecksum, hasContentSize, hasDictionary] = [0x10, 0x08, 0x01] as const

/**
 * The content of a frame of LZ4, as Arrow compresses buffers. Checksums are not compared.
 * @throws RangeError when it is no frame, or ends early
 */
export function lz4Frame (bytes: Uint8Array): Uint8Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  if (view.getUint32(0, true) !== magic) throw new RangeError('expected a frame of LZ4, found something else')
  const flags = view.getUint8(4)
  let at = 4 + 2 + ((flags & hasContentSize) === 0 ? 0 : 8) + ((flags & hasDictionary) === 0 ? 0 : 4) + 1
  // Blocks may refer to those before, so that all are written to one buffer.
  let out = new Uint8Array(Math.max(1024, bytes.length * 4))
  let end = 0
  const reserve = (count: number) => {
    if (end + count <= out.length) return
    const more = new Uint8Array(2 * (end + count))
    more.set(out)
    out = more
  }
  for (;;) {
    const size = view.getUint32(at, true)
    at += 4
    if (size === 0) return out.subarray(0, end)
    const block = bytes.subarray(at, at + (size & 0x7fffffff))
    at += block.length
    if ((flags & hasBlockChecksum) !== 0) at += 4
    if (size >= 0x80000000) {
      reserve(block.length)
      out.set(block, end)
      end += block.length
    } else readBlock(block)
  }

  /** Sequences of literals and matches (lz4_Block_format.md). */
  function readBlock (block: Uint8Array): void {
    let i = 0
    const length = (nibble: number): number => {
      let total = nibble
      if (nibble === 15) {
        for (;;) {
          const byte = block[i++]!
          total += byte
          if (byte !== 255) break
        }
      }
      return total
    }
    while (i < block.length) {
      const token = block[i++]!
      const literals = length(token >> 4)
      reserve(literals)
      out.set(block.subarray(i, i + literals), end)
      end += literals
      i += literals
      if (i >= block.length) return
      const offset = block[i]! | block[i + 1]! << 8
      i += 2
      const match = length(token & 15) + 4
      if (offset === 0 || offset > end) throw new RangeError(`expected an offset of at most ${end}, found ${offset}`)
      reserve(match)
      for (let j = 0; j < match; j++, end++) out[end] = out[end - offset]!
    }
  }
}
