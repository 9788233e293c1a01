import { randomUUID } from 'node:crypto'
import type { Database, Session } from '../../../platform/database/database.js'
import type { Vault } from '../../../platform/encryption/vault.js'
import type { Page } from '../../../platform/database/page.js'
import {
  entityTag,
  isConditional,
  requirePreconditions,
  unconditional,
  type Preconditions
} from '../../../platform/preconditions.js'
import {
  addCounts,
  enrol,
  nothingEnrolled,
  setAttributes,
  type Attributes,
  type EnrolledCounts,
  type EnrolledSpace,
  type EnrolledTemplate
} from './enrolment.js'
import { requireGallery } from './gallery-contents.js'
import { createGalleryCounts } from './gallery-counts.js'
import {
  changeGallery,
  changeSubject,
  changeSubjects,
  openGallery,
  shardOfSubject,
  takePositions,
  type OpenShard
} from './head.js'
import { removeSubject } from './removal.js'
import { compareSubjects, findRow, requireRow, type SubjectRow } from './subject-rows.js'
import type { RemovedSubjects } from './galleries.js'
import { byPlace } from './shards.js'
import { patchSubject, removeSubjectTemplates, type SubjectPatch } from './subject-changes.js'
import { servingTemplates } from './serving.js'

/** Templates of one space that are enrolled together. */
export interface EnrolledBatch {
  readonly space: EnrolledSpace
  readonly rows: readonly EnrolledTemplate[]
}

export interface StoredSubject {
  subject: string
  attributes: Attributes
  createdAt: string
}

/** The metadata of a template. */
interface StoredReference {
  reference: string
  model: string
  fingerprint: string
  provenance: 'native' | 'translated'
  /** Id of the map that translated it; null for a native template. */
  map: string | null
  quality: number | null
  /** Uncertainty of a translated template, from 0 to 1; null if unknown. */
  uncertainty: number | null
  enrolledAt: string
}

/** A subject and the metadata of its serving templates. */
export interface SubjectContents extends StoredSubject {
  templates: StoredReference[]
  /** Changes whenever any of this changes or a template is replaced. */
  etag: string
}

interface ReferenceRow {
  ordinal: string
  reference: string
  model: string
  fingerprint: string
  map_id: string | null
  quality: number | null
  uncertainty: number | null
  enrolled_at: Date
}

