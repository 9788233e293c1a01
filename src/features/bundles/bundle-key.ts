import { readFile, writeFile } from 'node:fs/promises'
import { StartupError } from '../../errors.js'
import { oneOf, readArguments } from '../../platform/cli/command-line.js'
import { generateSigningKey, parseSigningKey } from './keys.js'

export const usage = `crosswalk bundle-key create FILE
crosswalk bundle-key show FILE

  create writes a new private key to FILE, for SIGNING_KEY_FILE. Both print the public key of FILE, for the
  TRUSTED_KEYS_DIR of services that import the maps it signs; the id of the key goes to standard error.
`

/** @throws StartupError saying what was expected */
export async function run (args: string[]): Promise<void> {
  const { positionals: [action, file] } = readArguments({
    command: 'bundle-key',
    usage,
    args,
    options: {},
    positionals: ['create or show', 'a FILE']
  })
  const fail = (error: NodeJS.ErrnoException): never => {
    throw new StartupError(`bundle-key: ${file}: ${error.code}`, { cause: error })
  }
  if (oneOf(['create', 'show'], action!, 'bundle-key') === 'create') {
    await writeFile(file!, generateSigningKey(), { mode: 0o600, flag: 'wx' }).catch(fail)
  }
  const { id, publicKey } = parseSigningKey(await readFile(file!, 'utf8').catch(fail), `bundle-key: ${file}`)
  process.stderr.write(`key ${id}\n`)
  process.stdout.write(publicKey.export({ type: 'spki', format: 'pem' }))
}
