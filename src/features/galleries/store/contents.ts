import type { TemplateMatrix } from '../../../science/linear-algebra/matrix.js'
import type { Database } from '../../../platform/database/database.js'
import type { Vault } from '../../../platform/encryption/vault.js'
import type { Attributes } from './enrolment.js'
import { openGallery, type GalleryHead, type OpenGallery } from './head.js'
import { countUnusable, readTemplates, type StoredTemplate } from './stored-templates.js'

/** Serving templates of one space and one provenance: what one calibration holds for. */
export interface TemplateGroup {
  readonly fingerprint: string
  /** The migration that translated them, and its map; null for native ones. */
  readonly migration: { readonly id: string, readonly map: string } | null
  readonly templates: number
}

/** Templates of a group, by the positions at which they came. */
export interface TemplatePage {
  /** (n), ascending */
  readonly ordinals: Float64Array
  /** (n), numbers of their subjects */
  readonly subjects: Float64Array
  /** (n, d), as they were enrolled or translated, not normalised */
  readonly templates: TemplateMatrix
}

/** Who a template is of, for those that a search has found. */
export interface FoundTemplate {
  readonly ordinal: number
  readonly subject: string
  readonly attributes: Attributes
  readonly reference: string
  readonly uncertainty: number | null
}

/** Templates of some subjects. */
export interface SubjectSample {
  readonly subjects: number
  /** (n), index of the subject */
  readonly subjectOf: Int32Array
  /** (n, d), as they were enrolled or translated */
  readonly templates: TemplateMatrix
}

interface PageRow extends StoredTemplate { readonly subject_number: string }
interface GroupRow { fingerprint: string, migration_id: string | null, map_id: string | null, count: string }

/** Bytes of vectors of a page. */
const pageBytes = 8 * 2 ** 20

/**
 * What searches read. Nothing here holds a transaction open: positions tell what belongs to what was read, and an epoch that has
 * changed in between tells that it has to be read anew.
 */
