import { parseArgs } from 'node:util'
import { readConfig } from '../../config.js'
import { StartupError } from '../../errors.js'
import { applyEncryption } from './apply.js'
import { createKeyLine, readKeysFile } from './keys-file.js'
import { createVault, keysInUse } from './vault.js'
import { withDatabase } from '../cli/database.js'

export const usage = `crosswalk encryption create-key [--id ID]
crosswalk encryption status
crosswalk encryption apply

  create-key prints a line for ENCRYPTION_KEYS_FILE; the id is the date unless it is given. status prints how many corpora and
  galleries are encrypted with which key. apply encrypts those that are not, and seals the keys of the others with the first
  key of the file; it can be repeated, and run beside replicas on a Postgres server.
  The embedded database (DATA_DIR) is open to one process: stop the service for status and apply.
`

const instead = 'Stop the service while this runs on the embedded database'

/** @throws StartupError saying what was expected */
export async function run ([action = '', ...args]: string[]): Promise<void> {
  switch (action) {
    case 'create-key': {
      const { id } = read(() => parseArgs({ args, options: { id: { type: 'string', default: new Date().toISOString().slice(0, 10) } } })).values
      process.stdout.write(`${createKeyLine(id)}\n`)
      return
    }
    case 'status': {
      read(() => parseArgs({ args, options: {} }))
      return await withDatabase(instead, async database => {
        const used = await keysInUse(database)
        if (used.length === 0) process.stdout.write('no corpora, no galleries\n')
        for (const { kind, key, count } of used) process.stdout.write(`${count} ${kind} ${key === null ? 'not encrypted' : `with the key "${key}"`}\n`)
      })
    }
    case 'apply': {
      read(() => parseArgs({ args, options: {} }))
      const { encryptionKeysFile } = readConfig()
      if (encryptionKeysFile === undefined) throw new StartupError('encryption apply: expected ENCRYPTION_KEYS_FILE to name the file of the keys, it is not set')
      const vault = createVault(await readKeysFile(encryptionKeysFile))
      return await withDatabase(instead, async database => {
        await vault.admit(database)
        let count = 0
        await applyEncryption(database, vault, ({ kind, id, change, templates }) => {
          count++
          process.stdout.write(`${kind} ${id}: ${change === 'encrypted' ? `${templates} templates encrypted` : 'its key sealed anew'}\n`)
        })
        process.stderr.write(count === 0 ? `every corpus and gallery is encrypted with "${vault.currentKey}"\n` : `${count} corpora and galleries are now encrypted with "${vault.currentKey}"\n`)
      })
    }
    default: throw new StartupError(`encryption: expected create-key, status or apply, received ${action === '' ? 'nothing' : JSON.stringify(action)}\n\n${usage}`)
  }
}

function read<T> (parse: () => T): T {
  try {
    return parse()
  } catch (error) {
    throw new StartupError(`encryption: ${(error as Error).message}\n\n${usage}`, { cause: error })
  }
}
