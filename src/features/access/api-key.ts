import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'

export interface ParsedKey {
  /** The part that may be seen: what a key is found and recognised by. */
  readonly prefix: string
  /** SHA-256 of the secret. */
  readonly secretSha256: Buffer
}

/** 256 random bits in base64url. */
const form = /^cw_([0-9a-f]{12})_([A-Za-z0-9_-]{43})$/

/**
 * A new key, `cw_<prefix>_<secret>`. The `cw_` lets scanners of source code find one that was committed.
 */
export function generateKey (): string {
  return `cw_${randomBytes(6).toString('hex')}_${randomBytes(32).toString('base64url')}`
}

/**
 * The secret is hashed by plain SHA-256. Slow hashes with a salt (Argon2, scrypt) make up for what people choose, which
 * can be guessed; nobody guesses 256 random bits, whatever a guess costs, and every request would pay for the slowness.
 *
 * @returns undefined when the text has not the form of a key
 */
export function parseKey (text: string): ParsedKey | undefined {
  const [, prefix, secret] = form.exec(text) ?? []
  if (prefix === undefined || secret === undefined) return undefined
  return { prefix, secretSha256: createHash('sha256').update(secret).digest() }
}

/** Compares in constant time: the time of an answer does not tell how much of a hash was right. */
export function sameSecret (a: Buffer, b: Buffer): boolean {
  return a.length === b.length && timingSafeEqual(a, b)
}

/** Every key in a text, its secret covered. */
export function coverKeys (text: string): string {
  return text.replace(/(cw_[0-9a-f]{12}_)[A-Za-z0-9_-]{20,}/g, '$1[redacted]')
}
