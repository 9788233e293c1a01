import { Problem } from '../../../errors.js'
import type { Session } from '../../../platform/database/database.js'
import { setAttributes, setQualities, type Attributes } from './enrolment.js'
import type { RemovedSubjects } from './galleries.js'
import type { OpenShard } from './head.js'
import { removeSubject, removeTemplates } from './removal.js'
import { requireRow } from './subject-rows.js'
import { servingTemplates } from './serving.js'

type QualityChange = number | null

/** Changes of a subject as a merge patch (RFC 7396): null removes a member, absent members stay. */
export interface SubjectPatch {
  readonly attributes?: Readonly<Record<string, string | number | boolean | null>> | null | undefined
  /** For all templates, for those of one model, or for one template by model and name. */
  readonly quality?:
    | QualityChange
    | Readonly<Record<string, QualityChange | Readonly<Record<string, QualityChange>>>>
    | undefined
}

interface ShownTemplate {
  readonly ordinal: string
  readonly model: string
  readonly reference: string
}

/** The limit in the schema of attributes. */
const maxAttributes = 32

/**
 * Changes attributes and qualities, with the shard locked; the templates themselves stay as they are.
 * @throws Problem `subject-unknown`, `template-unknown`; `request-invalid` when there would be too many attributes
 */
export async function patchSubject (
  session: Session,
  shard: OpenShard,
  subject: string,
  { attributes, quality }: SubjectPatch
): Promise<void> {
  const row = await requireRow(session, shard.id, subject)
  if (attributes !== undefined) {
    await setAttributes(session, shard, new Map([[subject, mergeAttributes(row.attributes, attributes)]]))
  }
  if (quality !== undefined) {
    await setQualities(
      session,
      shard,
      qualitiesOf(await shownTemplates(session, shard, row.number), quality, subject)
    )
  }
}

/**
 * Removes the templates that a model or a map made under one name, or under every name, and their translations in an
 * open migration; with the shard locked. A subject is removed with its last template, as it is created with its first.
 *
 * @throws Problem `subject-unknown`, `template-unknown`
 */
export async function removeSubjectTemplates (
  session: Session,
  shard: OpenShard,
  subject: string,
  model: string,
  reference: string | undefined
): Promise<RemovedSubjects> {
  const { number } = await requireRow(session, shard.id, subject)
  const shown = await shownTemplates(session, shard, number)
  const chosen = shown.filter(template =>
    template.model === model && (reference === undefined || template.reference === reference)
  )
  if (chosen.length === 0) throw unknownTemplate(subject, model, reference)
  if (chosen.length === shown.length) {
    return { subjects: 1, templates: await removeSubject(session, shard, subject) ?? 0 }
  }
  const ordinals = chosen.map(({ ordinal }) => ordinal)
  const { rows: copies } = await session.query<{ ordinal: string }>(
    `SELECT ordinal FROM gallery_templates WHERE gallery_id = $1 AND original = ANY ($2::bigint[])
     UNION
     -- Rows from before originals were recorded: by the name, which is the original's unless that was taken.
     SELECT copy.ordinal FROM gallery_templates copy
     JOIN gallery_migrations m ON m.gallery_id = $1 AND m.id = copy.migration_id AND m.state IN ('running', 'ready')
     JOIN gallery_templates chosen ON chosen.gallery_id = $1 AND chosen.ordinal = ANY ($2::bigint[])
       AND chosen.fingerprint = m.source_fingerprint AND chosen.reference = copy.reference
     WHERE copy.gallery_id = $1 AND copy.subject_number = $3 AND copy.original IS NULL`,
    [shard.id, ordinals, number]
  )
  const removed = [...new Set([...ordinals, ...copies.map(({ ordinal }) => ordinal)])]
  await removeTemplates(session, shard, removed.map(Number))
  return { subjects: 0, templates: removed.length }
}

/** The templates of a subject that callers see. */
async function shownTemplates (session: Session, shard: OpenShard, number: string): Promise<ShownTemplate[]> {
  const { rows } = await session.query<ShownTemplate>(
    `SELECT t.ordinal, models.id AS model, t.reference FROM ${servingTemplates} t JOIN models USING (fingerprint)
     WHERE t.gallery_id = $1 AND t.subject_number = $2`,
    [shard.id, number]
  )
  return rows
}

function mergeAttributes (stored: Attributes, patch: NonNullable<SubjectPatch['attributes']> | null): Attributes {
  const kept = Object.entries({ ...patch === null ? {} : stored, ...patch }).filter((
    entry
  ): entry is [string, string | number | boolean] => entry[1] !== null)
  if (kept.length > maxAttributes) {
    throw new Problem(
      'request-invalid',
      `body: attributes: expected at most ${maxAttributes} after the change, received ${kept.length}`
    )
  }
  return Object.fromEntries(kept)
}

/** @returns by ordinal */
function qualitiesOf (
  templates: readonly ShownTemplate[],
  quality: NonNullable<SubjectPatch['quality']> | null,
  subject: string
): Map<string, QualityChange> {
  const chosen = new Map<string, QualityChange>()
  const choose = (value: QualityChange, model?: string, reference?: string) => {
    const named = templates.filter(template =>
      (model === undefined || template.model === model) && (reference === undefined || template.reference === reference)
    )
    if (named.length === 0 && model !== undefined) throw unknownTemplate(subject, model, reference)
    for (const { ordinal } of named) chosen.set(ordinal, value)
  }
  if (quality === null || typeof quality === 'number') choose(quality)
  else {
    for (const [model, ofModel] of Object.entries(quality)) {
      if (ofModel === null || typeof ofModel === 'number') choose(ofModel, model)
      else for (const [reference, value] of Object.entries(ofModel)) choose(value, model, reference)
    }
  }
  return chosen
}

function unknownTemplate (subject: string, model: string, reference: string | undefined): Problem {
  return new Problem(
    'template-unknown',
    `subject ${JSON.stringify(subject)} has no template of model "${model}"${
      reference === undefined ? '' : ` under the name ${JSON.stringify(reference)}`
    }`
  )
}
