import { randomUUID } from 'node:crypto'
import type { Database } from '../../../platform/database/database.js'
import type { Vault } from '../../../platform/encryption/vault.js'
import type { Page } from '../../../platform/database/page.js'
import { addCounts, enrol, nothingEnrolled, setAttributes, type Attributes, type EnrolledCounts, type EnrolledSpace, type EnrolledTemplate } from './enrolment.js'
import { changeGallery, openGallery, takePositions } from './head.js'
import { removeSubject } from './removal.js'
import { findSubject, unknownSubject, type SubjectRow } from './subject-rows.js'
import type { RemovedSubjects } from './galleries.js'
import { patchSubject, removeSubjectTemplates, type SubjectPatch } from './subject-changes.js'

/** Templates of one space that are enrolled together. */
export interface EnrolledBatch { readonly space: EnrolledSpace, readonly rows: readonly EnrolledTemplate[] }

export interface StoredSubject {
  subject: string
  attributes: Attributes
  createdAt: string
}

/** What is known of a template beside its numbers. */
export interface StoredReference {
  reference: string
  model: string
  fingerprint: string
  provenance: 'native' | 'translated'
  /** Id of the map that translated it; null for a native one. */
  map: string | null
  quality: number | null
  /** Of a translated one, from 0 to 1; null where it is not known. */
  uncertainty: number | null
  enrolledAt: string
}

interface ReferenceRow { reference: string, model: string, fingerprint: string, map_id: string | null, quality: number | null, uncertainty: number | null, enrolled_at: Date }

/** The subjects of galleries and their templates. */
export function createSubjectRepository (database: Database, vault: Vault) {
  return {
    /**
     * Adds templates, all of them or none; see `enrol`.
     * @throws Problem `gallery-unknown`, `template-exists`
     */
    async enrol (gallery: string, batches: readonly EnrolledBatch[]): Promise<EnrolledCounts> {
      return await changeGallery(database, vault, gallery, async (session, open) => {
        let sum = nothingEnrolled
        for (const { space, rows } of batches) sum = addCounts(sum, await enrol(session, open, space, rows))
        return sum
      })
    },

    /**
     * Makes a subject what is given: with these attributes and these templates, and no other.
     * @returns whether there was none before, and how many templates went
     * @throws Problem `gallery-unknown`, `template-exists` when two templates have one name
     */
    async replace (gallery: string, subject: string, attributes: Attributes, batches: readonly EnrolledBatch[]): Promise<{ created: boolean, removed: number }> {
      return await changeGallery(database, vault, gallery, async (session, open) => {
        const removed = await removeSubject(session, open, subject)
        const before = await takePositions(session, open, 1)
        await session.query('INSERT INTO gallery_subjects (gallery_id, subject, number, version) VALUES ($1, $2, $3, $4)', [gallery, subject, before + 1, randomUUID()])
        await setAttributes(session, open, new Map([[subject, attributes]]))
        for (const { space, rows } of batches) await enrol(session, open, space, rows)
        return { created: removed === undefined, removed: removed ?? 0 }
      })
    },

    /** See `patchSubject`. @throws Problem `gallery-unknown`, `subject-unknown`, `template-unknown`, `request-invalid` */
    async patch (gallery: string, subject: string, patch: SubjectPatch): Promise<void> {
      await changeGallery(database, vault, gallery, async (session, open) => await patchSubject(session, open, subject, patch))
    },

    /** See `removeSubjectTemplates`. @throws Problem `gallery-unknown`, `subject-unknown`, `template-unknown` */
    async removeTemplates (gallery: string, subject: string, model: string, reference: string | undefined): Promise<RemovedSubjects> {
      return await changeGallery(database, vault, gallery, async (session, open) => await removeSubjectTemplates(session, open, subject, model, reference))
    },

    /** @returns how many templates went @throws Problem `gallery-unknown`, `subject-unknown` */
    async remove (gallery: string, subject: string): Promise<number> {
      return await changeGallery(database, vault, gallery, async (session, open) => {
        const templates = await removeSubject(session, open, subject)
        if (templates === undefined) throw unknownSubject(subject)
        return templates
      })
    },

    /** @throws Problem `gallery-unknown`, `subject-unknown` */
    async get (gallery: string, subject: string): Promise<StoredSubject & { templates: StoredReference[] }> {
      await openGallery(database, vault, gallery)
      const row = await findSubject(database, gallery, subject)
      const { rows } = await database.query<ReferenceRow>(
        `SELECT t.reference, models.id AS model, t.fingerprint, m.map_id, t.quality, t.uncertainty, t.enrolled_at
         FROM serving_templates t JOIN models USING (fingerprint)
         LEFT JOIN gallery_migrations m ON m.gallery_id = $1 AND m.id = t.migration_id
         WHERE t.gallery_id = $1 AND t.subject_number = $2 ORDER BY t.ordinal`, [gallery, row.number])
      return {
        ...subjectOf(row),
        templates: rows.map(({ map_id: map, enrolled_at: enrolledAt, ...rest }) =>
          ({ ...rest, map, provenance: map === null ? 'native' : 'translated', enrolledAt: enrolledAt.toISOString() }))
      }
    },

    /**
     * @param after name of the last subject of the page before
     * @throws Problem `gallery-unknown`
     */
    async list (gallery: string, { limit, after, attributes }: { limit: number, after?: string | undefined, attributes?: Attributes | undefined }): Promise<Page<StoredSubject>> {
      await openGallery(database, vault, gallery)
      const { rows } = await database.query<SubjectRow>(
        `SELECT subject, number, attributes, created_at FROM gallery_subjects
         WHERE gallery_id = $1 AND subject > $2 AND attributes @> $3::jsonb ORDER BY subject LIMIT $4`,
        [gallery, after ?? '', JSON.stringify(attributes ?? {}), limit + 1])
      return { items: rows.slice(0, limit).map(subjectOf), next: rows.length > limit ? rows[limit - 1]!.subject : null }
    }
  }
}

function subjectOf (row: SubjectRow): StoredSubject {
  return { subject: row.subject, attributes: row.attributes, createdAt: row.created_at.toISOString() }
}
