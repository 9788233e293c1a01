import { setTimeout as delay } from 'node:timers/promises'
import type { TemplateMatrix } from '../../../science/linear-algebra/matrix.js'
import { Problem } from '../../../errors.js'
import type { Database, Session } from '../../../platform/database/database.js'
import type { Vault } from '../../../platform/encryption/vault.js'
import type { Attributes } from './enrolment.js'
import { placeOfReference, type SubjectSeal } from '../../../platform/encryption/places.js'
import { afterCommit, openGallery, type GalleryHead, type OpenGallery, type OpenShard } from './head.js'
import { openRows, sealColumns, type StoredReference } from './subject-seals.js'
import { servingTemplates } from './serving.js'
import { joinGroups, type GalleryGroup, type TemplateGroup } from './template-groups.js'

/** A page of a group's templates in the order of their positions. */
export interface TemplatePage {
  /** (n), ascending */
  readonly ordinals: Float64Array
  /** (n), their subject numbers */
  readonly subjects: Float64Array
  /** (n, d), as they were enrolled or translated, not normalised */
  readonly templates: TemplateMatrix
}

/** The subject and metadata of a template that a search has found. */
export interface FoundTemplate {
  readonly ordinal: number
  readonly subject: string
  readonly attributes: Attributes
  readonly reference: string
  readonly uncertainty: number | null
}

/** The heads of the shards of a gallery, by place. */
interface GalleryHeads {
  /** the sum of their epochs */
  readonly epoch: number
  readonly shards: readonly (GalleryHead & { readonly id: string })[]
}

/** Templates of some subjects. */
export interface SubjectSample {
  readonly subjects: number
  /** (n), index of the subject */
  readonly subjectOf: Int32Array
  /** (n, d), as they were enrolled or translated */
  readonly templates: TemplateMatrix
}

interface PageRow extends StoredReference {
  subject_number: string
}
interface DescribedRow extends SubjectSeal {
  ordinal: string
  fingerprint: string
  dimension: number
  attributes: Attributes
  reference: string
  migration: string | null
  uncertainty: number | null
  vector: Buffer | null
}
interface GroupRow {
  fingerprint: string
  migration_id: string | null
  map_id: string | null
  count: string
}

/** A template that has left a gallery. */
interface Removal {
  readonly ordinal: number
  readonly fingerprint: string
  /** id; null for a native template */
  readonly migration: string | null
}

/** A serving template that is left out because it does not decrypt or decode. */
export interface UnusableTemplate {
  readonly ordinal: number
  /** number of its subject */
  readonly subject: number
  readonly fingerprint: string
  /** id; null for a native template */
  readonly migration: string | null
}

/** Templates described per query. */
const templatesPerQuery = 4096

/** How often a gallery is opened until it is settled, and milliseconds between: 1.4 s in all. */
const [maxAttempts, pauseMs] = [8, 50] as const

/** Bytes of vectors per page, which is decoded in one go: 8 MiB of 256 dimensions held the event loop for 86 ms. */
const pageBytes = 2 * 2 ** 20

/**
 * Joins a template `t` of gallery $1 to its subject. The limit keeps this a key look-up per row regardless of the
 * planner's row estimate: as a plain join it became a scan of all subjects for each template once autovacuum had
 * processed the partitions.
 */
export const ofSubject = `CROSS JOIN LATERAL (
  SELECT * FROM gallery_subjects k WHERE k.gallery_id = $1 AND k.number = t.subject_number LIMIT 1) s`

/**
 * The condition that a template has a group's provenance. It is spelled out because `IS NOT DISTINCT FROM $n` uses no
 * index, and with null the planner expects it to match no row.
 *
 * @param parameter its number, if it is needed
 */
function provenance (
  migration: TemplateGroup['migration'],
  parameter: number
): { condition: string, values: string[] } {
  return migration === null
    ? { condition: 'migration_id IS NULL', values: [] }
    : { condition: `migration_id = $${parameter}`, values: [migration.id] }
}

/** Where the templates of a group are read: what a migration translated has a table alone before it is committed. */
const tableOf = ({ awaiting }: OpenShard): string => awaiting === undefined ? servingTemplates : 'gallery_templates'

/**
 * The groups of a shard and their template counts after a position, up to the head. Includes templates removed since
 * the head: the caller that updates a count subtracts them later.
 */
