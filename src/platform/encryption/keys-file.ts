import { createSecretKey, randomBytes, type KeyObject } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { decodeBase64 } from '../../science/template/base64.js'
import { StartupError } from '../../errors.js'

/** A key from the configuration, which seals data keys. */
export interface EncryptionKey {
  readonly id: string
  /** 256 bits */
  readonly secret: KeyObject
}

const idPattern = /^[A-Za-z0-9._-]{1,64}$/

/**
 * Reads the keys of a file, the current one first. Each line is `ID BASE64`; empty lines and lines that begin with `#`
 * are skipped.
 *
 * @throws StartupError naming the line, never its content
 */
export async function readKeysFile (path: string): Promise<EncryptionKey[]> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new StartupError(
      `ENCRYPTION_KEYS_FILE: expected a readable file at ${path}, received ${error.code ?? error.message}`
    )
  })
  const keys: EncryptionKey[] = []
  text.split('\n').forEach((line, index) => {
    if (/^\s*(#|$)/.test(line)) return
    const refuse = (reason: string): never => {
      throw new StartupError(`ENCRYPTION_KEYS_FILE: ${path}, line ${index + 1}: ${reason}`)
    }
    const [id = '', secret = '', ...rest] = line.trim().split(/\s+/)
    if (!idPattern.test(id) || rest.length > 0) {
      refuse('expected an id of letters, digits, ".", "_" and "-", and the key, separated by a space')
    }
    const bytes = decodeBase64(secret)
    if (bytes?.length !== 32) {
      return refuse(`expected 32 bytes as base64 after "${id}", as \`crosswalk encryption create-key\` prints them`)
    }
    if (keys.some(key => key.id === id)) refuse(`expected every id once, received "${id}" twice`)
    keys.push({ id, secret: createSecretKey(bytes) })
  })
  if (keys.length === 0) {
    throw new StartupError(`ENCRYPTION_KEYS_FILE: expected at least one key in ${path}, found none`)
  }
  return keys
}

/** A line of the file with a new key. @throws StartupError when the id is invalid */
export function createKeyLine (id: string): string {
  if (!idPattern.test(id)) {
    throw new StartupError(`--id: expected up to 64 letters, digits, ".", "_" and "-", received ${JSON.stringify(id)}`)
  }
  return `${id} ${randomBytes(32).toString('base64')}`
}
