import type { OpenCorpus } from './open-corpus.js'
import type { Session } from '../../../platform/database/database.js'
import { placeOfSample } from '../../../platform/encryption/places.js'
import { dimensionOf } from './corpus-pairs.js'
import { createTemplateHash } from './pair-hash.js'

/** All templates of one space of a corpus, ordered by the UTF-8 bytes of the sample. */
export interface CorpusSide {
  /** (n) */
  samples: string[]
  /** (n), null for an unknown person */
  identities: Array<string | null>
  /** (n), null for an unknown group */
  groups: Array<string | null>
  /** (n, d), row-major, as given, not normalised */
  templates: Float32Array
  /** The number of samples left out because their template does not decrypt. */
  unusable: number
  /** See createTemplateHash. */
  hash: string
}

interface SideRow {
  sample: string
  identity: string | null
  group: string | null
  version: string | null
  vector: Buffer
}

/** Rows per fetch, see `readPairs`. */
const fetchRows = 4000

/** Call within a transaction with one snapshot (`snapshot`). @throws Problem `model-unknown` */
export async function readSide (
  session: Session,
  { id, cipher, unopened }: OpenCorpus,
  fingerprint: string
): Promise<CorpusSide> {
  const dimension = await dimensionOf(session, fingerprint)
  const { rows: [counted] } = await session.query<{ templates: number }>(
    'SELECT count(*)::integer AS templates FROM sample_templates WHERE corpus_id = $1 AND fingerprint = $2',
    [id, fingerprint]
  )
  const samples: string[] = []
  const identities: Array<string | null> = []
  const groups: Array<string | null> = []
  const templates = new Float32Array((counted?.templates ?? 0) * dimension) // (n, d), row-major
  const hash = createTemplateHash()
  let unusable = 0

  await session.query(
    `DECLARE side NO SCROLL CURSOR FOR
     SELECT sample, identity, group_label AS group, version, vector
     FROM samples JOIN sample_templates USING (corpus_id, sample)
     WHERE corpus_id = $1 AND fingerprint = $2
     ORDER BY sample`,
    [id, fingerprint]
  )
  for (;;) {
    const { rows } = await session.query<SideRow>(`FETCH ${fetchRows} FROM side`)
    if (rows.length === 0) break
    for (const row of rows) {
      const vector = cipher.open(row.vector, placeOfSample({ fingerprint, ...row }), dimension)
      if (vector === undefined) {
        unusable++
        unopened([{ fingerprint, sample: row.sample }])
        continue
      }
      templates.set(vector, samples.length * dimension)
      samples.push(row.sample)
      identities.push(row.identity)
      groups.push(row.group)
      hash.update({ ...row, vectors: [vector] })
    }
  }
  await session.query('CLOSE side')
  return {
    samples,
    identities,
    groups,
    templates: templates.slice(0, samples.length * dimension),
    unusable,
    hash: hash.digest()
  }
}
