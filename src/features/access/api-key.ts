import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'

export interface ParsedKey {
  /** The public part, by which a key is looked up and recognised. */
  readonly prefix: string
  /** SHA-256 of the secret. */
  readonly secretSha256: Buffer
}

/** 256 random bits in base64url. */
const form = /^cw_([0-9a-f]{12})_([A-Za-z0-9_-]{43})$/

/** Generates a key, `cw_<prefix>_<secret>`. The `cw_` lets scanners of source code find a committed key. */
export function generateKey (): string {
  return `cw_${randomBytes(6).toString('hex')}_${randomBytes(32).toString('base64url')}`
}

/**
 * Parses a key and hashes its secret by plain SHA-256. Slow hashes with a salt (Argon2, scrypt) protect passwords,
 * which people choose and others can guess; nobody guesses 256 random bits, however cheap a guess is, and every request
 * would pay for the slowness.
 *
 * @returns undefined when the text does not have the form of a key
 */
export function parseKey (text: string): ParsedKey | undefined {
  const [, prefix, secret] = form.exec(text) ?? []
  if (prefix === undefined || secret === undefined) return undefined
  return { prefix, secretSha256: createHash('sha256').update(secret).digest() }
}

/** Compares in constant time, so that the response time does not reveal how much of a hash was right. */
export function sameSecret (a: Buffer, b: Buffer): boolean {
  return a.length === b.length && timingSafeEqual(a, b)
}

/** Redacts the secret of every key in a text. */
export function redactKeys (text: string): string {
  return text.replace(/(cw_[0-9a-f]{12}_)[A-Za-z0-9_-]{20,}/g, '$1[redacted]')
}
