/**
 * Face image records: ISO/IEC 19794-5 and 39794-5, bare or in a data group 2 of a travel document (ICAO 9303, part 10).
 * All of them are headers before the bytes of one or more image files.
 */

/** The first image of a record, or what to say instead; `found` completes the sentence "received ...". */
export type RecordFinding = { readonly image: Uint8Array } | { readonly found: string }

/** @returns undefined when the bytes are no face image record */
export function openFaceRecord (bytes: Uint8Array): RecordFinding | undefined {
  const kind = kindOf(bytes)
  if (kind === undefined) return undefined
  const record = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const jpeg = record.indexOf(Buffer.from([0xff, 0xd8, 0xff]))
  const jpeg2000 = [Buffer.from('0000000c6a5020200d0a870a', 'hex'), Buffer.from('ff4fff51', 'hex')]
    .map(signature => record.indexOf(signature)).filter(at => at >= 0)
  if (jpeg >= 0 && jpeg2000.every(at => at > jpeg)) return { image: bytes.subarray(jpeg) }
  return {
    found: jpeg2000.length > 0
      ? `${kind} with a JPEG 2000 image; convert the image to JPEG or PNG`
      : `${kind} without a JPEG image`
  }
}

function kindOf (bytes: Uint8Array): string | undefined {
  // The version of the format follows, as three digits and a zero.
  if (/^FAC\0\d{3}\0/.test(String.fromCharCode(...bytes.subarray(0, 8)))) {
    return 'a face image record of ISO/IEC 19794-5'
  }
  const value = wholeElement(bytes)
  if (value === undefined) return undefined
  const isBiometric = bytes[value] === 0x7f && (bytes[value + 1] === 0x60 || bytes[value + 1] === 0x61)
  if (bytes[0] === 0x75 && isBiometric) return 'a data group 2'
  if (bytes[0] === 0x7f && (bytes[1] === 0x60 || bytes[1] === 0x61)) return 'a biometric information template'
  return bytes[0] === 0x65 && (bytes[value] === 0xa0 || bytes[value] === 0x80)
    ? 'a face image record of ISO/IEC 39794-5'
    : undefined
}

/**
 * Where the value of a BER-TLV element begins (ISO/IEC 8825-1, definite lengths) that takes all of the bytes.
 * @returns undefined when there is no such element
 */
function wholeElement (bytes: Uint8Array): number | undefined {
  const at = ((bytes[0] ?? 0) & 0x1f) === 0x1f ? 2 : 1
  const first = bytes[at]
  if (first === undefined) return undefined
  if (first < 0x80) return at + 1 + first === bytes.length ? at + 1 : undefined
  const digits = first & 0x7f
  if (digits === 0 || digits > 4) return undefined
  const length = bytes.subarray(at + 1, at + 1 + digits).reduce((sum, byte) => sum * 256 + byte, 0)
  return at + 1 + digits + length === bytes.length ? at + 1 + digits : undefined
}
