import { createCipheriv, createDecipheriv, randomBytes, type KeyObject } from 'node:crypto'

const cipher = 'aes-256-gcm'
const nonceBytes = 12
const tagBytes = 16

/** Bytes that sealing adds. */
export const sealBytes = nonceBytes + tagBytes

/**
 * AES-256-GCM (NIST SP 800-38D) under a random nonce: nonce, ciphertext, tag. One key takes 2^32 of them.
 *
 * @param place what the bytes belong to: they open nowhere else
 */
export function seal (key: KeyObject, bytes: Uint8Array, place: string): Buffer {
  const nonce = randomBytes(nonceBytes)
  const sealing = createCipheriv(cipher, key, nonce, { authTagLength: tagBytes }).setAAD(Buffer.from(place))
  return Buffer.concat([nonce, sealing.update(bytes), sealing.final(), sealing.getAuthTag()])
}

/** @throws Error when the bytes are not those that were sealed with this key for this place */
export function unseal (key: KeyObject, sealed: Uint8Array, place: string): Buffer {
  if (sealed.length < sealBytes) throw new Error(`expected ${sealBytes} sealed bytes at least, found ${sealed.length}`)
  const opening = createDecipheriv(cipher, key, sealed.subarray(0, nonceBytes), { authTagLength: tagBytes })
    .setAAD(Buffer.from(place))
    .setAuthTag(sealed.subarray(sealed.length - tagBytes))
  return Buffer.concat([opening.update(sealed.subarray(nonceBytes, sealed.length - tagBytes)), opening.final()])
}
