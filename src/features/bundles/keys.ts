import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { StartupError } from '../../errors.js'
import { readOrWriteSecret } from '../../platform/secret-file.js'

/** An Ed25519 key that bundles are signed with (RFC 8032). */
export interface SigningKey {
  readonly id: string
  readonly privateKey: KeyObject
  readonly publicKey: KeyObject
}

/** Public keys whose bundles are accepted, by id. */
export type TrustedKeys = ReadonlyMap<string, KeyObject>

/** The id of a key: SHA-256 of its public half as SubjectPublicKeyInfo, 64 hexadecimal digits. */
export const keyIdOf = (publicKey: KeyObject): string =>
  createHash('sha256').update(publicKey.export({ type: 'spki', format: 'der' })).digest('hex')

/** Generates a private key as PEM. */
export const generateSigningKey = (): string =>
  generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()

/**
 * Loads the signing key from a file, which is written when it is missing.
 * @throws StartupError
 */
export async function loadSigningKey (path: string): Promise<SigningKey & { written: boolean }> {
  const { text, written } = await readOrWriteSecret(path, 'SIGNING_KEY_FILE', generateSigningKey)
  return { ...parseSigningKey(text, `SIGNING_KEY_FILE: ${path}`), written }
}

/** @param where for errors @throws StartupError, which reveals nothing of the key */
export function parseSigningKey (pem: string, where: string): SigningKey {
  const privateKey = parse(() => createPrivateKey(pem))
  if (privateKey?.asymmetricKeyType !== 'ed25519') {
    throw new StartupError(
      `${where}: expected an Ed25519 private key as PEM, as \`crosswalk bundle-key create\` writes it, found something else`
    )
  }
  const publicKey = createPublicKey(privateKey)
  return { id: keyIdOf(publicKey), privateKey, publicKey }
}

/**
 * Reads public keys from files, and from the files `*.pem` of folders.
 * @param variable name of the variable or option, for errors
 * @throws StartupError naming the invalid file
 */
export async function readTrustedKeys (paths: readonly string[], variable: string): Promise<TrustedKeys> {
  return new Map((await Promise.all(paths.map(path => readKeysAt(path, variable)))).flat())
}

async function readKeysAt (path: string, variable: string): Promise<[string, KeyObject][]> {
  try {
    const folder = (await stat(path)).isDirectory()
    const files = folder
      ? (await readdir(path)).filter(name => name.endsWith('.pem')).sort().map(name => join(path, name))
      : [path]
    return await Promise.all(files.map(async (file): Promise<[string, KeyObject]> => {
      const text = await readFile(file, 'utf8')
      // A private key would work as well, but does not belong here.
      const publicKey = text.includes('PRIVATE') ? undefined : parse(() => createPublicKey(text))
      if (publicKey?.asymmetricKeyType !== 'ed25519') {
        throw new StartupError(`${variable}: expected an Ed25519 public key as PEM in ${file}, found something else`)
      }
      return [keyIdOf(publicKey), publicKey]
    }))
  } catch (error) {
    if (error instanceof StartupError) throw error
    throw new StartupError(
      `${variable}: expected a readable folder of public keys at ${path}, received ${
        (error as NodeJS.ErrnoException).code
      }`,
      { cause: error }
    )
  }
}

function parse (read: () => KeyObject): KeyObject | undefined {
  try {
    return read()
  } catch {
    return undefined
  }
}