export async function groupsAfter (session: Session, shard: OpenShard, after: number): Promise<TemplateGroup[]> {
  const { rows } = await session.query<GroupRow>(
    `SELECT fingerprint, migration_id, m.map_id, count FROM (
       SELECT fingerprint, migration_id, count(*) FROM (
         SELECT fingerprint, migration_id FROM ${servingTemplates} served WHERE gallery_id = $1 AND ordinal > $2 AND ordinal <= $3
         UNION ALL
         SELECT fingerprint, migration_id FROM gallery_removals r WHERE gallery_id = $1 AND position > $3 AND ordinal > $2 AND ordinal <= $3
           AND (migration_id IS NULL OR EXISTS (SELECT FROM gallery_migrations m WHERE m.gallery_id = $1 AND m.id = r.migration_id AND m.state = 'committed'))) served
       GROUP BY fingerprint, migration_id) counted
     LEFT JOIN gallery_migrations m ON m.gallery_id = $1 AND m.id = counted.migration_id
     ORDER BY fingerprint, m.created_at NULLS FIRST`,
    [shard.id, after, shard.position]
  )
  return rows.map(({ fingerprint, migration_id: id, map_id: map, count }) => ({
    fingerprint,
    migration: id === null ? null : { id, map: map! },
    templates: Number(count)
  }))
}

/** Templates that served at `since` and were removed no later than the head's position. */
export async function removalsSince (session: Session, shard: OpenShard, since: GalleryHead): Promise<Removal[]> {
  const { rows } = await session.query<{ ordinal: string, fingerprint: string, migration_id: string | null }>(
    'SELECT ordinal, fingerprint, migration_id FROM gallery_removals WHERE gallery_id = $1 AND position > $2 AND position <= $3 AND ordinal <= $2',
    [shard.id, since.position, shard.position]
  )
  return rows.map(({ ordinal, fingerprint, migration_id: migration }) => ({
    ordinal: Number(ordinal),
    fingerprint,
    migration
  }))
}

/**
 * The queries that searches use, most of them of one shard. None of them holds a transaction open: positions tell which
 * rows belong to a read, and a changed epoch tells that the gallery has to be read again.
 */
