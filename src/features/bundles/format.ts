import { closed, Sha256 } from '../../science/schemas.js'
import { createHash, sign, verify } from 'node:crypto'
import { Type, type Static } from 'typebox'
import { Compile } from 'typebox/compile'
import type { AffineMap } from '../../science/alignment/affine-map.js'
import type { ComparisonSpace } from '../../science/alignment/comparison-space.js'
import { decodeUtf8 } from '../../platform/utf8.js'
import { Problem } from '../../errors.js'
import { Card } from '../../science/cards/card.js'
import { ComparisonShape, decodeComparison, encodeComparison } from '../../science/alignment/comparison-codec.js'
import { decodeNumbers, encodeNumbers } from '../../science/alignment/map-codec.js'
import { ProfileSummary, type SpaceProfile } from '../../science/guard/guard-profile.js'
import { decodeProfile, encodeProfile } from '../../science/guard/profile-codec.js'
import type { SigningKey, TrustedKeys } from './keys.js'

/** The contents of a bundle. The calibration is in the card. */
export interface BundledMap {
  readonly id: string
  readonly source: Static<typeof Space>
  readonly target: Static<typeof Space>
  readonly corpusHash: string
  readonly numbers: AffineMap
  readonly comparison: ComparisonSpace | undefined
  readonly card: Card
  /** of the guard, of the spaces that have one */
  readonly profiles?: SpaceProfiles
}

interface SpaceProfiles {
  readonly source: SpaceProfile | undefined
  readonly target: SpaceProfile | undefined
}

/**
 * A bundle, from its first byte to its last; numbers are little-endian:
 *
 *   8    magic
 *   32   id of the signing key
 *   4    length of the manifest
 *   …    manifest, JSON
 *   64   Ed25519 signature of everything before it
 *   …    the parts, in the order of the manifest, which has the length and SHA-256 of each
 *
 * The last byte of the magic is the version: 2 with profiles, which readers of version 1 would refuse, and 1 without.
 */
const magic = Buffer.from('CWMAP\r\n\x01', 'latin1')
const magicWithProfiles = Buffer.from('CWMAP\r\n\x02', 'latin1')
const keyIdBytes = 32
const signatureBytes = 64
const headBytes = magic.length + keyIdBytes + 4
/** Maximum size of a manifest that is read. */
const maxManifestBytes = 16_384

const Space = Type.Object({
  model: Type.String(),
  fingerprint: Sha256,
  dimension: Type.Integer({ minimum: 1, maximum: 4096 })
}, closed)
const Part = Type.Object({ bytes: Type.Integer({ minimum: 0, maximum: 2 ** 31 }), sha256: Sha256 }, closed)
const ProfilePart = Type.Union([Type.Object({ ...Part.properties, summary: ProfileSummary }, closed), Type.Null()])
const Manifest = Type.Object({
  map: Type.Object({
    id: Type.String({ pattern: '^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$' }),
    source: Space,
    target: Space,
    corpusHash: Sha256
  }, closed),
  numbers: Part,
  /** null for a map without a comparison space */
  comparison: Type.Union([Type.Object({ ...Part.properties, shape: ComparisonShape }, closed), Type.Null()]),
  /** null for a space without a profile */
  profiles: Type.Optional(Type.Object({ source: ProfilePart, target: ProfilePart }, closed)),
  card: Part
}, closed)
const manifests = Compile(Manifest)
const cards = Compile(Card)

/** The same map with the same profiles under the same key gives the same bytes. */
export function writeBundle (
  { id, source, target, corpusHash, numbers, comparison, card, profiles }: BundledMap,
  key: SigningKey
): Buffer {
  const space = ({ model, fingerprint, dimension }: Static<typeof Space>) => ({ model, fingerprint, dimension })
  const encoded = comparison && encodeComparison(comparison)
  const parts = { numbers: encodeNumbers(numbers), comparison: encoded?.bytes, card: Buffer.from(JSON.stringify(card)) }
  const part = (bytes: Buffer) => ({ bytes: bytes.length, sha256: digest(bytes) })
  const ofSides = [profiles?.source, profiles?.target].map(profile =>
    profile && { bytes: encodeProfile(profile), summary: profile.summary }
  )
  const [sourcePart, targetPart] = ofSides.map(side => side ? { ...part(side.bytes), summary: side.summary } : null)
  const hasProfiles = ofSides.some(side => side !== undefined)
  const manifest = Buffer.from(JSON.stringify(
    {
      map: { id, source: space(source), target: space(target), corpusHash },
      numbers: part(parts.numbers),
      comparison: encoded === undefined ? null : { ...part(encoded.bytes), shape: encoded.shape },
      ...hasProfiles ? { profiles: { source: sourcePart!, target: targetPart! } } : {},
      card: part(parts.card)
    } satisfies Static<typeof Manifest>
  ))
  const length = Buffer.alloc(4)
  length.writeUInt32LE(manifest.length)
  const signed = Buffer.concat([hasProfiles ? magicWithProfiles : magic, Buffer.from(key.id, 'hex'), length, manifest])
  return Buffer.concat([
    signed,
    sign(null, signed, key.privateKey),
    parts.numbers,
    parts.comparison ?? Buffer.alloc(0),
    ...ofSides.flatMap(side => side?.bytes ?? []),
    parts.card
  ])
}

