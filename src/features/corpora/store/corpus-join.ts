import { Problem } from '../../../errors.js'
import type { OpenCorpus } from './open-corpus.js'
import type { Session } from '../../../platform/database/database.js'
import { createTemplateHash } from './pair-hash.js'
import { loadSample, misfits, type SampleTemplate } from './stored-samples.js'

/** The samples of a corpus that have a template of every one of some spaces, ordered by the UTF-8 bytes of the sample. */
export interface CorpusJoin {
  /** (n) */
  samples: string[]
  /** (n), null where the person is not known */
  identities: Array<string | null>
  /** per space, (n, d), row-major, as given, not normalised */
  templates: Float32Array[]
  /** See createTemplateHash; of two spaces it is the hash of their pairs. */
  hash: string
  /** Samples that were left out because one of their rows is no template. */
  unusable: number
  /** Rows that are no templates, and are not marked yet. */
  found: readonly SampleTemplate[]
}

interface JoinRow { sample: string, identity: string | null, vectors: Buffer }

/** Numbers of one fetch: bounds what is held as text of the protocol, in which a byte takes two characters. */
const fetchNumbers = 2 ** 20

/**
 * Inside a transaction that sees one moment (`snapshot`).
 *
 * @param fingerprints of different spaces
 * @throws Problem `model-unknown`
 */
export async function readJoin (session: Session, corpus: OpenCorpus, fingerprints: readonly string[]): Promise<CorpusJoin> {
  const { id, cipher } = corpus
  const dimensions = await dimensionsOf(session, fingerprints)
  const width = dimensions.reduce((sum, dimension) => sum + dimension, 0)
  const { rows: [counts] } = await session.query<{ joined: number }>(
    `SELECT count(*)::integer AS joined FROM (${joinedSamples}) joined`, [id, fingerprints, cipher.overhead])
  const n = counts?.joined ?? 0

  const samples: string[] = []
  const identities: Array<string | null> = []
  const templates = dimensions.map(dimension => new Float32Array(n * dimension)) // (n, dimension), row-major
  const hash = createTemplateHash()
  const found = await misfits(session, corpus, fingerprints)
  await session.query(
    `DECLARE joined NO SCROLL CURSOR FOR
     SELECT sample, identity, joined.vectors FROM (${joinedSamples}) joined JOIN samples USING (sample)
     WHERE corpus_id = $1 AND joined.usable ORDER BY sample`, [id, fingerprints, cipher.overhead])
  const fetchRows = Math.max(1, Math.floor(fetchNumbers / width))
  for (;;) {
    const { rows } = await session.query<JoinRow>(`FETCH ${fetchRows} FROM joined`)
    if (rows.length === 0) break
    for (const { sample, identity, vectors: bytes } of rows) {
      let offset = 0
      const vectors = dimensions.flatMap((dimension, m) => {
        const width = 4 * dimension + cipher.overhead
        const place = { sample, fingerprint: fingerprints[m]! }
        const vector = loadSample(cipher, place, dimension, bytes.subarray(offset, offset + width))
        offset += width
        if (vector === undefined) found.push(place)
        return vector ?? []
      })
      if (vectors.length < dimensions.length) continue
      vectors.forEach((vector, m) => templates[m]!.set(vector, samples.length * dimensions[m]!))
      samples.push(sample)
      identities.push(identity)
      hash.update({ sample, identity, vectors })
    }
  }
  return {
    samples,
    identities,
    templates: templates.map((data, m) => data.subarray(0, samples.length * dimensions[m]!)),
    hash: hash.digest(),
    unusable: n - samples.length,
    found
  }
}

/** The vectors of a sample one after the other, in the order of the spaces asked for, and whether all of them are as long as these say. */
const joinedSamples = `
  SELECT sample, string_agg(vector, ''::bytea ORDER BY array_position($2::text[], fingerprint)) AS vectors,
    bool_and(usable AND octet_length(vector) = 4 * dimension + $3) AS usable
  FROM sample_templates
  WHERE corpus_id = $1 AND fingerprint = ANY ($2::text[])
  GROUP BY sample HAVING count(*) = cardinality($2::text[])`

async function dimensionsOf (session: Session, fingerprints: readonly string[]): Promise<number[]> {
  const { rows } = await session.query<{ fingerprint: string, dimension: number }>(
    'SELECT fingerprint, dimension FROM models WHERE fingerprint = ANY ($1::text[])', [fingerprints])
  const dimensions = new Map(rows.map(({ fingerprint, dimension }) => [fingerprint, dimension]))
  return fingerprints.map(fingerprint => {
    const dimension = dimensions.get(fingerprint)
    if (dimension === undefined) throw new Problem('model-unknown', `no model has the fingerprint ${JSON.stringify(fingerprint)}`)
    return dimension
  })
}
