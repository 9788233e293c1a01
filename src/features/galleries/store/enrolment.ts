import { randomUUID } from 'node:crypto'
import { Problem } from '../../../errors.js'
import { bytesOfFloat32 } from '../../../science/template/float32.js'
import type { Session } from '../../../platform/database/database.js'
import { placeOfReference } from '../../../platform/encryption/places.js'
import { takePositions, type OpenShard } from './head.js'
import { removeTemplates } from './removal.js'
import { serves } from './serving.js'
import { rebindSubjects, sealsOf, unbound } from './subject-seals.js'

/** Values that filter searches. */
export type Attributes = Readonly<Record<string, string | number | boolean>>

/** A template that a model made of a subject. */
export interface EnrolledTemplate {
  readonly subject: string
  /** Name of the template, unique per subject and model. */
  readonly reference: string
  /** Replace those of the subject; when absent the subject keeps its own. */
  readonly attributes?: Attributes | undefined
  readonly quality: number | null
  readonly vector: Float32Array
}

/** The space of the templates. */
export interface EnrolledSpace {
  readonly model: string
  readonly fingerprint: string
  readonly dimension: number
}

export interface EnrolledCounts {
  /** New templates. */
  added: number
  /** Templates that the gallery already had, number for number. */
  unchanged: number
  /** Translated templates that native ones replaced; included in `added`. */
  replaced: number
  /** Unchanged templates whose quality was updated; included in `unchanged`. */
  corrected: number
}

export const nothingEnrolled: EnrolledCounts = { added: 0, unchanged: 0, replaced: 0, corrected: 0 }

export function addCounts (a: EnrolledCounts, b: EnrolledCounts): EnrolledCounts {
  return {
    added: a.added + b.added,
    unchanged: a.unchanged + b.unchanged,
    replaced: a.replaced + b.replaced,
    corrected: a.corrected + b.corrected
  }
}

/** Maximum bytes of vectors per statement, whose parameters are written in one go. */
const statementBytes = 2 ** 19

/**
 * Adds templates of one space, with the shard locked. A subject is created with its first template. An existing
 * template with the same numbers is left alone except for its quality, so that an enrolment can be repeated. A
 * translated template is replaced.
 *
 * @throws Problem `template-exists` when a subject has another template of this model under the name
 */
export async function enrol (
  session: Session,
  shard: OpenShard,
  space: EnrolledSpace,
  rows: readonly EnrolledTemplate[]
): Promise<EnrolledCounts> {
  const counts: EnrolledCounts = { ...nothingEnrolled }
  const step = Math.max(1, Math.floor(statementBytes / (4 * space.dimension)))
  for (let start = 0; start < rows.length; start += step) {
    const part = rows.slice(start, start + step)
    const subjects = [...new Set(part.map(({ subject }) => subject))]
    // For both at once: whoever enrols in this gallery waits for each statement between here and the commit.
    const before = await takePositions(session, shard, subjects.length + part.length)
    await addSubjects(session, shard, part, subjects, before)
    const inserted = await insertTemplates(session, shard, space, part, before + subjects.length)
    counts.added += inserted.size
    const left = part.filter((_, i) => !inserted.has(i))
    const { replaced, corrected } = await makeRoom(session, shard, space, left)
    counts.corrected += corrected
    if (replaced.length > 0) {
      const after = await takePositions(session, shard, replaced.length)
      counts.added += (await insertTemplates(session, shard, space, replaced, after)).size
    }
    counts.replaced += replaced.length
    counts.unchanged += left.length - replaced.length
  }
  return counts
}

/**
 * @param subjects of the rows, each once
 * @param before the position before those reserved for them
 */
