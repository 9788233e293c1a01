import { createHash } from 'node:crypto'
import type { ProfileSummary, SpaceProfile } from '../../../science/guard/guard-profile.js'
import { bytesOfFloat32, float32FromBytes } from '../../../science/template/float32.js'
import type { Database, Session } from '../../../platform/database/database.js'

/** Notified with `{ fingerprint }` when a space has another profile. */
export const spaceProfilesChanged = 'space_profiles_changed'

/** A stored profile without its numbers. */
export interface StoredProfile {
  readonly fingerprint: string
  readonly dimension: number
  /** Digest of mean and whitening as little-endian float32, one after the other. */
  readonly sha256: string
  readonly corpusHash: string
  readonly createdAt: string
}

/** Digest of a profile's numbers, 64 hexadecimal digits; the database checks it against the bytes on write. */
export function digestOfProfile ({ mean, whitening }: SpaceProfile): string {
  return createHash('sha256').update(bytesOfFloat32(mean)).update(bytesOfFloat32(whitening.data)).digest('hex')
}

/**
 * Stores the profile of a space within a transaction, unless there is one from more templates. Replicas are notified.
 *
 * @param corpusHash of what it was computed from
 * @returns whether it was stored
 */
export async function offerProfile (
  session: Session,
  fingerprint: string,
  profile: SpaceProfile,
  corpusHash: string
): Promise<boolean> {
  const { mean, whitening, summary } = profile
  const { rowCount } = await session.query(
    `INSERT INTO space_profiles (fingerprint, dimension, mean, whitening, sha256, templates, corpus_hash, summary)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
     ON CONFLICT (fingerprint) DO UPDATE SET mean = excluded.mean, whitening = excluded.whitening, sha256 = excluded.sha256,
       templates = excluded.templates, corpus_hash = excluded.corpus_hash, summary = excluded.summary, created_at = excluded.created_at
     WHERE space_profiles.templates <= excluded.templates AND space_profiles.sha256 <> excluded.sha256`,
    [
      fingerprint,
      mean.length,
      bytesOfFloat32(mean),
      bytesOfFloat32(whitening.data),
      digestOfProfile(profile),
      summary.templates,
      corpusHash,
      JSON.stringify(summary)
    ]
  )
  if (rowCount === 0) return false
  await session.query('SELECT pg_notify($1, $2)', [spaceProfilesChanged, JSON.stringify({ fingerprint })])
  return true
}

/** The profiles of spaces: what the templates of each space look like. */
export function createSpaceProfileRepository (database: Database) {
  return {
    /** See `offerProfile`. */
    async offer (fingerprint: string, profile: SpaceProfile, corpusHash: string): Promise<boolean> {
      return await database.transaction(session => offerProfile(session, fingerprint, profile, corpusHash))
    },

    /** The spaces that have a profile. */
    async list (): Promise<StoredProfile[]> {
      const { rows } = await database.query<ProfileRow>(
        'SELECT fingerprint, dimension, sha256, corpus_hash, created_at FROM space_profiles ORDER BY fingerprint'
      )
      return rows.map(({ fingerprint, dimension, sha256, corpus_hash: corpusHash, created_at: createdAt }) => ({
        fingerprint,
        dimension,
        sha256,
        corpusHash,
        createdAt: createdAt.toISOString()
      }))
    },

    /**
     * The profile of a space, checked against its digest.
     * @returns undefined when it has none
     * @throws Error when the stored bytes are damaged
     */
    async get (fingerprint: string): Promise<SpaceProfile | undefined> {
      const { rows: [row] } = await database.query<NumbersRow>(
        'SELECT dimension, mean, whitening, sha256, summary FROM space_profiles WHERE fingerprint = $1',
        [fingerprint]
      )
      if (row === undefined) return undefined
      const profile: SpaceProfile = {
        mean: float32FromBytes(row.mean),
        whitening: { rows: row.dimension, cols: row.dimension, data: float32FromBytes(row.whitening) },
        summary: row.summary
      }
      const digest = digestOfProfile(profile)
      if (digest !== row.sha256) {
        throw new Error(
          `The profile of ${fingerprint} is damaged: expected SHA-256 ${row.sha256} of its numbers, found ${digest}`
        )
      }
      return profile
    }
  }
}

interface ProfileRow {
  fingerprint: string
  dimension: number
  sha256: string
  corpus_hash: string
  created_at: Date
}
interface NumbersRow {
  dimension: number
  mean: Buffer
  whitening: Buffer
  sha256: string
  summary: ProfileSummary
}
