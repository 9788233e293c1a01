import type { Database, Session } from '../database.js'
import type { SealedDataKey, TemplateCipher, Vault } from './vault.js'

/** What was done to a corpus. */
export interface Applied { readonly corpus: string, readonly change: 'encrypted' | 'rewrapped', readonly templates: number }

/** Bytes of templates that are held at a time. */
const batchBytes = 16 * 2 ** 20

/**
 * Encrypts every corpus that is not, and seals the data keys of the others with the current key. A corpus is done in whole or not at
 * all, so that whoever is killed begins again where it was; readers go on, uploads into the corpus at hand wait.
 *
 * @param applied told of each corpus once it is done
 */
export async function applyEncryption (database: Database, vault: Vault, applied: (done: Applied) => void): Promise<void> {
  if (vault.currentKey === undefined) throw new Error('there is no current key')
  const { rows } = await database.query<{ id: string }>('SELECT id FROM corpora WHERE key_id IS DISTINCT FROM $1 ORDER BY created_at, id', [vault.currentKey])
  for (const { id } of rows) {
    const done = await database.transaction(async session => await applyTo(session, vault, id))
    if (done !== undefined) applied(done)
  }
}

async function applyTo (session: Session, vault: Vault, corpus: string): Promise<Applied | undefined> {
  const { rows: [row] } = await session.query<{ key_id: string | null, data_key: Buffer | null }>(
    'SELECT key_id, data_key FROM corpora WHERE id = $1 FOR NO KEY UPDATE', [corpus])
  // Deleted, or done by another, meanwhile.
  if (row === undefined || row.key_id === vault.currentKey) return undefined
  const before: SealedDataKey | null = row.key_id === null ? null : { keyId: row.key_id, dataKey: row.data_key! }
  const after = before === null ? vault.createDataKey(corpus)! : vault.rewrap(corpus, before)
  const templates = before === null ? await sealTemplates(session, corpus, vault.cipherOf(corpus, null), vault.cipherOf(corpus, after)) : 0
  await session.query('UPDATE corpora SET key_id = $2, data_key = $3 WHERE id = $1', [corpus, after.keyId, after.dataKey])
  return { corpus, change: before === null ? 'encrypted' : 'rewrapped', templates }
}

async function sealTemplates (session: Session, corpus: string, from: TemplateCipher, to: TemplateCipher): Promise<number> {
  const { rows: spaces } = await session.query<{ fingerprint: string, dimension: number }>(
    'SELECT DISTINCT fingerprint, dimension FROM sample_templates WHERE corpus_id = $1', [corpus])
  let count = 0
  for (const { fingerprint, dimension } of spaces) {
    const width = 4 * dimension + to.overhead
    for (let after = ''; ;) {
      const { rows } = await session.query<{ sample: string, vector: Buffer }>(
        'SELECT sample, vector FROM sample_templates WHERE corpus_id = $1 AND fingerprint = $2 AND sample > $3 ORDER BY sample LIMIT $4',
        [corpus, fingerprint, after, Math.max(1, Math.floor(batchBytes / width))])
      if (rows.length === 0) break
      const sealed = rows.map(({ sample, vector }) => to.store(from.load(vector, [fingerprint, sample]), [fingerprint, sample]))
      await session.query(
        `UPDATE sample_templates stored SET vector = substring($4::bytea FROM (position::integer - 1) * $5 + 1 FOR $5)
         FROM unnest($3::text[]) WITH ORDINALITY AS given (sample, position)
         WHERE corpus_id = $1 AND fingerprint = $2 AND stored.sample = given.sample`,
        [corpus, fingerprint, rows.map(({ sample }) => sample), Buffer.concat(sealed), width])
      count += rows.length
      after = rows.at(-1)!.sample
    }
  }
  return count
}
