import { createCipheriv, createDecipheriv, randomBytes, type KeyObject } from 'node:crypto'

const cipher = 'aes-256-gcm'
const nonceBytes = 12
const tagBytes = 16

/** Bytes that sealing adds. */
export const sealBytes = nonceBytes + tagBytes

/**
 * AES-256-GCM (NIST SP 800-38D) with a random nonce. The result is nonce, ciphertext, tag. One key is good for 2^32 of
 * them.
 *
 * @param place where the bytes belong: they open nowhere else
 */
export function seal (key: KeyObject, bytes: Uint8Array, place: string): Buffer {
  const nonce = randomBytes(nonceBytes)
  const sealing = createCipheriv(cipher, key, nonce, { authTagLength: tagBytes }).setAAD(Buffer.from(place))
  return Buffer.concat([nonce, sealing.update(bytes), sealing.final(), sealing.getAuthTag()])
}

/** @throws Error unless the bytes were sealed with this key for this place */
export function unseal (key: KeyObject, sealed: Uint8Array, place: string): Buffer {
  if (sealed.length < sealBytes) throw new Error(`expected at least ${sealBytes} sealed bytes, found ${sealed.length}`)
  const opening = createDecipheriv(cipher, key, sealed.subarray(0, nonceBytes), { authTagLength: tagBytes })
    .setAAD(Buffer.from(place))
    .setAuthTag(sealed.subarray(sealed.length - tagBytes))
  return Buffer.concat([opening.update(sealed.subarray(nonceBytes, sealed.length - tagBytes)), opening.final()])
}