async function addSubjects (
  session: Session,
  shard: OpenShard,
  rows: readonly EnrolledTemplate[],
  subjects: readonly string[],
  before: number
): Promise<void> {
  await session.query(
    `INSERT INTO gallery_subjects (gallery_id, subject, number, version)
     SELECT $1, subject, $2::bigint + place, version FROM unnest($3::text[], $4::uuid[]) WITH ORDINALITY AS given (subject, version, place)
     ON CONFLICT (gallery_id, subject) DO NOTHING`,
    [shard.id, before, subjects, subjects.map(() => randomUUID())]
  )
  await setAttributes(
    session,
    shard,
    new Map(rows.flatMap(({ subject, attributes }) => attributes === undefined ? [] : [[subject, attributes]]))
  )
}

/** Sets attributes of existing subjects, with the shard locked. */
export async function setAttributes (
  session: Session,
  shard: OpenShard,
  attributes: ReadonlyMap<string, Attributes>
): Promise<void> {
  if (attributes.size === 0) return
  const given = [[...attributes.keys()], [...attributes.values()].map(value => JSON.stringify(value))]
  const { rows: changed } = await session.query<{ number: string }>(
    `SELECT s.number FROM unnest($2::text[], $3::jsonb[]) AS given (subject, attributes)
     CROSS JOIN LATERAL (SELECT number, attributes FROM gallery_subjects k WHERE k.gallery_id = $1 AND k.subject = given.subject LIMIT 1) s
     WHERE s.attributes <> given.attributes`,
    [shard.id, ...given]
  )
  if (changed.length === 0) return
  await rebindSubjects(session, shard, changed.map(({ number }) => number), async () => {
    await session.query(
      `UPDATE gallery_subjects stored SET attributes = given.attributes
       FROM unnest($2::text[], $3::jsonb[]) AS given (subject, attributes)
       WHERE gallery_id = $1 AND stored.subject = given.subject AND stored.attributes <> given.attributes`,
      [shard.id, ...given]
    )
  })
}

/**
 * All vectors travel as one binary value, see `insertVectors` of corpora; the subquery is a key look-up per row.
 *
 * @param before the position before those reserved for the rows
 * @returns indices of the rows that were inserted; the others have a template of this space under their name
 */
async function insertTemplates (
  session: Session,
  shard: OpenShard,
  { fingerprint, dimension }: EnrolledSpace,
  rows: readonly EnrolledTemplate[],
  before: number
): Promise<Set<number>> {
  const { cipher } = shard
  const seals = await sealsOf(session, shard, rows.map(({ subject }) => subject))
  const placeOf = ({ subject, reference }: EnrolledTemplate, i: number) =>
    placeOfReference({
      ...seals.get(subject) ?? unbound(subject),
      fingerprint,
      reference,
      ordinal: before + i + 1,
      migration: null
    })
  const { rows: inserted } = await session.query<{ ordinal: string }>(
    `INSERT INTO gallery_templates (gallery_id, ordinal, subject_number, reference, fingerprint, dimension, vector, quality)
     SELECT $1, $2::bigint + place, (SELECT number FROM gallery_subjects s WHERE s.gallery_id = $1 AND s.subject = given.subject), reference, $3, $4,
       substring($8::bytea FROM (place::integer - 1) * $9 + 1 FOR $9), quality
     FROM unnest($5::text[], $6::text[], $7::real[]) WITH ORDINALITY AS given (subject, reference, quality, place)
     ON CONFLICT (gallery_id, fingerprint, subject_number, reference) DO NOTHING
     RETURNING ordinal`,
    [
      shard.id,
      before,
      fingerprint,
      dimension,
      rows.map(({ subject }) => subject),
      rows.map(({ reference }) => reference),
      rows.map(({ quality }) => quality === null ? null : Math.fround(quality)),
      Buffer.concat(rows.map((row, i) => cipher.store(row.vector, placeOf(row, i)))),
      4 * dimension + cipher.overhead
    ]
  )
  return new Set(inserted.map(({ ordinal }) => Number(ordinal) - before - 1))
}

interface ExistingRow {
  place: number
  ordinal: string
  vector: Buffer
  quality: number | null
  migration: string | null
  serves: boolean
  version: string | null
  attributes: Attributes
}

