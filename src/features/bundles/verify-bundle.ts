import { readFile } from 'node:fs/promises'
import { StartupError } from '../../errors.js'
import { readArguments, say, UsageError } from '../../platform/cli/command-line.js'
import { readBundleFile } from './bundle-file.js'
import { signerOf } from './detached-signature.js'
import { readTrustedKeys, type TrustedKeys } from './keys.js'

export const usage = `crosswalk verify-bundle FILE --trusted KEYS

  Checks that an exported map is signed by one of the public keys in KEYS (a .pem or a folder of them) and unchanged.
  FILE is a bundle, or a file for another runtime with its signature in FILE.sig. Prints what it is, or exits with 1.
  Needs neither a service nor a database.
`

/** @throws StartupError saying what was expected */
export async function run (args: string[]): Promise<void> {
  const { values: { trusted }, positionals: [file] } = readArguments({
    command: 'verify-bundle',
    usage,
    args,
    options: { trusted: { type: 'string' } },
    positionals: ['a FILE']
  })
  if (trusted === undefined) throw new UsageError(`verify-bundle: expected --trusted\n\n${usage}`)
  const keys = await readTrustedKeys([trusted], '--trusted')
  const signature = await readFile(`${file}.sig`).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw new StartupError(`expected a readable signature, received ${error.code} for ${file}.sig`, { cause: error })
  })
  await (signature === undefined ? verifyBundle(file!, keys) : verifyDetached(file!, signature, keys))
}

async function verifyBundle (file: string, keys: TrustedKeys): Promise<void> {
  const { map: { id, source, target, card, comparison }, keyId } = await readBundleFile(file, keys)
  say([
    `map      ${id}`,
    `source   ${source.model}, ${source.dimension}-d, ${source.fingerprint}`,
    `target   ${target.model}, ${target.dimension}-d, ${target.fingerprint}`,
    `method   ${card.method}, fitted on ${card.pairs.pairs} pairs${
      comparison === undefined ? '' : ', with a comparison space'
    }`,
    `signed   by ${keyId}`
  ].join('\n'))
}

async function verifyDetached (file: string, signature: Buffer, keys: TrustedKeys): Promise<void> {
  const bytes = await readFile(file).catch((error: NodeJS.ErrnoException) => {
    throw new StartupError(`expected a readable file, received ${error.code} for ${file}`, { cause: error })
  })
  const keyId = signerOf(bytes, signature, keys)
  if (keyId === undefined) {
    throw new StartupError(
      `${file}: expected the signature of a trusted key (${
        [...keys.keys()].join(', ') || 'there is none'
      }) over these bytes in ${file}.sig`
    )
  }
  say(`file     ${file}, ${bytes.length} bytes\nsigned   by ${keyId}`)
}
