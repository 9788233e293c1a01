import { parseArgs } from 'node:util'
import { StartupError } from '../../errors.js'
import { readBundleFile } from './bundle-file.js'
import { readTrustedKeys } from './keys.js'

export const usage = `crosswalk verify-bundle FILE --trusted KEYS

  Checks that an exported map is signed by one of the public keys in KEYS (a .pem or a folder of them) and unchanged.
  Prints what it is, or exits with 1. Needs neither a service nor a database.
`

/** @throws StartupError saying what was expected */
export async function run (args: string[]): Promise<void> {
  const { file, trusted } = parse(args)
  const keys = await readTrustedKeys(trusted, '--trusted')
  const { map: { id, source, target, card, comparison }, keyId } = await readBundleFile(file, keys)
  process.stdout.write([
    `map      ${id}`,
    `source   ${source.model}, ${source.dimension}-d, ${source.fingerprint}`,
    `target   ${target.model}, ${target.dimension}-d, ${target.fingerprint}`,
    `method   ${card.method}, fitted on ${card.pairs.pairs} pairs${
      comparison === undefined ? '' : ', with a comparison space'
    }`,
    `signed   by ${keyId}`,
    ''
  ].join('\n'))
}

function parse (args: string[]): { file: string, trusted: string } {
  try {
    const { values: { trusted }, positionals: [file, ...rest] } = parseArgs({
      args,
      options: { trusted: { type: 'string' } },
      allowPositionals: true
    })
    if (file === undefined || trusted === undefined || rest.length > 0) {
      throw new Error('expected one file, and --trusted')
    }
    return { file, trusted }
  } catch (error) {
    throw new StartupError(`verify-bundle: ${(error as Error).message}\n\n${usage}`, { cause: error })
  }
}
