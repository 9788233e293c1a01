import { Problem } from '../../errors.js'
import type { Database, Session } from '../database/database.js'
import { sealedKinds, storedTemplates, type SealedKind } from './sealed-kinds.js'
import type { SealedDataKey, TemplateCipher, Vault } from './vault.js'

/** What was done to a corpus or a gallery. */
export interface Applied {
  readonly kind: SealedKind['name']
  /** id, and which shard of a gallery it is that has further ones */
  readonly label: string
  /**
   * `upgraded`: sealed again, under a new data key, in the current form; `refused`: its data key was tampered with, and
   * nothing was done
   */
  readonly change: 'encrypted' | 'upgraded' | 'rewrapped' | 'refused'
  /** number of templates that were stored again */
  readonly templates: number
  /** number of templates that do not open; they stay as they are */
  readonly unopened: number
}

interface ContainerRow {
  id: string
  label: string
  key_id: string | null
  data_key: Buffer | null
}

/**
 * Encrypts every plaintext corpus and gallery, reseals those of an earlier form, and rewraps the data keys of the
 * others with the current key. Each container is done in a transaction of its own, so a killed run resumes where it
 * stopped. Reads continue; changes of the container at hand wait.
 *
 * @param vault must admit plaintext
 * @param applied called for each container once it is done
 * @param only ids; all when absent
 */
export async function applyEncryption (
  database: Database,
  vault: Vault,
  applied: (done: Applied) => void,
  only?: readonly string[]
): Promise<void> {
  if (vault.currentKey === undefined) throw new Error('there is no current key')
  for (const kind of sealedKinds) {
    const { rows } = await database.query<ContainerRow>(
      `SELECT id, ${kind.label} AS label, key_id, data_key FROM ${kind.table} WHERE $1::uuid[] IS NULL OR id = ANY ($1::uuid[]) ORDER BY created_at, id`,
      [only ?? null]
    )
    for (const row of rows) {
      const done = await applyIfPending(database, vault, kind, row).catch((error: unknown): Applied => {
        if (!(error instanceof Problem && error.code === 'integrity-failed')) throw error
        return { kind: kind.name, label: row.label, change: 'refused', templates: 0, unopened: 0 }
      })
      if (done !== undefined) applied(done)
    }
  }
}

async function applyIfPending (
  database: Database,
  vault: Vault,
  kind: SealedKind,
  row: ContainerRow
): Promise<Applied | undefined> {
  return isPending(vault, row)
    ? await database.transaction(async session => await applyTo(session, vault, kind, row.id))
    : undefined
}

function isPending (vault: Vault, row: ContainerRow): boolean {
  return row.key_id !== vault.currentKey || vault.formOf(row.id, sealedOf(row)!) === 1
}

const sealedOf = ({ key_id: keyId, data_key: dataKey }: ContainerRow): SealedDataKey | null =>
  keyId === null ? null : { keyId, dataKey: dataKey! }

async function applyTo (session: Session, vault: Vault, kind: SealedKind, id: string): Promise<Applied | undefined> {
  await session.query(kind.lock, [id])
  const { rows: [row] } = await session.query<ContainerRow>(
    `SELECT id, ${kind.label} AS label, key_id, data_key FROM ${kind.table} WHERE id = $1`,
    [id]
  )
  // Deleted, or done by another process, in the meantime.
  if (row === undefined || !isPending(vault, row)) return undefined
  const before = sealedOf(row)
  if (before !== null && vault.formOf(id, before) === 2) {
    await store(vault.rewrap(id, before))
    return { kind: kind.name, label: row.label, change: 'rewrapped', templates: 0, unopened: 0 }
  }
  // A new key: templates sealed before no longer open, wherever they are put back.
  const after = vault.createDataKey(id)!
  const counts = await reseal(session, kind, id, vault.cipherOf(id, before), vault.cipherOf(id, after))
  await store(after)
  return { kind: kind.name, label: row.label, change: before === null ? 'encrypted' : 'upgraded', ...counts }

  async function store ({ keyId, dataKey }: SealedDataKey): Promise<void> {
    await session.query(`UPDATE ${kind.table} SET key_id = $2, data_key = $3 WHERE id = $1`, [id, keyId, dataKey])
  }
}

/** Stores all templates again. */
async function reseal (
  session: Session,
  kind: SealedKind,
  id: string,
  from: TemplateCipher,
  to: TemplateCipher
): Promise<{ templates: number, unopened: number }> {
  const counts = { templates: 0, unopened: 0 }
  for await (const { space: { fingerprint, dimension }, rows } of storedTemplates(session, kind, id)) {
    const sealed = rows.flatMap(({ key, vector, place }) => {
      const template = from.open(vector, place, dimension)
      return template !== undefined ? [{ key, bytes: to.store(template, place) }] : []
    })
    counts.templates += sealed.length
    counts.unopened += rows.length - sealed.length
    await kind.write(
      session,
      id,
      fingerprint,
      sealed.map(({ key }) => key),
      Buffer.concat(sealed.map(({ bytes }) => bytes)),
      4 * dimension + to.overhead
    )
  }
  await kind.resealed(session, id)
  return counts
}