export function createGalleryReader (database: Database, vault: Vault) {
  /** What was removed since the head counts as well: whoever carries the count on takes it away then. */
  async function groupsAfter (gallery: OpenGallery, after: number): Promise<TemplateGroup[]> {
    const { rows } = await database.query<GroupRow>(
      `SELECT fingerprint, migration_id, m.map_id, count FROM (
         SELECT fingerprint, migration_id, count(*) FROM (
           SELECT fingerprint, migration_id FROM serving_templates WHERE gallery_id = $1 AND ordinal > $2 AND ordinal <= $3
           UNION ALL
           SELECT fingerprint, migration_id FROM gallery_removals WHERE gallery_id = $1 AND position > $3 AND ordinal > $2 AND ordinal <= $3) served
         GROUP BY fingerprint, migration_id) counted
       LEFT JOIN gallery_migrations m ON m.gallery_id = $1 AND m.id = counted.migration_id
       ORDER BY fingerprint, m.created_at NULLS FIRST`, [gallery.id, after, gallery.position])
    return rows.map(({ fingerprint, migration_id: id, map_id: map, count }) =>
      ({ fingerprint, migration: id === null ? null : { id, map: map! }, templates: Number(count) }))
  }

  async function pageOf (gallery: OpenGallery, space: { fingerprint: string, dimension: number }, given: readonly PageRow[]): Promise<TemplatePage> {
    const { rows, templates } = await readTemplates(database, vault, gallery, space, given)
    return {
      ordinals: Float64Array.from(rows, ({ ordinal }) => Number(ordinal)),
      subjects: Float64Array.from(rows, row => Number(row.subject_number)),
      templates
    }
  }

  return {
    /** @throws Problem `gallery-unknown` */
    async open (id: string): Promise<OpenGallery> {
      return await openGallery(database, vault, id)
    },

    /** The groups of a gallery and how many templates they have, of those that came after a position. */
    async groups (gallery: OpenGallery, after = 0): Promise<TemplateGroup[]> {
      return await groupsAfter(gallery, after)
    },

    /** Templates that served at `since` and were removed at up to the head's position. */
    async removals (gallery: OpenGallery, since: GalleryHead): Promise<{ ordinal: number, fingerprint: string, migration: string | null }[]> {
      const { rows } = await database.query<{ ordinal: string, fingerprint: string, migration_id: string | null }>(
        'SELECT ordinal, fingerprint, migration_id FROM gallery_removals WHERE gallery_id = $1 AND position > $2 AND position <= $3 AND ordinal <= $2',
        [gallery.id, since.position, gallery.position])
      return rows.map(({ ordinal, fingerprint, migration_id: migration }) => ({ ordinal: Number(ordinal), fingerprint, migration }))
    },

    /** The templates of a group that came after a position, up to that of the head. */
    async * pages (gallery: OpenGallery, { fingerprint, migration }: Pick<TemplateGroup, 'fingerprint' | 'migration'>, dimension: number, after = 0): AsyncGenerator<TemplatePage, void> {
      const limit = Math.max(1, Math.floor(pageBytes / (4 * dimension)))
      for (let last = after; ;) {
        const { rows } = await database.query<PageRow>(
          `SELECT t.ordinal, t.subject_number, s.subject, t.reference, t.vector
           FROM (SELECT * FROM serving_templates WHERE gallery_id = $1 AND fingerprint = $2 AND migration_id IS NOT DISTINCT FROM $3::uuid AND ordinal > $4 AND ordinal <= $5
                 ORDER BY ordinal LIMIT $6) t
           JOIN gallery_subjects s ON s.gallery_id = $1 AND s.number = t.subject_number
           ORDER BY t.ordinal`, [gallery.id, fingerprint, migration?.id ?? null, last, gallery.position, limit])
        if (rows.length === 0) return
        yield await pageOf(gallery, { fingerprint, dimension }, rows)
        if (rows.length < limit) return
        last = Number(rows.at(-1)!.ordinal)
      }
    },

    /** Those of these templates that serve, of one space. */
    async templatesAt (gallery: OpenGallery, { fingerprint }: Pick<TemplateGroup, 'fingerprint'>, dimension: number, ordinals: readonly number[]): Promise<TemplatePage> {
      const { rows } = await database.query<PageRow>(
        `SELECT t.ordinal, t.subject_number, s.subject, t.reference, t.vector
         FROM serving_templates t JOIN gallery_subjects s ON s.gallery_id = $1 AND s.number = t.subject_number
         WHERE t.gallery_id = $1 AND t.fingerprint = $2 AND t.ordinal = ANY ($3::bigint[]) ORDER BY t.ordinal`, [gallery.id, fingerprint, ordinals])
      return await pageOf(gallery, { fingerprint, dimension }, rows)
    },

    /** How many templates of a group came after a position, up to that of the head. */
    async countAfter (gallery: OpenGallery, { fingerprint, migration }: Pick<TemplateGroup, 'fingerprint' | 'migration'>, after: number): Promise<number> {
      const { rows: [counted] } = await database.query<{ count: string }>(
        `SELECT count(*) FROM serving_templates
         WHERE gallery_id = $1 AND fingerprint = $2 AND migration_id IS NOT DISTINCT FROM $3::uuid AND ordinal > $4 AND ordinal <= $5`,
        [gallery.id, fingerprint, migration?.id ?? null, after, gallery.position])
      return Number(counted!.count)
    },

    /** Numbers of the subjects that have all of these attributes. */
    async subjectsWith (gallery: OpenGallery, attributes: Attributes): Promise<number[]> {
      const { rows } = await database.query<{ number: string }>(
        'SELECT number FROM gallery_subjects WHERE gallery_id = $1 AND attributes @> $2::jsonb', [gallery.id, JSON.stringify(attributes)])
      return rows.map(({ number }) => Number(number))
    },

    /** How many templates of each group these subjects have. */
    async groupsOf (gallery: OpenGallery, subjects: readonly number[]): Promise<{ fingerprint: string, migration: string | null, templates: number }[]> {
      const { rows } = await database.query<{ fingerprint: string, migration_id: string | null, templates: number }>(
        `SELECT fingerprint, migration_id, count(*)::integer AS templates FROM serving_templates
         WHERE gallery_id = $1 AND subject_number = ANY ($2::bigint[]) GROUP BY fingerprint, migration_id`, [gallery.id, subjects])
      return rows.map(({ migration_id: migration, ...group }) => ({ ...group, migration }))
    },

    /**
     * Templates of one space of subjects that have several, the same ones for the same gallery.
     * @param most subjects, and templates of each
     */
    async sampleOfRepeated (gallery: OpenGallery, space: { fingerprint: string, dimension: number }, most: { subjects: number, each: number }): Promise<SubjectSample> {
      const { rows: sampled } = await database.query<StoredTemplate>(
        `SELECT t.ordinal, s.subject, t.reference, t.vector
         FROM (SELECT subject_number FROM serving_templates WHERE gallery_id = $1 AND fingerprint = $2
               GROUP BY subject_number HAVING count(*) > 1 ORDER BY hashint8(subject_number) LIMIT $3) chosen
         CROSS JOIN LATERAL (SELECT ordinal, subject_number, reference, vector FROM serving_templates v
                             WHERE v.gallery_id = $1 AND v.fingerprint = $2 AND v.subject_number = chosen.subject_number ORDER BY ordinal LIMIT $4) t
         JOIN gallery_subjects s ON s.gallery_id = $1 AND s.number = t.subject_number`, [gallery.id, space.fingerprint, most.subjects, most.each])
      const { rows, templates } = await readTemplates(database, vault, gallery, space, sampled)
      const indices = new Map<string, number>()
      const subjectOf = Int32Array.from(rows, ({ subject }) => {
        if (!indices.has(subject)) indices.set(subject, indices.size)
        return indices.get(subject)!
      })
      return { subjects: indices.size, subjectOf, templates }
    },

    /** How many templates were found to be none, and are searched by nobody. */
    async unusable ({ id }: OpenGallery): Promise<number> {
      return await countUnusable(database, id)
    },

    /** Who templates are of; those that were removed meanwhile are not among them. */
    async describe (gallery: OpenGallery, ordinals: readonly number[]): Promise<Map<number, FoundTemplate>> {
      const { rows } = await database.query<{ ordinal: string, subject: string, attributes: Attributes, reference: string, uncertainty: number | null }>(
        `SELECT t.ordinal, s.subject, s.attributes, t.reference, t.uncertainty
         FROM serving_templates t JOIN gallery_subjects s ON s.gallery_id = $1 AND s.number = t.subject_number
         WHERE t.gallery_id = $1 AND t.ordinal = ANY ($2::bigint[])`, [gallery.id, ordinals])
      return new Map(rows.map(row => [Number(row.ordinal), { ...row, ordinal: Number(row.ordinal) }]))
    }
  }
}

export type GalleryReader = ReturnType<typeof createGalleryReader>
