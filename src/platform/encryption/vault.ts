import { createSecretKey, randomBytes } from 'node:crypto'
import { StartupError } from '../../errors.js'
import { bytesOfFloat32, float32FromBytes } from '../../science/template/float32.js'
import type { Database } from '../database/database.js'
import type { EncryptionKey } from './keys-file.js'
import { seal, sealBytes, unseal } from './sealing.js'

/** The key of what one container holds, as it is stored: sealed with the key of that id. */
export interface SealedDataKey { readonly keyId: string, readonly dataKey: Buffer }

/** How the templates of a container are stored: as they are, or sealed. */
export interface TemplateCipher {
  /** bytes of a stored template beyond its numbers */
  readonly overhead: number
  /** @param place what tells this template from every other of the container */
  store (vector: Float32Array, place: readonly string[]): Buffer
  /** @throws Error when these are not the bytes that were stored at this place */
  load (bytes: Uint8Array, place: readonly string[]): Float32Array
}

export type Vault = ReturnType<typeof createVault>

/** How many containers of a kind are encrypted with a key; with none where it is null. */
export async function keysInUse (database: Database): Promise<{ kind: 'corpora' | 'galleries', key: string | null, count: number }[]> {
  const { rows } = await database.query<{ kind: 'corpora' | 'galleries', key: string | null, count: number }>(
    `SELECT kind, key_id AS key, count(*)::integer FROM (
       SELECT 'corpora' AS kind, key_id FROM corpora UNION ALL SELECT 'galleries', key_id FROM galleries) containers
     GROUP BY kind, key_id ORDER BY kind, key_id`)
  return rows
}

const plain: TemplateCipher = { overhead: 0, store: bytesOfFloat32, load: float32FromBytes }

/**
 * Envelope encryption of templates: each container has a data key of its own, sealed with a key from configuration, so that keys are
 * rotated without touching a template. What is sealed opens in its place only: it cannot be moved to another person.
 *
 * @param keys the current one first; without any, nothing new is sealed
 */
export function createVault (keys: readonly EncryptionKey[]) {
  const secrets = new Map(keys.map(({ id, secret }) => [id, secret]))
  const [current] = keys

  function secretOf (id: string) {
    const secret = secrets.get(id)
    if (secret === undefined) throw new Error(`the encryption key "${id}" is not among those of ENCRYPTION_KEYS_FILE`)
    return secret
  }
  const wrapPlace = (container: string) => `data key\0${container}`

  function wrap (container: string, bytes: Uint8Array): SealedDataKey | null {
    return current === undefined ? null : { keyId: current.id, dataKey: seal(current.secret, bytes, wrapPlace(container)) }
  }
  const unwrap = (container: string, { keyId, dataKey }: SealedDataKey) => unseal(secretOf(keyId), dataKey, wrapPlace(container))

  return {
    /** of the key that new data keys are sealed with */
    currentKey: current?.id,
    keyIds: keys.map(({ id }) => id),

    /** A data key for a new container; null when nothing is to be sealed. */
    createDataKey: (container: string): SealedDataKey | null => wrap(container, randomBytes(32)),

    /** The same data key under the current encryption key. */
    rewrap (container: string, sealed: SealedDataKey): SealedDataKey {
      return wrap(container, unwrap(container, sealed)) ?? sealed
    },

    /** @throws Error when the data key cannot be opened */
    cipherOf (container: string, sealed: SealedDataKey | null): TemplateCipher {
      if (sealed === null) return plain
      const key = createSecretKey(unwrap(container, sealed))
      // No part has a NUL: the database takes none in a text.
      const placed = (place: readonly string[]) => ['template', container, ...place].join('\0')
      return {
        overhead: sealBytes,
        store: (vector, place) => seal(key, bytesOfFloat32(vector), placed(place)),
        load (bytes, place) {
          try {
            return float32FromBytes(unseal(key, bytes, placed(place)))
          } catch (error) {
            throw new Error(`a sealed template of ${container} is damaged or in another's place`, { cause: error })
          }
        }
      }
    },

    /**
     * Makes the keys known to the database, and sees to it that they are those that it knows.
     *
     * @throws StartupError naming the key that is missing or another than it was
     */
    async admit (database: Database): Promise<void> {
      const known = 'crosswalk'
      for (const { id, secret } of keys) {
        const place = `check value\0${id}`
        await database.query('INSERT INTO encryption_keys (id, check_value) VALUES ($1, $2) ON CONFLICT DO NOTHING', [id, seal(secret, Buffer.from(known), place)])
        const { rows: [row] } = await database.query<{ check_value: Buffer }>('SELECT check_value FROM encryption_keys WHERE id = $1', [id])
        if (!opens(row!.check_value, place)) {
          throw new StartupError(`ENCRYPTION_KEYS_FILE: expected under "${id}" the key that this database knows by that id, received another. A new key needs a new id`)
        }

        function opens (sealed: Buffer, at: string): boolean {
          try {
            return unseal(secret, sealed, at).toString() === known
          } catch {
            return false
          }
        }
      }
      const missing = (await keysInUse(database)).find(({ key }) => key !== null && !secrets.has(key))
      if (missing !== undefined) {
        throw new StartupError(`ENCRYPTION_KEYS_FILE: expected the key "${missing.key}", that the templates of ${missing.count} ${missing.kind} are encrypted with, ` +
          (keys.length === 0 ? 'the variable is not set' : `the file has ${keys.map(({ id }) => `"${id}"`).join(', ')}`))
      }
    }
  }
}
