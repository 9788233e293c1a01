import { Problem } from '../../../errors.js'
import type { OpenCorpus } from './open-corpus.js'
import type { Session } from '../../../platform/database/database.js'
import { placeOfSample } from '../../../platform/encryption/places.js'
import { createTemplateHash } from './pair-hash.js'

/** The samples of a corpus that have a template of each of several spaces, ordered by the UTF-8 bytes of the sample. */
export interface CorpusJoin {
  /** (n) */
  samples: string[]
  /** (n), null for an unknown person */
  identities: Array<string | null>
  /** per space, (n, d), row-major, as given, not normalised */
  templates: Float32Array[]
  /** The number of samples left out because one of their templates does not decrypt. */
  unusable: number
  /** See createTemplateHash; for two spaces it is the hash of their pairs. */
  hash: string
}

interface JoinRow {
  sample: string
  identity: string | null
  group: string | null
  version: string | null
  vectors: Buffer
  lengths: number[]
}

/** Numbers per fetch. This bounds the text of the protocol held in memory, in which a byte takes two characters. */
const fetchNumbers = 2 ** 20

/**
 * Call within a transaction with one snapshot (`snapshot`).
 *
 * @param fingerprints of different spaces
 * @throws Problem `model-unknown`
 */
export async function readJoin (
  session: Session,
  { id, cipher, unopened }: OpenCorpus,
  fingerprints: readonly string[]
): Promise<CorpusJoin> {
  const dimensions = await dimensionsOf(session, fingerprints)
  const width = dimensions.reduce((sum, dimension) => sum + dimension, 0)
  const { rows: [counts] } = await session.query<{ joined: number }>(
    `SELECT count(*)::integer AS joined FROM (${joinedSamples}) joined`,
    [id, fingerprints]
  )
  const n = counts?.joined ?? 0

  const samples: string[] = []
  const identities: Array<string | null> = []
  const templates = dimensions.map(dimension => new Float32Array(n * dimension)) // (n, dimension), row-major
  const hash = createTemplateHash()
  let unusable = 0
  await session.query(
    `DECLARE joined NO SCROLL CURSOR FOR
     SELECT sample, identity, group_label AS group, version, joined.vectors, joined.lengths FROM (${joinedSamples}) joined JOIN samples USING (sample)
     WHERE corpus_id = $1 ORDER BY sample`,
    [id, fingerprints]
  )
  const fetchRows = Math.max(1, Math.floor(fetchNumbers / width))
  for (;;) {
    const { rows } = await session.query<JoinRow>(`FETCH ${fetchRows} FROM joined`)
    if (rows.length === 0) break
    for (const { vectors: bytes, lengths, ...row } of rows) {
      let offset = 0
      const opened = dimensions.map((dimension, m) => {
        const width = lengths[m]!
        const vector = cipher.open(
          bytes.subarray(offset, offset + width),
          placeOfSample({ fingerprint: fingerprints[m]!, ...row }),
          dimension
        )
        offset += width
        return vector
      })
      const vectors = opened.filter(vector => vector !== undefined)
      if (vectors.length < opened.length) {
        unusable++
        unopened(
          fingerprints.filter((_, m) => opened[m] === undefined).map(fingerprint => ({
            fingerprint,
            sample: row.sample
          }))
        )
        continue
      }
      vectors.forEach((vector, m) => templates[m]!.set(vector, samples.length * dimensions[m]!))
      samples.push(row.sample)
      identities.push(row.identity)
      hash.update({ ...row, vectors })
    }
  }
  return {
    samples,
    identities,
    templates: templates.map((data, m) => data.subarray(0, samples.length * dimensions[m]!)),
    unusable,
    hash: hash.digest()
  }
}

/**
 * The vectors of a sample one after the other, in the order of the spaces asked for, and their lengths: the length of a
 * vector may differ from the dimension of its space.
 */
const joinedSamples = `
  SELECT sample, string_agg(vector, ''::bytea ORDER BY array_position($2::text[], fingerprint)) AS vectors,
    array_agg(octet_length(vector) ORDER BY array_position($2::text[], fingerprint)) AS lengths
  FROM sample_templates
  WHERE corpus_id = $1 AND fingerprint = ANY ($2::text[])
  GROUP BY sample HAVING count(*) = cardinality($2::text[])`

async function dimensionsOf (session: Session, fingerprints: readonly string[]): Promise<number[]> {
  const { rows } = await session.query<{ fingerprint: string, dimension: number }>(
    'SELECT fingerprint, dimension FROM models WHERE fingerprint = ANY ($1::text[])',
    [fingerprints]
  )
  const dimensions = new Map(rows.map(({ fingerprint, dimension }) => [fingerprint, dimension]))
  return fingerprints.map(fingerprint => {
    const dimension = dimensions.get(fingerprint)
    if (dimension === undefined) {
      throw new Problem('model-unknown', `no model has the fingerprint ${JSON.stringify(fingerprint)}`)
    }
    return dimension
  })
}
