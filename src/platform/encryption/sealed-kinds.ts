import type { Session } from '../database/database.js'
import type { TemplateCipher } from './vault.js'

/** What holds templates under a data key of its own. */
export interface SealedKind {
  readonly name: 'corpus' | 'gallery'
  readonly table: string
  /** Keeps changes of the one of this id away until the transaction ends. */
  readonly lock: string
  /** Stores all of its templates anew. @returns how many */
  reseal (session: Session, id: string, from: TemplateCipher, to: TemplateCipher): Promise<number>
}

/** Bytes of templates that are held at a time. */
const batchBytes = 16 * 2 ** 20

export const sealedKinds: readonly SealedKind[] = [
  {
    name: 'corpus',
    table: 'corpora',
    lock: 'SELECT FROM corpora WHERE id = $1 FOR NO KEY UPDATE',
    async reseal (session, corpus, from, to) {
      const { rows: spaces } = await session.query<{ fingerprint: string, dimension: number }>(
        'SELECT DISTINCT fingerprint, dimension FROM sample_templates WHERE corpus_id = $1', [corpus])
      let count = 0
      for (const { fingerprint, dimension } of spaces) {
        const width = 4 * dimension + to.overhead
        for (let after = ''; ;) {
          const { rows } = await session.query<{ sample: string, vector: Buffer }>(
            'SELECT sample, vector FROM sample_templates WHERE corpus_id = $1 AND fingerprint = $2 AND sample > $3 ORDER BY sample LIMIT $4',
            [corpus, fingerprint, after, batchRows(width)])
          if (rows.length === 0) break
          const sealed = rows.map(({ sample, vector }) => to.store(from.load(vector, [fingerprint, sample]), [fingerprint, sample]))
          await session.query(
            `UPDATE sample_templates stored SET vector = ${cut}
             FROM unnest($3::text[]) WITH ORDINALITY AS given (sample, place)
             WHERE corpus_id = $1 AND fingerprint = $2 AND stored.sample = given.sample`,
            [corpus, fingerprint, rows.map(({ sample }) => sample), Buffer.concat(sealed), width])
          count += rows.length
          after = rows.at(-1)!.sample
        }
      }
      return count
    }
  },
  {
    name: 'gallery',
    table: 'galleries',
    lock: 'SELECT FROM gallery_heads WHERE gallery_id = $1 FOR UPDATE',
    async reseal (session, gallery, from, to) {
      const { rows: spaces } = await session.query<{ fingerprint: string, dimension: number }>(
        'SELECT DISTINCT fingerprint, dimension FROM gallery_templates WHERE gallery_id = $1', [gallery])
      let count = 0
      for (const { fingerprint, dimension } of spaces) {
        const width = 4 * dimension + to.overhead
        for (let after = '0'; ;) {
          const { rows } = await session.query<{ ordinal: string, subject: string, reference: string, vector: Buffer }>(
            `SELECT t.ordinal, s.subject, t.reference, t.vector
             FROM gallery_templates t JOIN gallery_subjects s ON s.gallery_id = t.gallery_id AND s.number = t.subject_number
             WHERE t.gallery_id = $1 AND t.fingerprint = $2 AND t.ordinal > $3 ORDER BY t.ordinal LIMIT $4`,
            [gallery, fingerprint, after, batchRows(width)])
          if (rows.length === 0) break
          const sealed = rows.map(({ subject, reference, vector }) => {
            const place = [fingerprint, subject, reference]
            return to.store(from.load(vector, place), place)
          })
          await session.query(
            `UPDATE gallery_templates stored SET vector = ${cut}
             FROM unnest($3::bigint[]) WITH ORDINALITY AS given (ordinal, place)
             WHERE gallery_id = $1 AND fingerprint = $2 AND stored.ordinal = given.ordinal`,
            [gallery, fingerprint, rows.map(({ ordinal }) => ordinal), Buffer.concat(sealed), width])
          count += rows.length
          after = rows.at(-1)!.ordinal
        }
      }
      // What an index has of them is not sealed. Its graph is taken away by the service.
      const { rows: [indexes] } = await session.query<{ there: boolean }>("SELECT to_regclass('gallery_projections') IS NOT NULL AS there")
      if (indexes?.there === true) await session.query('DELETE FROM gallery_projections WHERE gallery_id = $1', [gallery])
      // Whoever reads it page by page has opened it as it was.
      await session.query('UPDATE gallery_heads SET epoch = epoch + 1 WHERE gallery_id = $1', [gallery])
      return count
    }
  }
]

/** All vectors travel as one binary value, $4, of which each takes $5 bytes. */
const cut = 'substring($4::bytea FROM (place::integer - 1) * $5 + 1 FOR $5)'

const batchRows = (width: number) => Math.max(1, Math.floor(batchBytes / width))
