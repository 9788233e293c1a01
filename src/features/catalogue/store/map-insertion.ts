import { randomUUID } from 'node:crypto'
import type { AffineMap } from '../../../science/alignment/affine-map.js'
import type { ComparisonSpace } from '../../../science/alignment/comparison-space.js'
import type { SpaceProfile } from '../../../science/guard/guard-profile.js'
import { bytesOfFloat32 } from '../../../science/template/float32.js'
import type { Session } from '../../../platform/database/database.js'
import { insertComparison } from '../codecs/comparison-numbers.js'
import { digestOfNumbers } from '../../../science/alignment/map-codec.js'
import type { JsonObject } from '../models-repository.js'
import { offerProfile } from './space-profiles.js'

/** A map from a fit or from a file. */
export interface NewMap {
  sourceFingerprint: string
  targetFingerprint: string
  method: string
  parameters: JsonObject
  /** 0 to 2^53 - 1 */
  seed: number
  corpusId?: string | null
  /** See createPairHash. */
  corpusHash: string
  numbers: AffineMap
  card: JsonObject
  /** the space in which templates of the two models are compared, when one could be chosen */
  comparison?: ComparisonSpace | undefined
  /** of both spaces, from the same pairs, where there are enough: stored with the map or not at all */
  profiles?: { source: SpaceProfile | undefined, target: SpaceProfile | undefined }
}

/** Serialises the transactions that add or activate maps of a directed pair, on every replica. */
export async function lockPair (session: Session, sourceFingerprint: string, targetFingerprint: string): Promise<void> {
  await session.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [
    `maps ${sourceFingerprint} ${targetFingerprint}`
  ])
}

/**
 * Call within a transaction that has locked the pair.
 * @returns the id
 */
export async function insertMap (
  session: Session,
  map: NewMap,
  given: { id?: string, idempotencyKey?: string | undefined, requestSha256?: string }
): Promise<string> {
  const id = given.id ?? randomUUID()
  // A corpus that was removed during the fit is dropped from the map, as a later removal would do; an existing one is
  // locked until the map is stored.
  const { rows: [corpus] } = await session.query<{ id: string }>(
    'SELECT id FROM corpora WHERE id = $1 FOR KEY SHARE',
    [map.corpusId ?? null]
  )
  await session.query(
    `INSERT INTO maps (id, source_fingerprint, target_fingerprint, version, rows, cols, weights, mean_source, mean_target,
       sha256, method, parameters, seed, corpus_id, corpus_hash, card, idempotency_key, request_sha256)
     SELECT $1, $2, $3, coalesce(max(version), 0) + 1, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17
     FROM maps WHERE source_fingerprint = $2 AND target_fingerprint = $3`,
    [
      id,
      map.sourceFingerprint,
      map.targetFingerprint,
      map.numbers.weights.rows,
      map.numbers.weights.cols,
      bytesOfFloat32(map.numbers.weights.data),
      bytesOfFloat32(map.numbers.meanSource),
      bytesOfFloat32(map.numbers.meanTarget),
      digestOfNumbers(map.numbers),
      map.method,
      JSON.stringify(map.parameters),
      map.seed,
      corpus?.id ?? null,
      map.corpusHash,
      JSON.stringify(map.card),
      given.idempotencyKey ?? null,
      given.requestSha256 ?? null
    ]
  )
  if (map.comparison !== undefined) await insertComparison(session, id, map.comparison)
  // Sorted by fingerprint: two fits of one pair, one in each direction, must not deadlock.
  const profiles =
    ([[map.sourceFingerprint, map.profiles?.source], [map.targetFingerprint, map.profiles?.target]] as const)
      .toSorted(([a], [b]) => a < b ? -1 : 1)
  for (const [fingerprint, profile] of profiles) {
    if (profile !== undefined) await offerProfile(session, fingerprint, profile, map.corpusHash)
  }
  return id
}
