import { Problem } from '../../../errors.js'
import type { OpenCorpus } from './open-corpus.js'
import type { Session } from '../../../platform/database/database.js'
import { placeOfSample } from '../../../platform/encryption/places.js'
import { createPairHash } from './pair-hash.js'

/** The join of two spaces of a corpus, rows ordered by the UTF-8 bytes of the sample. */
export interface CorpusPairs {
  /** (n) */
  samples: string[]
  /** (n), null for an unknown person */
  identities: Array<string | null>
  /** (n), null for an unknown group */
  groups: Array<string | null>
  /** (n, dSource), row-major, as given, not normalised */
  source: Float32Array
  /** (n, dTarget), row-major, as given, not normalised */
  target: Float32Array
  /** The number of samples with a template on this side only. */
  oneSided: { source: number, target: number }
  /** The number of samples left out because one of their templates does not decrypt. */
  unusable: number
  /** See createPairHash. */
  hash: string
}

interface PairRow {
  sample: string
  identity: string | null
  group: string | null
  version: string | null
  source: Buffer
  target: Buffer
}

/** Rows per fetch. This bounds the text of the protocol held in memory, in which a byte takes two characters. */
const fetchRows = 2000

/** Call within a transaction with one snapshot (`snapshot`), so that the counts match the rows. */
export async function readPairs (
  session: Session,
  { id, cipher, unopened }: OpenCorpus,
  sourceFingerprint: string,
  targetFingerprint: string
): Promise<CorpusPairs> {
  const dSource = await dimensionOf(session, sourceFingerprint)
  const dTarget = await dimensionOf(session, targetFingerprint)
  const spaces = [id, sourceFingerprint, targetFingerprint]

  const { rows: [counts] } = await session.query<{ paired: number, source: number, target: number }>(
    `SELECT count(*) FILTER (WHERE source.sample IS NOT NULL AND target.sample IS NOT NULL)::integer AS paired,
       count(*) FILTER (WHERE target.sample IS NULL)::integer AS source,
       count(*) FILTER (WHERE source.sample IS NULL)::integer AS target
     FROM (SELECT sample FROM sample_templates WHERE corpus_id = $1 AND fingerprint = $2) source
     FULL JOIN (SELECT sample FROM sample_templates WHERE corpus_id = $1 AND fingerprint = $3) target USING (sample)`,
    spaces
  )
  const n = counts?.paired ?? 0

  const samples: string[] = []
  const identities: Array<string | null> = []
  const groups: Array<string | null> = []
  const source = new Float32Array(n * dSource) // (n, dSource), row-major
  const target = new Float32Array(n * dTarget) // (n, dTarget), row-major
  const hash = createPairHash()
  let unusable = 0

  await session.query(
    `DECLARE pairs NO SCROLL CURSOR FOR
     SELECT sample, identity, group_label AS group, version, source.vector AS source, target.vector AS target
     FROM samples
     JOIN sample_templates source USING (corpus_id, sample)
     JOIN sample_templates target USING (corpus_id, sample)
     WHERE corpus_id = $1 AND source.fingerprint = $2 AND target.fingerprint = $3
     ORDER BY sample`,
    spaces
  )
  for (;;) {
    const { rows } = await session.query<PairRow>(`FETCH ${fetchRows} FROM pairs`)
    if (rows.length === 0) break
    for (const row of rows) {
      const pair = {
        source: cipher.open(row.source, placeOfSample({ fingerprint: sourceFingerprint, ...row }), dSource),
        target: cipher.open(row.target, placeOfSample({ fingerprint: targetFingerprint, ...row }), dTarget)
      }
      if (pair.source === undefined || pair.target === undefined) {
        unusable++
        unopened([[pair.source, sourceFingerprint] as const, [pair.target, targetFingerprint] as const]
          .flatMap(([vector, fingerprint]) => vector === undefined ? [{ fingerprint, sample: row.sample }] : []))
        continue
      }
      source.set(pair.source, samples.length * dSource)
      target.set(pair.target, samples.length * dTarget)
      samples.push(row.sample)
      identities.push(row.identity)
      groups.push(row.group)
      hash.update({ ...row, source: pair.source, target: pair.target })
    }
  }
  return {
    samples,
    identities,
    groups,
    source: source.subarray(0, samples.length * dSource),
    target: target.subarray(0, samples.length * dTarget),
    oneSided: { source: counts?.source ?? 0, target: counts?.target ?? 0 },
    unusable,
    hash: hash.digest()
  }
}

/** The dimension of a space. @throws Problem `model-unknown` */
export async function dimensionOf (session: Session, fingerprint: string): Promise<number> {
  const { rows: [model] } = await session.query<{ dimension: number }>(
    'SELECT dimension FROM models WHERE fingerprint = $1',
    [fingerprint]
  )
  if (model === undefined) {
    throw new Problem('model-unknown', `no model has the fingerprint ${JSON.stringify(fingerprint)}`)
  }
  return model.dimension
}