/**
 * Reads a bundle, and trusts nothing in it before its signature. It checks bounds first, then the signature over the
 * manifest as it stands, then the digest of each part, and only then the contents of the parts.
 *
 * @throws Problem `bundle-untrusted` when no trusted key has signed it; `bundle-invalid` for every other fault
 */
export function readBundle (bytes: Buffer, trusted: TrustedKeys): { map: BundledMap, keyId: string } {
  const begins = bytes.subarray(0, magic.length)
  if (bytes.length < headBytes || ![magic, magicWithProfiles].some(known => known.equals(begins))) {
    throw invalid('expected a bundle, received a file that begins differently')
  }
  const keyId = bytes.toString('hex', magic.length, magic.length + keyIdBytes)
  const manifestBytes = bytes.readUInt32LE(headBytes - 4)
  if (manifestBytes > maxManifestBytes) {
    throw invalid(`expected a manifest of at most ${maxManifestBytes} bytes, received a length of ${manifestBytes}`)
  }
  const signedBytes = headBytes + manifestBytes
  if (bytes.length < signedBytes + signatureBytes) {
    throw invalid(`expected at least ${signedBytes + signatureBytes} bytes, received ${bytes.length}`)
  }
  const key = trusted.get(keyId)
  if (key === undefined) {
    throw new Problem(
      'bundle-untrusted',
      `expected the signature of a trusted key (${
        trusted.size === 0 ? 'there is none' : [...trusted.keys()].join(', ')
      }), received that of ${keyId}`
    )
  }
  if (!verify(null, bytes.subarray(0, signedBytes), key, bytes.subarray(signedBytes, signedBytes + signatureBytes))) {
    throw invalid('expected a valid signature, the manifest was changed')
  }

  const manifest = parse(bytes.subarray(headBytes, signedBytes), manifests, 'manifest')
  const { map } = manifest
  let position = signedBytes + signatureBytes
  const take = (name: string, part: Static<typeof Part>): Buffer => {
    const taken = bytes.subarray(position, position += part.bytes)
    if (taken.length !== part.bytes) throw invalid(`${name}: expected ${part.bytes} bytes, received ${taken.length}`)
    if (digest(taken) !== part.sha256) throw invalid(`${name}: expected SHA-256 ${part.sha256}, its bytes were changed`)
    return taken
  }
  const numbers = take('numbers', manifest.numbers)
  const comparison = manifest.comparison && take('comparison', manifest.comparison)
  const profileOf = (side: 'source' | 'target'): SpaceProfile | undefined => {
    const its = manifest.profiles?.[side]
    if (!its) return undefined
    const taken = take(`profile of the ${side}`, its)
    return decoded(`profile of the ${side}`, () => decodeProfile(taken, map[side].dimension, its.summary))
  }
  const profiles = { source: profileOf('source'), target: profileOf('target') }
  const card = take('card', manifest.card)
  if (position !== bytes.length) throw invalid(`expected ${position} bytes, received ${bytes.length}`)
  return {
    keyId,
    map: {
      ...map,
      numbers: decoded('numbers', () => decodeNumbers(numbers, map.source.dimension, map.target.dimension)),
      comparison: comparison === null || manifest.comparison === null
        ? undefined
        : decoded('comparison', () => decodeComparison({ ...manifest.comparison!, bytes: comparison })),
      card: parse(card, cards, 'card'),
      ...manifest.profiles === undefined ? {} : { profiles }
    }
  }
}

function parse<T> (bytes: Buffer, schema: { Check(value: unknown): value is T }, name: string): T {
  const value = decoded(name, () => JSON.parse(decodeUtf8(bytes, name)) as unknown)
  if (!schema.Check(value)) throw invalid(`${name}: expected the form of this version, received another`)
  return value
}

function decoded<T> (name: string, decode: () => T): T {
  try {
    return decode()
  } catch (error) {
    throw invalid(`${name}: ${(error as Error).message}`)
  }
}

const digest = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

const invalid = (detail: string) => new Problem('bundle-invalid', detail)
