import { Problem } from '../../errors.js'
import type { Database } from '../database/database.js'
import { sealedKinds, storedTemplates, type SealedKind } from './sealed-kinds.js'
import type { SealedDataKey, TemplateCipher, Vault } from './vault.js'

/** The result of checking a corpus or a gallery. */
export interface Checked {
  readonly kind: SealedKind['name']
  /** id, and which shard of a gallery it is that has further ones */
  readonly label: string
  readonly templates: number
  /** names of the rows that do not open: the space and the sample, or the space, the subject and the template */
  readonly unopened: readonly (readonly string[])[]
  /** why none of it is read; undefined when it is */
  readonly refused?: string
}

/**
 * Tries to open every stored template.
 *
 * @param checked called for each corpus and gallery
 */
export async function checkEncryption (
  database: Database,
  vault: Vault,
  checked: (found: Checked) => void
): Promise<void> {
  for (const kind of sealedKinds) {
    const { rows } = await database.query<
      { id: string, label: string, key_id: string | null, data_key: Buffer | null }
    >(
      `SELECT id, ${kind.label} AS label, key_id, data_key FROM ${kind.table} ORDER BY created_at, id`
    )
    for (const { id, label, key_id: keyId, data_key: dataKey } of rows) {
      const opened = openContainer(vault, id, keyId === null ? null : { keyId, dataKey: dataKey! })
      checked(
        'refused' in opened
          ? { kind: kind.name, label, templates: 0, unopened: [], ...opened }
          : { kind: kind.name, label, ...await checkContainer(database, kind, id, opened) }
      )
    }
  }
}

function openContainer (vault: Vault, id: string, sealed: SealedDataKey | null): TemplateCipher | { refused: string } {
  try {
    return vault.cipherOf(id, sealed)
  } catch (error) {
    if (!(error instanceof Problem)) throw error
    return { refused: error.detail }
  }
}

async function checkContainer (
  database: Database,
  kind: SealedKind,
  id: string,
  cipher: TemplateCipher
): Promise<Pick<Checked, 'templates' | 'unopened'>> {
  return await database.transaction(async session => {
    let templates = 0
    const unopened: (readonly string[])[] = []
    for await (const { space: { dimension }, rows } of storedTemplates(session, kind, id)) {
      templates += rows.length
      for (const { vector, place } of rows) {
        if (cipher.open(vector, place, dimension) === undefined) unopened.push(place.name)
      }
    }
    return { templates, unopened }
  }, { snapshot: true })
}
