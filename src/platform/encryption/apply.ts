import type { Database, Session } from '../database/database.js'
import { sealedKinds, type SealedKind } from './sealed-kinds.js'
import type { SealedDataKey, Vault } from './vault.js'

/** What was done to a corpus or a gallery. */
export interface Applied { readonly kind: SealedKind['name'], readonly id: string, readonly change: 'encrypted' | 'rewrapped', readonly templates: number }

/**
 * Encrypts every corpus and gallery that is not, and seals the data keys of the others with the current key. Each is done in whole
 * or not at all, so that whoever is killed begins again where it was; readers go on, changes of the one at hand wait.
 *
 * @param applied told of each once it is done
 */
export async function applyEncryption (database: Database, vault: Vault, applied: (done: Applied) => void): Promise<void> {
  if (vault.currentKey === undefined) throw new Error('there is no current key')
  for (const kind of sealedKinds) {
    const { rows } = await database.query<{ id: string }>(`SELECT id FROM ${kind.table} WHERE key_id IS DISTINCT FROM $1 ORDER BY created_at, id`, [vault.currentKey])
    for (const { id } of rows) {
      const done = await database.transaction(async session => await applyTo(session, vault, kind, id))
      if (done !== undefined) applied(done)
    }
  }
}

async function applyTo (session: Session, vault: Vault, kind: SealedKind, id: string): Promise<Applied | undefined> {
  await session.query(kind.lock, [id])
  const { rows: [row] } = await session.query<{ key_id: string | null, data_key: Buffer | null }>(`SELECT key_id, data_key FROM ${kind.table} WHERE id = $1`, [id])
  // Deleted, or done by another, meanwhile.
  if (row === undefined || row.key_id === vault.currentKey) return undefined
  const before: SealedDataKey | null = row.key_id === null ? null : { keyId: row.key_id, dataKey: row.data_key! }
  const after = before === null ? vault.createDataKey(id)! : vault.rewrap(id, before)
  const templates = before === null ? await kind.reseal(session, id, vault.cipherOf(id, null), vault.cipherOf(id, after)) : 0
  await session.query(`UPDATE ${kind.table} SET key_id = $2, data_key = $3 WHERE id = $1`, [id, after.keyId, after.dataKey])
  return { kind: kind.name, id, change: before === null ? 'encrypted' : 'rewrapped', templates }
}
