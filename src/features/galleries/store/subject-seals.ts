import { randomUUID } from 'node:crypto'
import type { TemplateMatrix } from '../../../science/linear-algebra/matrix.js'
import { placeOfReference, type Place, type SubjectSeal } from '../../../platform/encryption/places.js'
import type { Session } from '../../../platform/database/database.js'
import type { OpenShard } from './head.js'

interface StoredSeal extends SubjectSeal {
  readonly number: string
}
interface BoundTemplate {
  ordinal: string
  number: string
  reference: string
  fingerprint: string
  dimension: number
  migration: string | null
  vector: Buffer
}

/** Subjects resealed per query. */
const subjectsPerReseal = 500

/** The columns of subject `s` that its sealed templates are bound to; empty when the gallery is not encrypted. */
export const sealColumns = ({ encrypted }: OpenShard): string =>
  encrypted ? 's.subject, s.version, s.attributes' : 's.subject'

/** A stored template of one space; includes the columns of its subject that a sealed one is bound to. */
export interface StoredReference extends Partial<Omit<SubjectSeal, 'subject'>> {
  readonly subject: string
  readonly ordinal: string
  readonly reference: string
  readonly migration: string | null
  readonly vector: Buffer
}

/** Decodes the templates of rows and omits those that do not open or decode. */
export function openRows<Row extends StoredReference> (
  shard: OpenShard,
  fingerprint: string,
  dimension: number,
  rows: readonly Row[]
): { opened: Row[], templates: TemplateMatrix } {
  const data = new Float32Array(rows.length * dimension)
  const { cipher } = shard
  const opened: Row[] = []
  const unopened: Row[] = []
  for (const row of rows) {
    const template = cipher.open(
      row.vector,
      shard.encrypted ? placeOfReference({ ...unbound(row.subject), ...row, fingerprint }) : nowhere,
      dimension
    )
    if (template === undefined) {
      unopened.push(row)
    } else {
      data.set(template, opened.length * dimension)
      opened.push(row)
    }
  }
  shard.unopened(unopened.map(({ ordinal }) => ({ ordinal, fingerprint })))
  return {
    opened,
    templates: { rows: opened.length, cols: dimension, data: data.subarray(0, opened.length * dimension) }
  }
}

/** What the templates of these subjects are bound to, by subject name; empty when the gallery is not encrypted. */
export async function sealsOf (
  session: Session,
  shard: OpenShard,
  subjects: readonly string[]
): Promise<ReadonlyMap<string, SubjectSeal>> {
  if (!shard.encrypted) return new Map()
  // One look-up per row by subject, see `placeTranslated`.
  const { rows } = await session.query<SubjectSeal>(
    `SELECT s.subject, s.version, s.attributes FROM unnest($2::text[]) AS given (subject)
     CROSS JOIN LATERAL (SELECT * FROM gallery_subjects k WHERE k.gallery_id = $1 AND k.subject = given.subject LIMIT 1) s`,
    [shard.id, [...new Set(subjects)]]
  )
  return new Map(rows.map(row => [row.subject, row]))
}

const nowhere: Place = { name: [], bound: [] }

/** Unsealed templates are bound to nothing. */
export const unbound = (subject: string): SubjectSeal => ({ subject, version: null, attributes: {} })

/**
 * Changes what the templates of subjects are bound to and gives the subjects a new version, so that nothing the change
 * removed opens again. Remaining templates are resealed. Runs with the shard locked.
 *
 * @param numbers of subjects
 */
export async function rebindSubjects (
  session: Session,
  shard: OpenShard,
  numbers: readonly string[],
  change: () => Promise<void>
): Promise<void> {
  if (!shard.encrypted || numbers.length === 0) return await change()
  const before = await sealsByNumber(session, shard, numbers)
  await change()
  for (let start = 0; start < before.size; start += subjectsPerReseal) {
    await reseal(session, shard, new Map([...before].slice(start, start + subjectsPerReseal)))
  }
}

async function reseal (
  session: Session,
  shard: OpenShard,
  before: ReadonlyMap<string, StoredSeal>
): Promise<void> {
  const { cipher } = shard
  const numbers = [...before.keys()]
  await session.query(
    `UPDATE gallery_subjects stored SET version = given.version FROM unnest($2::bigint[], $3::uuid[]) AS given (number, version)
     WHERE gallery_id = $1 AND stored.number = given.number`,
    [shard.id, numbers, numbers.map(() => randomUUID())]
  )
  const after = await sealsByNumber(session, shard, numbers)
  const { rows } = await session.query<BoundTemplate>(
    `SELECT t.ordinal, t.subject_number AS number, t.reference, t.fingerprint, t.dimension, t.migration_id AS migration, t.vector
     FROM gallery_templates t WHERE t.gallery_id = $1 AND t.subject_number = ANY ($2::bigint[])`,
    [shard.id, numbers]
  )
  for (const width of new Set(rows.map(({ vector }) => vector.length))) {
    const sealed = rows.filter(({ vector }) => vector.length === width).flatMap(
      ({ number, dimension, vector, ...row }) => {
        const template = cipher.open(vector, placeOfReference({ ...row, ...before.get(number)! }), dimension)
        // A template that did not open before stays unreadable.
        return template !== undefined
          ? [{
            ordinal: row.ordinal,
            bytes: cipher.store(template, placeOfReference({ ...row, ...after.get(number)! }))
          }]
          : []
      }
    )
    await session.query(
      `UPDATE gallery_templates stored SET vector = substring($3::bytea FROM (place::integer - 1) * $4 + 1 FOR $4)
       FROM unnest($2::bigint[]) WITH ORDINALITY AS given (ordinal, place)
       WHERE gallery_id = $1 AND stored.ordinal = given.ordinal`,
      [shard.id, sealed.map(({ ordinal }) => ordinal), Buffer.concat(sealed.map(({ bytes }) => bytes)), width]
    )
  }
}

async function sealsByNumber (
  session: Session,
  shard: OpenShard,
  numbers: readonly string[]
): Promise<Map<string, StoredSeal>> {
  const { rows } = await session.query<StoredSeal>(
    'SELECT number, subject, version, attributes FROM gallery_subjects WHERE gallery_id = $1 AND number = ANY ($2::bigint[])',
    [shard.id, numbers]
  )
  return new Map(rows.map(row => [row.number, row]))
}
