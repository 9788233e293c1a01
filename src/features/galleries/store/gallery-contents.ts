import type { Session } from '../../../platform/database/database.js'
import type { Vault } from '../../../platform/encryption/vault.js'
import { entityTag, requirePreconditions, type Preconditions } from '../../../platform/preconditions.js'
import type { GalleryCounts } from './gallery-counts.js'
import type { OpenGallery, OpenShard } from './head.js'
import { servingTemplates } from './serving.js'

export interface StoredGallery {
  id: string
  name: string
  /** Whether its templates are encrypted at rest. */
  encrypted: boolean
  /** How many parts it is divided into by its subjects. */
  shards: number
  createdAt: string
}

/** The count of serving templates of one space and provenance. */
interface TemplateCount {
  model: string
  fingerprint: string
  provenance: 'native' | 'translated'
  /** Id of the map that translated them; null for native templates. */
  map: string | null
  count: number
}

export interface GalleryContents extends StoredGallery {
  subjects: number
  templates: TemplateCount[]
  /** templates that this process found not to open; the first of them by name */
  unusable: { count: number, templates: { model: string, subject: string, reference: string }[] }
  /** Changes whenever anything of the gallery or its templates does. */
  etag: string
}

export interface GalleryRow {
  id: string
  name: string
  key_id: string | null
  shards: number
  created_at: Date
  request_sha256: string
}

export const columns = 'id, name, key_id, shards, created_at, request_sha256'

export function galleryOf (row: GalleryRow): StoredGallery {
  const { id, name, shards } = row
  return { id, name, encrypted: row.key_id !== null, shards, createdAt: row.created_at.toISOString() }
}

/** The contents of an open gallery, in the transaction that opened it. */
export async function readContents (
  session: Session,
  vault: Vault,
  counts: GalleryCounts,
  open: OpenGallery
): Promise<GalleryContents> {
  const { rows: [gallery] } = await session.query<GalleryRow>(`SELECT ${columns} FROM galleries WHERE id = $1`, [
    open.id
  ])
  const { groups, subjects } = await counts.all(session, open)
  const { rows: templates } = await session.query<Omit<TemplateCount, 'provenance'>>(
    `SELECT models.id AS model, fingerprint, given.map, given.count
     FROM unnest($1::text[], $2::text[], $3::integer[]) WITH ORDINALITY AS given (fingerprint, map, count, place)
     JOIN models USING (fingerprint) ORDER BY models.id, models.created_at, fingerprint, place`,
    [
      groups.map(({ fingerprint }) => fingerprint),
      groups.map(({ migration }) => migration?.map ?? null),
      groups.map(group => group.templates)
    ]
  )
  const contents = {
    ...galleryOf(gallery!),
    subjects,
    unusable: await unusable(session, vault, open.shards),
    templates: templates.map(({ model, fingerprint, map, count }) => ({
      model,
      fingerprint,
      provenance: map === null ? 'native' as const : 'translated' as const,
      map,
      count
    }))
  }
  // Positions are part of the tag: a template may have replaced another while the counts stay the same.
  return { ...contents, etag: entityTag(contents, ...open.shards.flatMap(({ position, epoch }) => [position, epoch])) }
}

/**
 * Evaluates preconditions on a gallery inside `changeGallery`, before it changes.
 * @throws Problem `precondition-failed`
 */
export async function requireGallery (
  session: Session,
  vault: Vault,
  counts: GalleryCounts,
  gallery: OpenGallery,
  preconditions: Preconditions
): Promise<void> {
  await requirePreconditions(preconditions, async () => (await readContents(session, vault, counts, gallery)).etag)
}

/** Unusable templates listed by name. */
const maxNamed = 100

async function unusable (
  session: Session,
  vault: Vault,
  shards: readonly OpenShard[]
): Promise<GalleryContents['unusable']> {
  const found: GalleryContents['unusable'] = { count: 0, templates: [] }
  for (const { id } of shards) {
    const ordinals = [...vault.unopened.of('gallery', id)]
    if (ordinals.length === 0) continue
    const { rows } = await session.query<GalleryContents['unusable']['templates'][number] & { count: number }>(
      `SELECT models.id AS model, s.subject, t.reference, count(*) OVER ()::integer AS count
       FROM ${servingTemplates} t
       JOIN gallery_subjects s ON s.gallery_id = $1 AND s.number = t.subject_number JOIN models USING (fingerprint)
       WHERE t.gallery_id = $1 AND t.ordinal = ANY ($2::bigint[]) ORDER BY t.ordinal LIMIT ${maxNamed}`,
      [id, ordinals]
    )
    found.count += rows[0]?.count ?? 0
    const named = rows.slice(0, maxNamed - found.templates.length)
    found.templates.push(...named.map(({ model, subject, reference }) => ({ model, subject, reference })))
  }
  return found
}