/**
 * Removes templates that give way to a native one: a translated template, one that no longer serves and awaits
 * deletion, and one that does not open or decode.
 *
 * @returns the rows that can now be inserted, and how many of the other, already stored rows got another quality
 * @throws Problem `template-exists`
 */
async function makeRoom (
  session: Session,
  shard: OpenShard,
  { model, fingerprint, dimension }: EnrolledSpace,
  rows: readonly EnrolledTemplate[]
): Promise<{ replaced: EnrolledTemplate[], corrected: number }> {
  if (rows.length === 0) return { replaced: [], corrected: 0 }
  // One look-up per row by subject, see `placeTranslated`.
  const { rows: existing } = await session.query<ExistingRow>(
    `SELECT place::integer, t.ordinal, t.vector, t.quality, t.migration_id AS migration, s.version, s.attributes,
       ${serves('t')} AS serves
     FROM unnest($3::text[], $4::text[]) WITH ORDINALITY AS given (subject, reference, place)
     CROSS JOIN LATERAL (SELECT number, version, attributes FROM gallery_subjects k WHERE k.gallery_id = $1 AND k.subject = given.subject LIMIT 1) s
     CROSS JOIN LATERAL (SELECT ordinal, fingerprint, vector, quality, migration_id FROM gallery_templates k
       WHERE k.gallery_id = $1 AND k.subject_number = s.number AND k.fingerprint || '' = $2 AND k.reference = given.reference LIMIT 1) t`,
    [shard.id, fingerprint, rows.map(({ subject }) => subject), rows.map(({ reference }) => reference)]
  )
  const { cipher } = shard
  const room = new Map<string, EnrolledTemplate>()
  const qualities = new Map<string, number>()
  for (const { place, ordinal, vector, quality, migration, serves, ...seal } of existing) {
    const row = rows[place - 1]!
    const { subject, reference } = row
    const stored = migration !== null || !serves
      ? undefined
      : cipher.open(
        vector,
        placeOfReference({ ...seal, fingerprint, subject, reference, ordinal, migration }),
        dimension
      )
    if (migration === null && serves && stored === undefined) shard.unopened([{ ordinal, fingerprint }])
    const givesWay = stored === undefined
    // Two rows of one request may claim the same place.
    const there = stored ?? room.get(ordinal)?.vector
    if (there !== undefined && !bytesOfFloat32(there).equals(bytesOfFloat32(row.vector))) {
      throw new Problem(
        'template-exists',
        `subject ${JSON.stringify(subject)}: expected the template of model "${model}" that it has under the name ${
          JSON.stringify(reference)
        }, received another. ` +
          'Give it another name in "reference", or replace the subject',
        { subject, reference }
      )
    }
    if (givesWay) room.set(ordinal, row)
    else if (row.quality !== null && Math.fround(row.quality) !== quality) qualities.set(ordinal, row.quality)
  }
  await removeTemplates(session, shard, [...room.keys()].map(Number))
  await setQualities(session, shard, qualities)
  return { replaced: [...room.values()], corrected: qualities.size }
}

/**
 * Sets qualities of templates and of their translations in an open migration. @param qualities by ordinal; null removes
 * one
 */
export async function setQualities (
  session: Session,
  shard: OpenShard,
  qualities: ReadonlyMap<string, number | null>
): Promise<void> {
  if (qualities.size === 0) return
  await session.query(
    `WITH given AS (SELECT * FROM unnest($2::bigint[], $3::real[]) AS given (ordinal, quality)),
       copies AS (UPDATE gallery_templates copy SET quality = given.quality FROM given WHERE gallery_id = $1 AND copy.original = given.ordinal)
     UPDATE gallery_templates stored SET quality = given.quality FROM given WHERE gallery_id = $1 AND stored.ordinal = given.ordinal`,
    [
      shard.id,
      [...qualities.keys()],
      [...qualities.values()].map(quality => quality === null ? null : Math.fround(quality))
    ]
  )
}
