import { randomUUID } from 'node:crypto'
import { Problem } from '../../../errors.js'
import { bytesOfFloat32 } from '../../../science/template/float32.js'
import { placeOfSample, type Place } from '../../../platform/encryption/places.js'
import type { OpenCorpus } from './open-corpus.js'
import { rebindSamples, sealsOf, writeVectors, type SampleSeal } from './sample-seals.js'
import type { Session } from '../../../platform/database/database.js'

export interface TemplateRow {
  sample: string
  /** Label of the person, null when unknown. */
  identity: string | null
  /** Label of the group that metrics are broken down by, absent or null when unknown. */
  group?: string | null
  /** Id of the request that matched the sample with its identity, absent or null when it was labelled otherwise. */
  verification?: string | null
  vector: Float32Array
}

/** Templates of one space. */
export interface TemplateBatch {
  readonly fingerprint: string
  readonly rows: readonly TemplateRow[]
}

interface Space {
  readonly fingerprint: string
  readonly model: string
  readonly dimension: number
}

type Seals = ReadonlyMap<string, SampleSeal>

/** Maximum size of the vectors of one statement, bytes: its parameters are written in one go. */
const statementBytes = 2 ** 19

/** Call within a transaction that has locked the corpus; see the repository for the contract. */
export async function addTemplates (
  session: Session,
  corpus: OpenCorpus,
  fingerprint: string,
  given: readonly TemplateRow[]
): Promise<{ added: number, unchanged: number }> {
  const { rows: [model] } = await session.query<{ id: string, dimension: number }>(
    'SELECT id, dimension FROM models WHERE fingerprint = $1',
    [fingerprint]
  )
  if (model === undefined) {
    throw new Problem('model-unknown', `no model has the fingerprint ${JSON.stringify(fingerprint)}`)
  }
  given.forEach(({ vector }, index) => {
    if (vector.length !== model.dimension) {
      throw new Problem(
        'template-invalid',
        `templates[${index}]: expected ${model.dimension} numbers for model "${model.id}", received ${vector.length}`
      )
    }
  })

  const rows = withoutRepetitions(given, model.id)
  let added = 0
  const step = Math.max(1, Math.floor(statementBytes / (4 * model.dimension)))
  for (let start = 0; start < rows.length; start += step) {
    const part = rows.slice(start, start + step)
    await addSamples(session, corpus, part)
    const seals: Seals = corpus.encrypted
      ? await sealsOf(session, corpus.id, part.map(({ sample }) => sample))
      : new Map()
    const space = { fingerprint, model: model.id, dimension: model.dimension }
    const inserted = await insertVectors(session, corpus, space, part, seals)
    const unopened = await refuseOtherVectors(
      session,
      corpus,
      space,
      part.filter(({ sample }) => !inserted.has(sample)),
      seals
    )
    // A template that does not decrypt is lost; this upload replaces it.
    await overwriteVectors(session, corpus, space, unopened, seals)
    added += inserted.size + unopened.length
  }
  return { added, unchanged: given.length - added }
}

/** A sample that occurs twice has to agree with itself, just as it has to agree with what is stored. */
function withoutRepetitions (given: readonly TemplateRow[], model: string): TemplateRow[] {
  const rows = new Map<string, TemplateRow>()
  for (const row of given) {
    const first = rows.get(row.sample)
    if (first === undefined) {
      rows.set(row.sample, row)
      continue
    }
    if (first.identity !== null && row.identity !== null && first.identity !== row.identity) {
      throw otherLabel('identity', row.sample, first.identity, row.identity)
    }
    const [group, other] = [first.group ?? null, row.group ?? null]
    if (group !== null && other !== null && group !== other) throw otherLabel('group', row.sample, group, other)
    if (!bytesOfFloat32(first.vector).equals(bytesOfFloat32(row.vector))) throw otherTemplate(row.sample, model)
    rows.set(row.sample, {
      ...first,
      identity: first.identity ?? row.identity,
      group: group ?? other,
      verification: first.verification ?? row.verification ?? null
    })
  }
  return [...rows.values()]
}

