import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'

export interface ParsedKey {
  /** The public part, by which a key is looked up and recognised. */
  readonly prefix: string
  /** SHA-256 of the secret. */
  readonly secretSha256: Buffer
}

/** What a token begins with: an API key, or the session of a browser. */
type Kind = 'cw' | 'cws'

/** The secret is 256 random bits in base64url. */
const form = /^([a-z]+)_([0-9a-f]{12})_([A-Za-z0-9_-]{43})$/

/** Generates a key, `cw_<prefix>_<secret>`. The `cw_` lets scanners of source code find a committed key. */
export const generateKey = (): string => generateToken('cw')

export function generateToken (kind: Kind): string {
  return `${kind}_${randomBytes(6).toString('hex')}_${randomBytes(32).toString('base64url')}`
}

/**
 * Parses a key and hashes its secret by plain SHA-256. Slow hashes with a salt (Argon2, scrypt) protect passwords,
 * which people choose and others can guess; nobody guesses 256 random bits, however cheap a guess is, and every request
 * would pay for the slowness.
 *
 * @returns undefined when the text does not have the form of a key
 */
export const parseKey = (text: string): ParsedKey | undefined => parseToken('cw', text)

/** As `parseKey`, for a token of either kind. */
export function parseToken (kind: Kind, text: string): ParsedKey | undefined {
  const [, found, prefix, secret] = form.exec(text) ?? []
  if (found !== kind || prefix === undefined || secret === undefined) return undefined
  return { prefix, secretSha256: createHash('sha256').update(secret).digest() }
}

/** Compares in constant time, so that the response time does not reveal how much of a hash was right. */
export function sameSecret (a: Buffer, b: Buffer): boolean {
  return a.length === b.length && timingSafeEqual(a, b)
}

/** Redacts the secret of every key, and of every session, in a text. */
export function redactKeys (text: string): string {
  return text.replace(/(cws?_[0-9a-f]{12}_)[A-Za-z0-9_-]{20,}/g, '$1[redacted]')
}
