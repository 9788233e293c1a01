import { sign, verify } from 'node:crypto'
import type { SigningKey, TrustedKeys } from './keys.js'

/**
 * Ed25519 (RFC 8032) over the bytes of a file, 64 bytes, so that other tools can check it too. Nothing signed so can be
 * taken for the head of a bundle, which begins with its magic: an ONNX file begins with 08, the tag of its first field,
 * and a safetensors file with a length that the magic would make an impossible one.
 */
export function signDetached (file: Buffer, key: SigningKey): Buffer {
  return sign(null, file, key.privateKey)
}

/** @returns the id of the trusted key that signed the file; undefined when none did */
export function signerOf (file: Buffer, signature: Buffer, trusted: TrustedKeys): string | undefined {
  return [...trusted].find(([, key]) => signature.length === 64 && verify(null, file, key, signature))?.[0]
}
