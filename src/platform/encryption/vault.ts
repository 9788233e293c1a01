import { createSecretKey, randomBytes, type KeyObject } from 'node:crypto'
import { Problem, StartupError } from '../../errors.js'
import { bytesOfFloat32, float32FromBytes } from '../../science/template/float32.js'
import { vectorDefect } from '../../science/template/check.js'
import type { Database } from '../database/database.js'
import type { EncryptionKey } from './keys-file.js'
import type { Place } from './places.js'
import { seal, sealBytes, unseal } from './sealing.js'
import { createUnopenedRows, type UnopenedRows } from './unopened.js'

/** The data key of a container as it is stored: sealed with the encryption key of that id. */
export interface SealedDataKey {
  readonly keyId: string
  readonly dataKey: Buffer
}

/**
 * What the seal of a template authenticates: the name of its row (1), or also the attributes and the version of the row
 * (2). A data key is sealed for one form, so that only the holder of the encryption key can take a container back to
 * the first.
 */
export type SealForm = 1 | 2

/** How the templates of a container are stored: as plaintext, or sealed. */
export interface TemplateCipher {
  /** bytes of a stored template beyond its numbers */
  readonly overhead: number
  store(vector: Float32Array, place: Place): Buffer
  /**
   * @param dimension of the template's space
   * @returns undefined when the bytes are not those that were stored at this place, or are not a template: of another
   *   length, with NaN or infinity, or of norm zero
   */
  open(bytes: Uint8Array, place: Place, dimension: number): Float32Array | undefined
}

export interface VaultOptions {
  /**
   * What to do with containers in plaintext when there are keys: `refuse` treats them as encrypted containers whose
   * keys somebody has removed, `admit` reads and writes them as they are.
   */
  readonly plaintext?: 'refuse' | 'admit'
  /** Called for stored templates that do not open, once for each. */
  readonly onUnopened?: (rows: UnopenedRows) => void
}

export type Vault = ReturnType<typeof createVault>

/** How many containers of each kind are encrypted with each key; a null key stands for plaintext. */
export async function keysInUse (
  database: Database
): Promise<{ kind: 'corpora' | 'galleries', key: string | null, count: number }[]> {
  const { rows } = await database.query<{ kind: 'corpora' | 'galleries', key: string | null, count: number }>(
    `SELECT kind, key_id AS key, count(*)::integer FROM (
       SELECT 'corpora' AS kind, key_id FROM corpora UNION ALL SELECT 'galleries', key_id FROM galleries) containers
     GROUP BY kind, key_id ORDER BY kind, key_id`
  )
  return rows
}

const plain: TemplateCipher = {
  overhead: 0,
  store: bytesOfFloat32,
  open: (bytes, _place, dimension) => templateOf(bytes, dimension)
}

/**
 * Envelope encryption of templates: each container has a data key of its own, sealed with a key from the configuration,
 * so that keys are rotated without touching a template. A sealed template opens in its place only, see `Place`.
 *
 * @param keys the current one first; without any, nothing new is sealed
 */
