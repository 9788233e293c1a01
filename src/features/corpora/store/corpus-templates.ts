import { Problem } from '../../../errors.js'
import { bytesOfFloat32 } from '../../../science/template/float32.js'
import type { OpenCorpus } from './open-corpus.js'
import type { Session } from '../../../platform/database/database.js'
import { loadSample } from './stored-samples.js'

export interface TemplateRow {
  sample: string
  /** Label of the person, null when it is not known. */
  identity: string | null
  /** Label of the group that metrics are broken down by, none when it is not known. */
  group?: string | null
  vector: Float32Array
}

/** Templates of one space. */
export interface TemplateBatch {
  readonly fingerprint: string
  readonly rows: readonly TemplateRow[]
}

/** Vectors of one statement at most, bytes. */
const statementBytes = 16 * 2 ** 20

/** Inside a transaction that has locked the corpus; see the repository for the contract. */
export async function addTemplates (
  session: Session, corpus: OpenCorpus, fingerprint: string, given: readonly TemplateRow[]
): Promise<{ added: number, unchanged: number }> {
  const { rows: [model] } = await session.query<{ id: string, dimension: number }>(
    'SELECT id, dimension FROM models WHERE fingerprint = $1', [fingerprint])
  if (model === undefined) throw new Problem('model-unknown', `no model has the fingerprint ${JSON.stringify(fingerprint)}`)
  given.forEach(({ vector }, index) => {
    if (vector.length !== model.dimension) {
      throw new Problem('template-invalid',
        `templates[${index}]: expected ${model.dimension} numbers for model "${model.id}", received ${vector.length}`)
    }
  })

  const rows = withoutRepetitions(given, model.id)
  let added = 0
  const step = Math.max(1, Math.floor(statementBytes / (4 * model.dimension)))
  for (let start = 0; start < rows.length; start += step) {
    const part = rows.slice(start, start + step)
    await addSamples(session, corpus.id, part)
    const inserted = await insertVectors(session, corpus, fingerprint, model.dimension, part)
    const left = part.filter(({ sample }) => !inserted.has(sample))
    added += inserted.size + await replaceUnusable(session, corpus, { ...model, fingerprint }, left)
  }
  return { added, unchanged: given.length - added }
}

/** A sample that occurs twice has to agree with itself as it has to agree with what is stored. */
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
    rows.set(row.sample, { ...first, identity: first.identity ?? row.identity, group: group ?? other })
  }
  return [...rows.values()]
}

async function addSamples (session: Session, corpus: string, rows: readonly TemplateRow[]): Promise<void> {
  const samples = rows.map(({ sample }) => sample)
  const identities = rows.map(({ identity }) => identity)
  const groups = rows.map(({ group }) => group ?? null)
  for (const [label, column, given] of [['identity', 'identity', identities], ['group', 'group_label', groups]] as const) {
    if (given.every(value => value === null)) continue
    const { rows: [contradiction] } = await session.query<{ sample: string, stored: string, received: string }>(
      `SELECT sample, received, stored
       FROM (SELECT sample, received, (SELECT ${column} FROM samples WHERE corpus_id = $1 AND samples.sample = given.sample) AS stored
             FROM unnest($2::text[], $3::text[]) AS given (sample, received)) compared
       WHERE stored <> received
       LIMIT 1`, [corpus, samples, given])
    if (contradiction !== undefined) throw otherLabel(label, contradiction.sample, contradiction.stored, contradiction.received)
  }
  // A label that comes later than the sample is taken; one that is missing now takes none away.
  await session.query(
    `INSERT INTO samples (corpus_id, sample, identity, group_label)
     SELECT $1, sample, identity, group_label FROM unnest($2::text[], $3::text[], $4::text[]) AS given (sample, identity, group_label)
     ON CONFLICT (corpus_id, sample) DO UPDATE SET identity = coalesce(samples.identity, excluded.identity),
       group_label = coalesce(samples.group_label, excluded.group_label)
     WHERE samples.identity IS NULL AND excluded.identity IS NOT NULL OR samples.group_label IS NULL AND excluded.group_label IS NOT NULL`,
    [corpus, samples, identities, groups])
}

/**
 * All vectors travel as one binary value and are cut by the server. An array of bytea travels as hexadecimal text: for
 * 10,000 rows of 512-d PGlite then takes 1.6 s instead of 0.5 s.
 *
 * @returns samples that had no template of this space
 */
async function insertVectors (
  session: Session, { id, cipher }: OpenCorpus, fingerprint: string, dimension: number, rows: readonly TemplateRow[]
): Promise<Set<string>> {
  const { rows: inserted } = await session.query<{ sample: string }>(
    `INSERT INTO sample_templates (corpus_id, sample, fingerprint, dimension, vector)
     SELECT $1, sample, $2, $3, substring($5::bytea FROM (position::integer - 1) * $6 + 1 FOR $6)
     FROM unnest($4::text[]) WITH ORDINALITY AS given (sample, position)
     ON CONFLICT DO NOTHING
     RETURNING sample`,
    [
      id, fingerprint, dimension, rows.map(({ sample }) => sample),
      Buffer.concat(rows.map(({ sample, vector }) => cipher.store(vector, [fingerprint, sample]))), 4 * dimension + cipher.overhead
    ])
  return new Set(inserted.map(({ sample }) => sample))
}

/**
 * Rows that are no templates give way to those that are given; every other has to be what it is.
 *
 * The subquery, here as above, is a look-up by key for each row. A join is planned with the statistics of before the
 * upload, and has taken 18 s for 10,000 rows.
 *
 * @returns how many gave way
 * @throws Problem `template-exists`
 */
async function replaceUnusable (
  session: Session, { id, cipher }: OpenCorpus, { id: model, fingerprint, dimension }: { id: string, fingerprint: string, dimension: number }, rows: readonly TemplateRow[]
): Promise<number> {
  if (rows.length === 0) return 0
  const { rows: stored } = await session.query<{ sample: string, vector: Buffer }>(
    `SELECT sample, (SELECT vector FROM sample_templates stored
                     WHERE corpus_id = $1 AND fingerprint = $2 AND stored.sample = given.sample) AS vector
     FROM unnest($3::text[]) AS given (sample)`,
    [id, fingerprint, rows.map(({ sample }) => sample)])
  const given = new Map(rows.map(({ sample, vector }) => [sample, vector]))
  const unusable: string[] = []
  for (const { sample, vector } of stored) {
    const template = loadSample(cipher, { sample, fingerprint }, dimension, vector)
    if (template === undefined) unusable.push(sample)
    else if (!bytesOfFloat32(template).equals(bytesOfFloat32(given.get(sample)!))) throw otherTemplate(sample, model)
  }
  for (const sample of unusable) {
    await session.query('UPDATE sample_templates SET vector = $4, usable = true WHERE corpus_id = $1 AND sample = $2 AND fingerprint = $3',
      [id, sample, fingerprint, cipher.store(given.get(sample)!, [fingerprint, sample])])
  }
  return unusable.length
}

function otherTemplate (sample: string, model: string): Problem {
  return new Problem('template-exists',
    `sample ${JSON.stringify(sample)}: expected the template it has under model "${model}", received another`, { sample })
}

function otherLabel (label: 'identity' | 'group', sample: string, stored: string, received: string): Problem {
  return new Problem('template-exists',
    `sample ${JSON.stringify(sample)}: expected ${label} ${JSON.stringify(stored)} as before, received ${JSON.stringify(received)}`, { sample })
}
