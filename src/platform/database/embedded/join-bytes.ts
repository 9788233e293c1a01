/**
 * Concatenates bytes into memory of their own, which is neither pooled nor reused, so that it can be transferred to
 * another thread.
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