/** The subjects of galleries and their templates. */
export function createSubjectRepository (database: Database, vault: Vault, galleryCounts = createGalleryCounts()) {
  /** @throws Problem `subject-unknown` */
  async function find (session: Session, shard: string, subject: string): Promise<SubjectContents> {
    const row = await requireRow(session, shard, subject)
    const { rows } = await session.query<ReferenceRow>(
      `SELECT t.ordinal, t.reference, models.id AS model, t.fingerprint, m.map_id, t.quality, t.uncertainty, t.enrolled_at
       FROM ${servingTemplates} t JOIN models USING (fingerprint)
       LEFT JOIN gallery_migrations m ON m.gallery_id = $1 AND m.id = t.migration_id
       WHERE t.gallery_id = $1 AND t.subject_number = $2 ORDER BY t.ordinal`,
      [shard, row.number]
    )
    const contents = {
      ...subjectOf(row),
      templates: rows.map((
        { reference, model, fingerprint, map_id: map, quality, uncertainty, enrolled_at: enrolledAt }
      ) => ({
        reference,
        model,
        fingerprint,
        map,
        quality,
        uncertainty,
        provenance: map === null ? 'native' as const : 'translated' as const,
        enrolledAt: enrolledAt.toISOString()
      }))
    }
    // Ordinals are never reused: a template that replaced another has a new one, even within the same millisecond.
    return { ...contents, etag: entityTag(row.number, contents, rows.map(({ ordinal }) => ordinal)) }
  }

  /**
   * Evaluates preconditions on a subject with its shard locked, before it changes.
   * @throws Problem `precondition-failed`
   */
  async function requireSubject (
    session: Session,
    shard: string,
    subject: string,
    preconditions: Preconditions
  ): Promise<void> {
    await requirePreconditions(
      preconditions,
      async () =>
        await findRow(session, shard, subject) === undefined
          ? undefined
          : (await find(session, shard, subject)).etag
    )
  }

  return {
    /**
     * Adds all templates or none; see `enrol`.
     * @param preconditions on the gallery
     * @throws Problem `gallery-unknown`, `template-exists`, `precondition-failed`
     */
    async enrol (
      gallery: string,
      batches: readonly EnrolledBatch[],
      preconditions: Preconditions = unconditional
    ): Promise<EnrolledCounts> {
      if (isConditional(preconditions)) {
        return await changeGallery(database, vault, gallery, async (session, open) => {
          await requireGallery(session, vault, galleryCounts, open, preconditions)
          return await enrolBatches(session, new Map(open.shards.entries()), open.shards.length, batches)
        })
      }
      return await changeSubjects(
        database,
        vault,
        gallery,
        subjectsOf(batches),
        async (session, shards, count) => await enrolBatches(session, shards, count, batches)
      )
    },

    /**
     * Replaces a subject: it has exactly these attributes and these templates afterwards.
     * @returns the subject, whether it was created, and how many templates were removed
     * @throws Problem `gallery-unknown`, `precondition-failed`, `template-exists` when two templates have one name
     */
    async replace (
      gallery: string,
      subject: string,
      attributes: Attributes,
      batches: readonly EnrolledBatch[],
      preconditions: Preconditions = unconditional
    ): Promise<{ subject: SubjectContents, created: boolean, removed: number }> {
      return await changeSubject(database, vault, gallery, subject, async (session, shard) => {
        await requireSubject(session, shard.id, subject, preconditions)
        const removed = await removeSubject(session, shard, subject)
        const before = await takePositions(session, shard, 1)
        await session.query(
          'INSERT INTO gallery_subjects (gallery_id, subject, number, version) VALUES ($1, $2, $3, $4)',
          [shard.id, subject, before + 1, randomUUID()]
        )
        await setAttributes(session, shard, new Map([[subject, attributes]]))
        for (const { space, rows } of batches) await enrol(session, shard, space, rows)
        return {
          subject: await find(session, shard.id, subject),
          created: removed === undefined,
          removed: removed ?? 0
        }
      })
    },

    /**
     * See `patchSubject`.
     * @throws Problem `gallery-unknown`, `subject-unknown`, `template-unknown`, `request-invalid`,
     *   `precondition-failed`
     */
    async patch (
      gallery: string,
      subject: string,
      patch: SubjectPatch,
      preconditions: Preconditions = unconditional
    ): Promise<SubjectContents> {
      return await changeSubject(database, vault, gallery, subject, async (session, shard) => {
        await requireRow(session, shard.id, subject)
        await requireSubject(session, shard.id, subject, preconditions)
        await patchSubject(session, shard, subject, patch)
        return await find(session, shard.id, subject)
      })
    },

    /**
     * See `removeSubjectTemplates`.
     * @throws Problem `gallery-unknown`, `subject-unknown`, `template-unknown`, `precondition-failed`
     */
    async removeTemplates (
      gallery: string,
      subject: string,
      model: string,
      reference: string | undefined,
      preconditions: Preconditions = unconditional
    ): Promise<RemovedSubjects> {
      return await changeSubject(database, vault, gallery, subject, async (session, shard) => {
        await requireRow(session, shard.id, subject)
        await requireSubject(session, shard.id, subject, preconditions)
        return await removeSubjectTemplates(session, shard, subject, model, reference)
      })
    },

    /**
     * @returns how many templates were removed
     * @throws Problem `gallery-unknown`, `subject-unknown`, `precondition-failed`
     */
    async remove (gallery: string, subject: string, preconditions: Preconditions = unconditional): Promise<number> {
      return await changeSubject(database, vault, gallery, subject, async (session, shard) => {
        await requireRow(session, shard.id, subject)
        await requireSubject(session, shard.id, subject, preconditions)
        return (await removeSubject(session, shard, subject))!
      })
    },

    /** A consistent snapshot. @throws Problem `gallery-unknown`, `subject-unknown` */
    async get (gallery: string, subject: string): Promise<SubjectContents> {
      return await database.transaction(async session => {
        const { id } = shardOfSubject(await openGallery(session, vault, gallery), subject)
        return await find(session, id, subject)
      }, { snapshot: true })
    },

    /**
     * @param after name of the last subject of the previous page
     * @throws Problem `gallery-unknown`
     */
    async list (
      gallery: string,
      { limit, after, attributes }: { limit: number, after?: string | undefined, attributes?: Attributes | undefined }
    ): Promise<Page<StoredSubject>> {
      const { shards } = await openGallery(database, vault, gallery)
      const pages = await Promise.all(shards.map(async ({ id }) => {
        const { rows } = await database.query<SubjectRow>(
          `SELECT subject, number, attributes, created_at FROM gallery_subjects
           WHERE gallery_id = $1 AND subject > $2 AND attributes @> $3::jsonb ORDER BY subject LIMIT $4`,
          [id, after ?? '', JSON.stringify(attributes ?? {}), limit + 1]
        )
        return rows
      }))
      const rows = pages.length === 1
        ? pages[0]!
        : pages.flat().sort((a, b) => compareSubjects(a.subject, b.subject)).slice(0, limit + 1)
      return { items: rows.slice(0, limit).map(subjectOf), next: rows.length > limit ? rows[limit - 1]!.subject : null }
    }
  }
}

/** Read where there are several shards only. */
function* subjectsOf (batches: readonly EnrolledBatch[]): Generator<string, void> {
  for (const { rows } of batches) for (const { subject } of rows) yield subject
}

/** @param shards those of the subjects, by place, locked @param count of all shards */
async function enrolBatches (
  session: Session,
  shards: ReadonlyMap<number, OpenShard>,
  count: number,
  batches: readonly EnrolledBatch[]
): Promise<EnrolledCounts> {
  let sum = nothingEnrolled
  for (const { space, rows } of batches) {
    for (const [place, part] of byPlace(rows, count)) {
      sum = addCounts(sum, await enrol(session, shards.get(place)!, space, part))
    }
  }
  return sum
}

function subjectOf (row: SubjectRow): StoredSubject {
  return { subject: row.subject, attributes: row.attributes, createdAt: row.created_at.toISOString() }
}
