/**
 * Bytes one after the other, in memory of their own: neither shared by small buffers nor used again, so that it can go
 * to another thread.
 */
export function joinBytes (parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const part of parts) {
    bytes.set(part, at)
    at += part.length
  }
  return bytes
}