export function createVault (keys: readonly EncryptionKey[], { plaintext = 'refuse', onUnopened }: VaultOptions = {}) {
  const secrets = new Map(keys.map(({ id, secret }) => [id, secret]))
  const [current] = keys
  const refusesPlaintext = current !== undefined && plaintext === 'refuse'

  function secretOf (id: string) {
    const secret = secrets.get(id)
    if (secret === undefined) throw new Error(`the encryption key "${id}" is not among those of ENCRYPTION_KEYS_FILE`)
    return secret
  }
  const wrapPlace = (container: string, form: SealForm) =>
    form === 1 ? `data key\0${container}` : `data key 2\0${container}`

  function wrap (container: string, bytes: Uint8Array, form: SealForm): SealedDataKey | null {
    return current === undefined
      ? null
      : { keyId: current.id, dataKey: seal(current.secret, bytes, wrapPlace(container, form)) }
  }

  /** @throws Problem `integrity-failed` when the data key belongs to another container, or was modified */
  function unwrap (container: string, { keyId, dataKey }: SealedDataKey): { bytes: Buffer, form: SealForm } {
    const secret = secretOf(keyId)
    for (const form of [2, 1] as const) {
      const bytes = opened(() => unseal(secret, dataKey, wrapPlace(container, form)))
      if (bytes !== undefined) return { bytes, form }
    }
    throw new Problem(
      'integrity-failed',
      `${container}: expected a data key sealed with the encryption key "${keyId}", found one that was changed or ` +
        `belongs elsewhere`
    )
  }

  return {
    /** id of the key that seals new data keys */
    currentKey: current?.id,
    keyIds: keys.map(({ id }) => id),
    /** Stored templates that did not open. */
    unopened: createUnopenedRows(onUnopened),
    refusesPlaintext,

    /** Creates the data key of a new container; null when there is no key to seal it with. */
    createDataKey: (container: string): SealedDataKey | null => wrap(container, randomBytes(32), 2),

    /** Seals the same data key with the current encryption key. */
    rewrap (container: string, sealed: SealedDataKey): SealedDataKey {
      const { bytes, form } = unwrap(container, sealed)
      return wrap(container, bytes, form) ?? sealed
    },

    /** @throws Problem `integrity-failed` */
    formOf: (container: string, sealed: SealedDataKey): SealForm => unwrap(container, sealed).form,

    /** @throws Problem `integrity-failed` when the data key does not open, or is missing though it is required */
    cipherOf (container: string, sealed: SealedDataKey | null): TemplateCipher {
      if (sealed === null) {
        if (refusesPlaintext) throw notEncrypted(container)
        return plain
      }
      const { bytes, form } = unwrap(container, sealed)
      return cipherWith(createSecretKey(bytes), container, form)
    },

    /**
     * Registers the keys in the database, and checks that they are the ones that it knows.
     *
     * @throws StartupError naming the key that is missing or differs from the registered one
     */
    async registerKeys (database: Database): Promise<void> {
      for (const key of keys) await registerKey(database, key)
      const missing = (await keysInUse(database)).find(({ key }) => key !== null && !secrets.has(key))
      if (missing !== undefined) {
        throw new StartupError(
          `ENCRYPTION_KEYS_FILE: expected the key "${missing.key}", which encrypts the templates of ` +
            `${missing.count} ${missing.kind}, ` +
            (keys.length === 0
              ? 'the variable is not set'
              : `the file has ${keys.map(({ id }) => `"${id}"`).join(', ')}`)
        )
      }
    }
  }
}

/** One invalid row would also fail every computation that includes it. */
function templateOf (bytes: Uint8Array, dimension: number): Float32Array | undefined {
  if (bytes.length !== 4 * dimension) return undefined
  const template = float32FromBytes(bytes)
  return vectorDefect(template) === undefined ? template : undefined
}

function cipherWith (key: KeyObject, container: string, form: SealForm): TemplateCipher {
  const placed = ({ name, bound }: Place) =>
    form === 1 ? ['template', container, ...name].join('\0') : ['template 2', container, ...name, ...bound].join('\0')
  return {
    overhead: sealBytes,
    store: (vector, place) => seal(key, bytesOfFloat32(vector), placed(place)),
    open (bytes, place, dimension) {
      const found = opened(() => unseal(key, bytes, placed(place)))
      return found === undefined ? undefined : templateOf(found, dimension)
    }
  }
}

async function registerKey (database: Database, { id, secret }: EncryptionKey): Promise<void> {
  const known = 'crosswalk'
  const place = `check value\0${id}`
  await database.query('INSERT INTO encryption_keys (id, check_value) VALUES ($1, $2) ON CONFLICT DO NOTHING', [
    id,
    seal(secret, Buffer.from(known), place)
  ])
  const { rows: [row] } = await database.query<{ check_value: Buffer }>(
    'SELECT check_value FROM encryption_keys WHERE id = $1',
    [id]
  )
  if (opened(() => unseal(secret, row!.check_value, place))?.toString() === known) return
  throw new StartupError(
    `ENCRYPTION_KEYS_FILE: expected the key that this database knows as "${id}", received another. A new key needs ` +
      `a new id`
  )
}

function opened<T> (open: () => T): T | undefined {
  try {
    return open()
  } catch {
    return undefined
  }
}

const notEncrypted = (container: string) =>
  new Problem(
    'integrity-failed',
    `${container}: expected encrypted templates, since the service has keys, found plaintext. If the data are ` +
      `older than the keys, run \`crosswalk encryption apply\`. If they were encrypted before, their key was ` +
      `removed and they cannot be trusted`
  )
