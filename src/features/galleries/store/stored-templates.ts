import type { TemplateMatrix } from '../../../science/linear-algebra/matrix.js'
import { templateDefect } from '../../../science/template/check.js'
import type { Database, Session } from '../../../platform/database/database.js'
import type { TemplateCipher, Vault } from '../../../platform/encryption/vault.js'
import { changeGallery, type OpenGallery } from './head.js'
import { noteRemovals } from './removal.js'

/** A template as the database has it, and what names it there. */
export interface StoredTemplate {
  readonly ordinal: string
  readonly subject: string
  readonly reference: string
  readonly vector: Buffer
}

interface StoredSpace { readonly fingerprint: string, readonly dimension: number }

/** @returns undefined for a row that does not open, or that is no template: a wrong length, NaN, infinity, or norm zero */
export function loadTemplate (cipher: TemplateCipher, { fingerprint, dimension }: StoredSpace, { subject, reference, vector }: Omit<StoredTemplate, 'ordinal'>): Float32Array | undefined {
  try {
    const template = cipher.load(vector, [fingerprint, subject, reference])
    return templateDefect(template, { model: fingerprint, dimension }) === undefined ? template : undefined
  } catch {
    return undefined
  }
}

/**
 * Opens rows of one space, and leaves out those that are no templates. One such row must not cost the gallery: it is marked,
 * serves no more, and is counted where the gallery is described.
 *
 * @returns the rows that are templates, and these (n, d), as they were enrolled or translated
 * @throws Error when what was read is not what is stored by now: whoever reads begins again
 */
export async function readTemplates<Row extends StoredTemplate> (
  database: Database, vault: Vault, { id, cipher }: OpenGallery, space: StoredSpace, rows: readonly Row[]
): Promise<{ rows: readonly Row[], templates: TemplateMatrix }> {
  const loaded = rows.map(row => loadTemplate(cipher, space, row))
  const unusable = rows.filter((_, i) => loaded[i] === undefined)
  if (unusable.length > 0) await markUnusable(database, vault, id, space, unusable.map(({ ordinal }) => ordinal))
  const vectors = loaded.filter(template => template !== undefined)
  const data = new Float32Array(vectors.length * space.dimension)
  vectors.forEach((template, row) => data.set(template, row * space.dimension))
  return { rows: rows.filter((_, i) => loaded[i] !== undefined), templates: { rows: vectors.length, cols: space.dimension, data } }
}

/** Looks again with the gallery held: rows that are being sealed anew open to nobody who has opened the gallery before. */
async function markUnusable (database: Database, vault: Vault, id: string, space: StoredSpace, ordinals: readonly string[]): Promise<void> {
  const changed = await changeGallery(database, vault, id, async (session, gallery) => {
    const { rows } = await session.query<StoredTemplate>(
      `SELECT t.ordinal, s.subject, t.reference, t.vector
       FROM gallery_templates t JOIN gallery_subjects s ON s.gallery_id = t.gallery_id AND s.number = t.subject_number
       WHERE t.gallery_id = $1 AND t.ordinal = ANY ($2::bigint[])`, [id, ordinals])
    const unusable = rows.filter(row => loadTemplate(gallery.cipher, space, row) === undefined).map(({ ordinal }) => ordinal)
    await noteRemovals(session, gallery, 'ordinal = ANY ($3::bigint[])', unusable)
    await session.query('UPDATE gallery_templates SET usable = false WHERE gallery_id = $1 AND ordinal = ANY ($2::bigint[])', [id, unusable])
    return rows.length - unusable.length
  })
  if (changed > 0) throw new Error(`${changed} templates of gallery ${id} are not what was read of them`)
}

/** How many templates of a gallery were found to be none, and serve nobody. */
export async function countUnusable (session: Session, gallery: string): Promise<number> {
  const { rows: [counted] } = await session.query<{ count: number }>(
    'SELECT count(*)::integer FROM gallery_templates WHERE gallery_id = $1 AND NOT usable', [gallery])
  return counted!.count
}
