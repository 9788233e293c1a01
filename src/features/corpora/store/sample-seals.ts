import { placeOfSample } from '../../../platform/encryption/places.js'
import type { Session } from '../../../platform/database/database.js'
import type { OpenCorpus } from './open-corpus.js'

/** What the sealed templates of a sample are bound to. */
export interface SampleSeal {
  readonly sample: string
  readonly identity: string | null
  readonly group: string | null
  readonly version: string | null
}

interface BoundTemplate {
  sample: string
  fingerprint: string
  dimension: number
  vector: Buffer
}

/** The seals of existing samples, by name. */
export async function sealsOf (
  session: Session,
  corpus: string,
  samples: readonly string[]
): Promise<Map<string, SampleSeal>> {
  // Row by row, see `insertVectors`.
  const { rows } = await session.query<SampleSeal>(
    `SELECT k.sample, k.identity, k.group_label AS group, k.version FROM unnest($2::text[]) AS given (sample)
     CROSS JOIN LATERAL (SELECT * FROM samples WHERE corpus_id = $1 AND samples.sample = given.sample LIMIT 1) k`,
    [corpus, samples]
  )
  return new Map(rows.map(row => [row.sample, row]))
}

/**
 * Binds the sealed templates of samples to their current labels.
 *
 * @param before what they are bound to
 */
export async function rebindSamples (
  session: Session,
  corpus: OpenCorpus,
  before: readonly SampleSeal[]
): Promise<void> {
  if (!corpus.encrypted || before.length === 0) return
  const { cipher } = corpus
  const samples = before.map(({ sample }) => sample)
  const after = await sealsOf(session, corpus.id, samples)
  const { rows } = await session.query<BoundTemplate>(
    `SELECT t.sample, t.fingerprint, t.dimension, t.vector FROM unnest($2::text[]) AS given (sample)
     CROSS JOIN LATERAL (SELECT * FROM sample_templates WHERE corpus_id = $1 AND sample_templates.sample = given.sample OFFSET 0) t`,
    [corpus.id, samples]
  )
  const bound = new Map(before.map(seal => [seal.sample, seal]))
  for (const fingerprint of new Set(rows.map(row => row.fingerprint))) {
    const templates = rows.filter(row => row.fingerprint === fingerprint)
    const sealed = templates.flatMap(({ sample, dimension, vector }) => {
      const template = cipher.open(vector, placeOfSample({ fingerprint, ...bound.get(sample)! }), dimension)
      // A template that did not decrypt before does not decrypt now.
      return template !== undefined
        ? [{ sample, bytes: cipher.store(template, placeOfSample({ fingerprint, ...after.get(sample)! })) }]
        : []
    })
    await writeVectors(session, corpus, { fingerprint, dimension: templates[0]!.dimension }, sealed)
  }
}

/** Replaces the stored templates of samples. */
export async function writeVectors (
  session: Session,
  { id, cipher }: OpenCorpus,
  { fingerprint, dimension }: { readonly fingerprint: string, readonly dimension: number },
  rows: readonly { readonly sample: string, readonly bytes: Buffer }[]
): Promise<void> {
  if (rows.length === 0) return
  await session.query(
    `UPDATE sample_templates stored SET vector = substring($4::bytea FROM (position::integer - 1) * $5 + 1 FOR $5)
     FROM unnest($3::text[]) WITH ORDINALITY AS given (sample, position)
     WHERE corpus_id = $1 AND fingerprint = $2 AND stored.sample = given.sample`,
    [
      id,
      fingerprint,
      rows.map(({ sample }) => sample),
      Buffer.concat(rows.map(({ bytes }) => bytes)),
      4 * dimension + cipher.overhead
    ]
  )
}
