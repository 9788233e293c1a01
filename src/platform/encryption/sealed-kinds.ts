import type { Session } from '../database/database.js'
import { placeOfReference, placeOfSample, type Place, type SubjectSeal } from './places.js'

/** A stored template. */
export interface StoredTemplate {
  /** cursor: the next page begins after it */
  readonly key: string
  readonly vector: Buffer
  readonly place: Place
}

export interface StoredSpace {
  readonly fingerprint: string
  readonly dimension: number
}

/** A kind of container whose templates are sealed under a data key of the container. */
export interface SealedKind {
  readonly name: 'corpus' | 'gallery'
  readonly table: string
  /** What people know a container by, as SQL of a row of the table. */
  readonly label: string
  /** Locks the container with this id against changes until the transaction ends. */
  readonly lock: string
  /** cursor before the first template */
  readonly first: string
  spaces(session: Session, id: string): Promise<StoredSpace[]>
  page(session: Session, id: string, fingerprint: string, after: string, limit: number): Promise<StoredTemplate[]>
  /** @param bytes all templates concatenated, `width` bytes each */
  write(
    session: Session,
    id: string,
    fingerprint: string,
    keys: readonly string[],
    bytes: Buffer,
    width: number
  ): Promise<void>
  /** Called once all templates are stored again. */
  resealed(session: Session, id: string): Promise<void>
}

interface SampleRow {
  sample: string
  vector: Buffer
  identity: string | null
  group: string | null
  version: string | null
}
interface ReferenceRow extends SubjectSeal {
  ordinal: string
  reference: string
  migration: string | null
  vector: Buffer
}

/** All vectors are sent as one binary value, $4; each takes $5 bytes. */
const cut = 'substring($4::bytea FROM (place::integer - 1) * $5 + 1 FOR $5)'

const corpus: SealedKind = {
  name: 'corpus',
  table: 'corpora',
  label: 'id::text',
  lock: 'SELECT FROM corpora WHERE id = $1 FOR NO KEY UPDATE',
  first: '',

  async spaces (session, id) {
    const { rows } = await session.query<StoredSpace>(
      'SELECT DISTINCT fingerprint, dimension FROM sample_templates WHERE corpus_id = $1',
      [id]
    )
    return rows
  },

  async page (session, id, fingerprint, after, limit) {
    const { rows } = await session.query<SampleRow>(
      `SELECT t.sample, t.vector, s.identity, s.group_label AS group, s.version
       FROM sample_templates t JOIN samples s ON s.corpus_id = t.corpus_id AND s.sample = t.sample
       WHERE t.corpus_id = $1 AND t.fingerprint = $2 AND t.sample > $3 ORDER BY t.sample LIMIT $4`,
      [id, fingerprint, after, limit]
    )
    return rows.map(({ vector, ...row }) => ({
      key: row.sample,
      vector,
      place: placeOfSample({ fingerprint, ...row })
    }))
  },

  async write (session, id, fingerprint, keys, bytes, width) {
    await session.query(
      `UPDATE sample_templates stored SET vector = ${cut}
       FROM unnest($3::text[]) WITH ORDINALITY AS given (sample, place)
       WHERE corpus_id = $1 AND fingerprint = $2 AND stored.sample = given.sample`,
      [id, fingerprint, keys, bytes, width]
    )
  },

  async resealed () {}
}

const gallery: SealedKind = {
  name: 'gallery',
  table: 'galleries',
  label: "CASE WHEN shard_of IS NULL THEN id::text ELSE shard_of || ', shard ' || place + 1 END",
  lock: 'SELECT FROM gallery_heads WHERE gallery_id = $1 FOR UPDATE',
  first: '0',

  async spaces (session, id) {
    const { rows } = await session.query<StoredSpace>(
      'SELECT DISTINCT fingerprint, dimension FROM gallery_templates WHERE gallery_id = $1',
      [id]
    )
    return rows
  },

  async page (session, id, fingerprint, after, limit) {
    const { rows } = await session.query<ReferenceRow>(
      `SELECT t.ordinal, s.subject, s.attributes, s.version, t.reference, t.migration_id AS migration, t.vector
       FROM gallery_templates t JOIN gallery_subjects s ON s.gallery_id = t.gallery_id AND s.number = t.subject_number
       WHERE t.gallery_id = $1 AND t.fingerprint = $2 AND t.ordinal > $3 ORDER BY t.ordinal LIMIT $4`,
      [id, fingerprint, after, limit]
    )
    return rows.map(({ vector, ...row }) => ({
      key: row.ordinal,
      vector,
      place: placeOfReference({ fingerprint, ...row })
    }))
  },

  async write (session, id, fingerprint, keys, bytes, width) {
    await session.query(
      `UPDATE gallery_templates stored SET vector = ${cut}
       FROM unnest($3::bigint[]) WITH ORDINALITY AS given (ordinal, place)
       WHERE gallery_id = $1 AND fingerprint = $2 AND stored.ordinal = given.ordinal`,
      [id, fingerprint, keys, bytes, width]
    )
  },

  async resealed (session, id) {
    // The projections of an index are not sealed, so they are deleted. The service removes its graph.
    const { rows: [indexes] } = await session.query<{ there: boolean }>(
      "SELECT to_regclass('gallery_projections') IS NOT NULL AS there"
    )
    if (indexes?.there === true) await session.query('DELETE FROM gallery_projections WHERE gallery_id = $1', [id])
    await session.query("UPDATE gallery_collections SET state = 'dropped' WHERE gallery_id = $1", [id])
    // Readers that page through the gallery opened it in its former state; the new epoch tells them.
    await session.query('UPDATE gallery_heads SET epoch = epoch + 1 WHERE gallery_id = $1', [id])
  }
}

export const sealedKinds: readonly SealedKind[] = [corpus, gallery]

/** Bytes of templates held in memory at a time. */
const batchBytes = 16 * 2 ** 20

/** All templates of a container, by space, in pages. */
export async function* storedTemplates (
  session: Session,
  kind: SealedKind,
  id: string
): AsyncGenerator<{ space: StoredSpace, rows: StoredTemplate[] }, void> {
  for (const space of await kind.spaces(session, id)) {
    const limit = Math.max(1, Math.floor(batchBytes / (4 * space.dimension)))
    for (let after = kind.first;;) {
      const rows = await kind.page(session, id, space.fingerprint, after, limit)
      if (rows.length === 0) break
      yield { space, rows }
      after = rows.at(-1)!.key
    }
  }
}
