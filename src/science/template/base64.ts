/**
 * The bytes of base64 (RFC 4648, section 4): its own alphabet, padded, without line ends, the bits behind the last byte
 * zero. So bytes have one text.
 *
 * @returns undefined for everything else, which `Buffer.from` would drop or read as something near
 */
export function decodeBase64 (text: string): Buffer<ArrayBuffer> | undefined {
  const bytes = Buffer.from(text, 'base64')
  return bytes.toString('base64') === text ? bytes : undefined
}