async function addSamples (session: Session, corpus: OpenCorpus, rows: readonly TemplateRow[]): Promise<void> {
  const samples = rows.map(({ sample }) => sample)
  const identities = rows.map(({ identity }) => identity)
  const groups = rows.map(({ group }) => group ?? null)
  for (
    const [label, column, given] of [['identity', 'identity', identities], ['group', 'group_label', groups]] as const
  ) {
    if (given.every(value => value === null)) continue
    const { rows: [contradiction] } = await session.query<{ sample: string, stored: string, received: string }>(
      `SELECT sample, received, stored
       FROM (SELECT sample, received, (SELECT ${column} FROM samples WHERE corpus_id = $1 AND samples.sample = given.sample) AS stored
             FROM unnest($2::text[], $3::text[]) AS given (sample, received)) compared
       WHERE stored <> received
       LIMIT 1`,
      [corpus.id, samples, given]
    )
    if (contradiction !== undefined) {
      throw otherLabel(label, contradiction.sample, contradiction.stored, contradiction.received)
    }
  }
  // A label that arrives after its sample is added; an absent one removes none.
  const before = corpus.encrypted ? await sealsOf(session, corpus.id, samples) : new Map<string, SampleSeal>()
  await session.query(
    `INSERT INTO samples (corpus_id, sample, identity, group_label, version, verification)
     SELECT $1, sample, identity, group_label, version, verification
     FROM unnest($2::text[], $3::text[], $4::text[], $5::uuid[], $6::text[]) AS given (sample, identity, group_label, version, verification)
     ON CONFLICT (corpus_id, sample) DO UPDATE SET identity = coalesce(samples.identity, excluded.identity),
       group_label = coalesce(samples.group_label, excluded.group_label),
       verification = CASE WHEN samples.identity IS NULL THEN excluded.verification ELSE samples.verification END
     WHERE samples.identity IS NULL AND excluded.identity IS NOT NULL OR samples.group_label IS NULL AND excluded.group_label IS NOT NULL`,
    [
      corpus.id,
      samples,
      identities,
      groups,
      samples.map(() => randomUUID()),
      rows.map(({ verification }) => verification ?? null)
    ]
  )
  await rebindSamples(
    session,
    corpus,
    rows.flatMap(({ sample, identity, group }) => {
      const seal = before.get(sample)
      const comesLater = seal !== undefined &&
        ((seal.identity === null && identity !== null) || (seal.group === null && (group ?? null) !== null))
      return comesLater ? [seal] : []
    })
  )
}

/**
 * All vectors are sent as one binary value, which the server cuts up. An array of bytea is sent as hexadecimal text:
 * 10,000 rows of 512-d then take PGlite 1.6 s instead of 0.5 s.
 *
 * @returns samples that had no template of this space
 */
async function insertVectors (
  session: Session,
  { id, cipher }: OpenCorpus,
  { fingerprint, dimension }: Space,
  rows: readonly TemplateRow[],
  seals: Seals
): Promise<Set<string>> {
  const { rows: inserted } = await session.query<{ sample: string }>(
    `INSERT INTO sample_templates (corpus_id, sample, fingerprint, dimension, vector)
     SELECT $1, sample, $2, $3, substring($5::bytea FROM (position::integer - 1) * $6 + 1 FOR $6)
     FROM unnest($4::text[]) WITH ORDINALITY AS given (sample, position)
     ON CONFLICT DO NOTHING
     RETURNING sample`,
    [
      id,
      fingerprint,
      dimension,
      rows.map(({ sample }) => sample),
      Buffer.concat(rows.map(({ sample, vector }) => cipher.store(vector, placeIn(seals, fingerprint, sample)))),
      4 * dimension + cipher.overhead
    ]
  )
  return new Set(inserted.map(({ sample }) => sample))
}

/**
 * The subquery, here as above, is a look-up by key for each row. A join would be planned with statistics from before
 * the upload, and has taken 18 s for 10,000 rows.
 *
 * @returns rows whose stored template does not decrypt
 * @throws Problem `template-exists`
 */
async function refuseOtherVectors (
  session: Session,
  { id, cipher, unopened }: OpenCorpus,
  { fingerprint, model, dimension }: Space,
  rows: readonly TemplateRow[],
  seals: Seals
): Promise<TemplateRow[]> {
  if (rows.length === 0) return []
  const { rows: stored } = await session.query<{ sample: string, vector: Buffer }>(
    `SELECT sample, (SELECT vector FROM sample_templates stored
                     WHERE corpus_id = $1 AND fingerprint = $2 AND stored.sample = given.sample) AS vector
     FROM unnest($3::text[]) AS given (sample)`,
    [id, fingerprint, rows.map(({ sample }) => sample)]
  )
  const vectors = new Map(
    stored.map(({ sample, vector }) => [sample, cipher.open(vector, placeIn(seals, fingerprint, sample), dimension)])
  )
  const other = rows.find(({ sample, vector }) => {
    const there = vectors.get(sample)
    return there !== undefined && !bytesOfFloat32(there).equals(bytesOfFloat32(vector))
  })
  if (other !== undefined) throw otherTemplate(other.sample, model)
  const lost = rows.filter(({ sample }) => vectors.get(sample) === undefined)
  unopened(lost.map(({ sample }) => ({ fingerprint, sample })))
  return lost
}

async function overwriteVectors (
  session: Session,
  corpus: OpenCorpus,
  space: Space,
  rows: readonly TemplateRow[],
  seals: Seals
): Promise<void> {
  await writeVectors(
    session,
    corpus,
    space,
    rows.map(({ sample, vector }) => ({
      sample,
      bytes: corpus.cipher.store(vector, placeIn(seals, space.fingerprint, sample))
    }))
  )
}

/** Unsealed templates are bound to nothing. */
function placeIn (seals: Seals, fingerprint: string, sample: string): Place {
  return placeOfSample({ fingerprint, ...seals.get(sample) ?? { sample, identity: null, group: null, version: null } })
}

function otherTemplate (sample: string, model: string): Problem {
  return new Problem(
    'template-exists',
    `sample ${JSON.stringify(sample)}: expected the stored template of model "${model}", received another`,
    { sample }
  )
}

function otherLabel (label: 'identity' | 'group', sample: string, stored: string, received: string): Problem {
  return new Problem(
    'template-exists',
    `sample ${JSON.stringify(sample)}: expected ${label} ${JSON.stringify(stored)} as before, received ${
      JSON.stringify(received)
    }`,
    { sample }
  )
}