export function createGalleryReader (database: Database, vault: Vault) {
  async function open (id: string): Promise<OpenGallery> {
    for (let attempt = 1;; attempt++) {
      const gallery = await openGallery(database, vault, id)
      // The ciphers are opened whether or not they are used: indexes of a gallery whose key was removed must not be
      // trusted either.
      if (gallery.settled) return { ...gallery, shards: gallery.shards.map(shard => ({ ...shard })) }
      if (attempt === maxAttempts) {
        throw new Problem(
          'unavailable',
          'a migration of the gallery is being committed, which a node of the database has not done yet: try again'
        )
      }
      await delay(attempt * pauseMs)
    }
  }

  /** The group of what a migration has translated so far. @param id of the migration, which exists */
  async function translated ({ shards }: OpenGallery, id: string): Promise<GalleryGroup> {
    const groups = await Promise.all(shards.map(async shard => {
      const { rows } = await database.query<{ map: string, fingerprint: string, translated: string }>(
        `SELECT map_id AS map, target_fingerprint AS fingerprint, translated FROM gallery_migrations
         WHERE gallery_id = $1 AND id = $2`,
        [shard.id, id]
      )
      return rows.map(({ map, fingerprint, translated: templates }): TemplateGroup => ({
        fingerprint,
        migration: { id, map },
        templates: Number(templates)
      }))
    }))
    return joinGroups(groups)[0]!
  }

  return {
    /** @throws Problem `gallery-unknown`, `integrity-failed`; `unavailable` when it is not settled for long */
    open,

    /** The gallery as it will be read once a migration is committed. @throws Problem as `open` does */
    async openAwaiting (id: string, migration: string): Promise<OpenGallery> {
      return afterCommit(await open(id), migration)
    },

    /** Reading heads alone needs no key. @throws Problem `gallery-unknown` */
    async heads (id: string): Promise<GalleryHeads> {
      return await openGallery(database, vault, id)
    },

    /** What a migration that is ready will let serve, as it will be read; undefined when there is none. */
    async awaiting (gallery: OpenGallery): Promise<{ gallery: OpenGallery, group: GalleryGroup } | undefined> {
      const { rows: [ready] } = await database.query<{ id: string }>(
        "SELECT id FROM gallery_migrations WHERE gallery_id = $1 AND state = 'ready'",
        [gallery.id]
      )
      if (ready === undefined) return undefined
      return { gallery: afterCommit(gallery, ready.id), group: await translated(gallery, ready.id) }
    },

    translated,

    /** The templates found not to open that still serve. */
    async unusable (shard: OpenShard): Promise<UnusableTemplate[]> {
      const ordinals = [...vault.unopened.of('gallery', shard.id)]
      if (ordinals.length === 0) return []
      const { rows } = await database.query<
        { ordinal: string, subject_number: string, fingerprint: string, migration: string | null }
      >(
        `SELECT ordinal, subject_number, fingerprint, migration_id AS migration FROM ${servingTemplates} served WHERE gallery_id = $1 AND ordinal = ANY ($2::bigint[])`,
        [shard.id, ordinals]
      )
      return rows.map(({ ordinal, subject_number: subject, ...rest }) => ({
        ordinal: Number(ordinal),
        subject: Number(subject),
        ...rest
      }))
    },

    /** The groups of a gallery and their template counts. */
    async groups ({ shards }: OpenGallery): Promise<GalleryGroup[]> {
      return joinGroups(await Promise.all(shards.map(async shard => await groupsAfter(database, shard, 0))))
    },

    /** See `removalsSince`. */
    async removals (shard: OpenShard, since: GalleryHead): Promise<Removal[]> {
      return await removalsSince(database, shard, since)
    },

    /** Pages of a group's templates after a position, up to the head. */
    async *pages (
      shard: OpenShard,
      { fingerprint, migration }: Pick<TemplateGroup, 'fingerprint' | 'migration'>,
      dimension: number,
      after = 0
    ): AsyncGenerator<TemplatePage, void> {
      const limit = Math.max(1, Math.floor(pageBytes / (4 * dimension)))
      const { condition, values } = provenance(migration, 6)
      for (let last = after;;) {
        const { rows } = await database.query<PageRow>(
          `SELECT t.ordinal, t.subject_number, ${sealColumns(shard)}, t.reference, t.migration_id AS migration, t.vector
           FROM (SELECT * FROM ${tableOf(shard)} templates
                 WHERE gallery_id = $1 AND fingerprint = $2 AND ordinal > $3 AND ordinal <= $4 AND ${condition} ORDER BY ordinal LIMIT $5) t
           ${ofSubject} ORDER BY t.ordinal`,
          [shard.id, fingerprint, last, shard.position, limit, ...values]
        )
        if (rows.length === 0) return
        const page = pageOf(shard, fingerprint, dimension, rows)
        if (page.templates.rows > 0) yield page
        if (rows.length < limit) return
        last = Number(rows.at(-1)!.ordinal)
      }
    },

    /** The still serving templates of one space among these ordinals. */
    async templatesAt (
      shard: OpenShard,
      { fingerprint }: Pick<TemplateGroup, 'fingerprint'>,
      dimension: number,
      ordinals: readonly number[]
    ): Promise<TemplatePage> {
      const { rows } = await database.query<PageRow>(
        `SELECT t.ordinal, t.subject_number, ${sealColumns(shard)}, t.reference, t.migration_id AS migration, t.vector
         FROM ${servingTemplates} t ${ofSubject}
         WHERE t.gallery_id = $1 AND t.fingerprint = $2 AND t.ordinal = ANY ($3::bigint[]) ORDER BY t.ordinal`,
        [shard.id, fingerprint, ordinals]
      )
      return pageOf(shard, fingerprint, dimension, rows)
    },

    /** The number of templates of a group after a position, up to the head. */
    async countAfter (
      shard: OpenShard,
      { fingerprint, migration }: Pick<TemplateGroup, 'fingerprint' | 'migration'>,
      after: number
    ): Promise<number> {
      const { condition, values } = provenance(migration, 5)
      const { rows: [counted] } = await database.query<{ count: string }>(
        `SELECT count(*) FROM ${servingTemplates} served WHERE gallery_id = $1 AND fingerprint = $2 AND ordinal > $3 AND ordinal <= $4 AND ${condition}`,
        [shard.id, fingerprint, after, shard.position, ...values]
      )
      return Number(counted!.count)
    },

    /** Numbers of the subjects that have all of these attributes. */
    async subjectsWith (shard: OpenShard, attributes: Attributes): Promise<number[]> {
      const { rows } = await database.query<{ number: string }>(
        'SELECT number FROM gallery_subjects WHERE gallery_id = $1 AND attributes @> $2::jsonb',
        [shard.id, JSON.stringify(attributes)]
      )
      return rows.map(({ number }) => Number(number))
    },

    /** Template counts per group for these subjects. */
    async groupsOf (
      shard: OpenShard,
      subjects: readonly number[]
    ): Promise<{ fingerprint: string, migration: string | null, templates: number }[]> {
      const { rows } = await database.query<{ fingerprint: string, migration_id: string | null, templates: number }>(
        `SELECT fingerprint, migration_id, count(*)::integer AS templates FROM ${servingTemplates} served
         WHERE gallery_id = $1 AND subject_number = ANY ($2::bigint[]) GROUP BY fingerprint, migration_id`,
        [shard.id, subjects]
      )
      return rows.map(({ migration_id: migration, ...group }) => ({ ...group, migration }))
    },

    /**
     * A sample of subjects with several templates of one space; the same gallery always gives the same sample.
     * @param max subjects, and templates of each
     */
    async sampleOfRepeated (
      shard: OpenShard,
      { fingerprint, dimension }: { fingerprint: string, dimension: number },
      max: { subjects: number, each: number }
    ): Promise<SubjectSample> {
      const { rows } = await database.query<PageRow>(
        `SELECT t.ordinal, t.subject_number, ${sealColumns(shard)}, t.reference, t.migration_id AS migration, t.vector
         FROM (SELECT subject_number FROM ${servingTemplates} served WHERE gallery_id = $1 AND fingerprint = $2
               GROUP BY subject_number HAVING count(*) > 1 ORDER BY hashint8(subject_number) LIMIT $3) chosen
         CROSS JOIN LATERAL (SELECT ordinal, subject_number, reference, migration_id, vector FROM ${servingTemplates} v
                             WHERE v.gallery_id = $1 AND v.fingerprint = $2 AND v.subject_number = chosen.subject_number ORDER BY ordinal LIMIT $4) t
         ${ofSubject}`,
        [shard.id, fingerprint, max.subjects, max.each]
      )
      const { subjects, templates } = pageOf(shard, fingerprint, dimension, rows)
      const indices = new Map<number, number>()
      for (const subject of subjects) if (!indices.has(subject)) indices.set(subject, indices.size)
      return {
        subjects: indices.size,
        subjectOf: Int32Array.from(subjects, subject => indices.get(subject)!),
        templates
      }
    },

    /**
     * Describes templates; those removed in the meantime are omitted. Sealed templates are opened under their current
     * name, which may differ from the name they were read under.
     */
    async describe (shard: OpenShard, ordinals: readonly number[]): Promise<Map<number, FoundTemplate>> {
      const found = new Map<number, FoundTemplate>()
      for (let start = 0; start < ordinals.length; start += templatesPerQuery) {
        const { rows } = await database.query<DescribedRow>(
          `SELECT t.ordinal, t.fingerprint, t.dimension, s.subject, s.version, s.attributes, t.reference, t.migration_id AS migration, t.uncertainty, ${
            shard.encrypted ? 't.vector' : 'NULL AS vector'
          }
           FROM ${servingTemplates} t ${ofSubject}
           WHERE t.gallery_id = $1 AND t.ordinal = ANY ($2::bigint[])`,
          [shard.id, ordinals.slice(start, start + templatesPerQuery)]
        )
        const opened = rows.filter(row =>
          row.vector === null || shard.cipher.open(row.vector, placeOfReference(row), row.dimension) !== undefined
        )
        if (opened.length < rows.length) shard.unopened(rows.filter(row => !opened.includes(row)))
        for (const { ordinal, subject, attributes, reference, uncertainty } of opened) {
          found.set(Number(ordinal), { ordinal: Number(ordinal), subject, attributes, reference, uncertainty })
        }
      }
      return found
    }
  }
}

export type GalleryReader = ReturnType<typeof createGalleryReader>

function pageOf (shard: OpenShard, fingerprint: string, dimension: number, rows: readonly PageRow[]): TemplatePage {
  const { opened, templates } = openRows(shard, fingerprint, dimension, rows)
  return {
    ordinals: Float64Array.from(opened, ({ ordinal }) => Number(ordinal)),
    subjects: Float64Array.from(opened, row => Number(row.subject_number)),
    templates
  }
}
