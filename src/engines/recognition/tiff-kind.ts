/** Tags of a TIFF directory (TIFF 6.0, section 8) that say how its pixels are stored. */
const tags = { bits: 258, photometric: 262, planar: 284, tileWidth: 322, sampleFormat: 339 } as const

/**
 * Names a TIFF file whose samples are no whole numbers of 16 bits or less. libvips decodes it as a black picture.
 * @param bytes of a file with a TIFF signature
 * @returns completes the sentence "received ..."; undefined for other files
 */
export function misreadTiff (bytes: Uint8Array): string | undefined {
  const values = firstDirectory(bytes)
  const sampleFormat = values.get(tags.sampleFormat)
  if (sampleFormat === 3) return 'a TIFF file of floating-point numbers; convert it to 8 or 16 bits'
  if (sampleFormat !== undefined && sampleFormat !== 1 && sampleFormat !== 4) {
    return 'a TIFF file of signed or complex numbers; convert it to unsigned ones of 8 or 16 bits'
  }
  const bits = values.get(tags.bits)
  return bits !== undefined && bits > 16 ? `a TIFF file of ${bits} bits per sample; convert it to 8 or 16` : undefined
}

/**
 * Names a TIFF file that libvips could not decode by a kind that it decodes none of.
 * @param bytes of a file with a TIFF signature
 * @returns completes the sentence "received ..."; undefined when nothing but damage explains it
 */
export function undecodedTiff (bytes: Uint8Array): string | undefined {
  const values = firstDirectory(bytes)
  const photometric = values.get(tags.photometric) ?? 0
  if ([8, 9, 10].includes(photometric)) return 'a TIFF file in the colours of CIELab; convert it to RGB'
  if (photometric >= 32803) return 'a TIFF file of raw or logarithmic data of a camera; convert it to RGB'
  const bits = values.get(tags.bits) ?? 8
  if (![1, 2, 4, 8, 16].includes(bits)) return `a TIFF file of ${bits} bits per sample; convert it to 8 or 16`
  return values.get(tags.planar) === 2 && values.has(tags.tileWidth)
    ? 'a TIFF file of tiles with separate planes; convert it to one with interleaved channels'
    : undefined
}

/** The first number of each entry of the first directory; none when the file ends before it. */
function firstDirectory (bytes: Uint8Array): Map<number, number> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const values = new Map<number, number>()
  const isLittle = bytes[0] === 0x49
  const isBig = view.byteLength > 16 && view.getUint16(2, isLittle) === 43
  const whole = (at: number): number => isBig ? Number(view.getBigUint64(at, isLittle)) : view.getUint32(at, isLittle)
  const [countSize, entrySize, valueAt] = isBig ? [8, 20, 12] : [2, 12, 8]
  try {
    const start = whole(isBig ? 8 : 4)
    const count = isBig ? whole(start) : view.getUint16(start, isLittle)
    for (let i = 0; i < Math.min(count, maxEntries); i++) {
      const at = start + countSize + i * entrySize
      const [tag, type, length] = [view.getUint16(at, isLittle), view.getUint16(at + 2, isLittle), whole(at + 4)]
      // Shorts only: 3. More than fit into the entry stand elsewhere.
      if (type !== 3 || length === 0) continue
      const place = length * 2 <= (isBig ? 8 : 4) ? at + valueAt : whole(at + valueAt)
      values.set(tag, view.getUint16(place, isLittle))
    }
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
  }
  return values
}

/** More than any file has; it bounds the work on a hostile one. */
const maxEntries = 500
