import { parseArgs } from 'node:util'
import { readConfig } from '../../config.js'
import { StartupError } from '../../errors.js'
import { applyEncryption, type Applied } from './apply.js'
import { checkEncryption, type Checked } from './check.js'
import { createKeyLine, readKeysFile } from './keys-file.js'
import { createVault, keysInUse, type Vault } from './vault.js'
import { exitCodes } from '../cli/exit-codes.js'
import { openPrivateFile } from '../private-files.js'
import { UsageError } from '../cli/command-line.js'
import { withDatabase } from '../cli/database.js'
import type { Database } from '../database/database.js'

export const usage = `crosswalk encryption create-key [--id ID] [--out FILE]
crosswalk encryption status
crosswalk encryption apply
crosswalk encryption check

  create-key prints a line for ENCRYPTION_KEYS_FILE, or appends it to FILE and makes FILE readable only by its owner.
  The default id is the date.
  status prints how many corpora and galleries are encrypted with which key. Each shard of a gallery counts as one.
  apply encrypts those that are not, re-seals those of earlier versions, and re-seals the data keys of the others with
  the first key of the file. It can be repeated, and run beside replicas on a Postgres server.
  check decrypts every stored template, lists those that fail, and exits with 1 if there are any.
  The embedded database (DATA_DIR) is open to one process: stop the service for status, apply and check.
`

const instead = 'Stop the service while this runs on the embedded database'

/** @throws StartupError stating what was expected */
export async function run ([action = '', ...args]: string[]): Promise<void> {
  switch (action) {
    case 'create-key': {
      const { id, out } = read(() =>
        parseArgs({
          args,
          options: { id: { type: 'string', default: new Date().toISOString().slice(0, 10) }, out: { type: 'string' } }
        })
      ).values
      const line = `${createKeyLine(id)}\n`
      if (out === undefined) process.stdout.write(line)
      else await appendTo(out, line)
      return
    }
    case 'status': {
      read(() => parseArgs({ args, options: {} }))
      return await withDatabase(instead, async database => {
        const used = await keysInUse(database)
        if (used.length === 0) process.stdout.write('no corpora or galleries\n')
        for (const { kind, key, count } of used) {
          process.stdout.write(`${count} ${kind} ${key === null ? 'not encrypted' : `with the key "${key}"`}\n`)
        }
      })
    }
    case 'apply': {
      read(() => parseArgs({ args, options: {} }))
      return await withVault(action, 'admit', async (database, vault) => {
        let count = 0
        await applyEncryption(database, vault, applied => {
          if (applied.change === 'refused') process.exitCode = exitCodes.failed
          else count++
          process.stdout.write(lineOf(applied))
        })
        process.stderr.write(
          count === 0
            ? `nothing left to encrypt with "${vault.currentKey}"\n`
            : `${count} corpora and galleries are now encrypted with "${vault.currentKey}"\n`
        )
      })
    }
    case 'check': {
      read(() => parseArgs({ args, options: {} }))
      return await withVault(action, 'refuse', async (database, vault) => {
        let failed = false
        await checkEncryption(database, vault, found => {
          failed ||= found.refused !== undefined || found.unopened.length > 0
          process.stdout.write(linesOf(found))
        })
        if (failed) process.exitCode = exitCodes.failed
      })
    }
    default:
      throw new UsageError(
        `encryption: expected create-key, status, apply or check, received ${
          action === '' ? 'nothing' : JSON.stringify(action)
        }\n\n${usage}`
      )
  }
}

async function appendTo (path: string, line: string): Promise<void> {
  const file = await openPrivateFile(path, '--out', 'a')
  try {
    await file.writeFile(line)
  } finally {
    await file.close()
  }
}

async function withVault (
  action: string,
  plaintext: 'refuse' | 'admit',
  work: (database: Database, vault: Vault) => Promise<void>
): Promise<void> {
  const { encryptionKeysFile } = readConfig()
  if (encryptionKeysFile === undefined) {
    throw new StartupError(
      `encryption ${action}: expected ENCRYPTION_KEYS_FILE to name the file of keys, it is not set`
    )
  }
  const vault = createVault(await readKeysFile(encryptionKeysFile), { plaintext })
  await withDatabase(instead, async database => {
    await vault.registerKeys(database)
    await work(database, vault)
  })
}

function lineOf ({ kind, label, change, templates, unopened }: Applied): string {
  const did = {
    encrypted: `${templates} templates encrypted`,
    upgraded: `${templates} templates re-sealed`,
    rewrapped: 'key re-sealed',
    refused: 'its key was changed, nothing was done'
  }
  return `${kind} ${label}: ${did[change]}${
    unopened === 0 ? '' : `, ${unopened} do not decrypt and were left unchanged`
  }\n`
}

function linesOf ({ kind, label, templates, unopened, refused }: Checked): string {
  if (refused !== undefined) return `${kind} ${label}: ${refused}\n`
  const names = unopened.map(([fingerprint, ...name]) =>
    `  ${name.map(part => JSON.stringify(part)).join(' ')} in ${fingerprint}\n`
  )
  return `${kind} ${label}: ${templates - unopened.length} of ${templates} templates open\n${names.join('')}`
}

function read<T> (parse: () => T): T {
  try {
    return parse()
  } catch (error) {
    throw new UsageError(`encryption: ${(error as Error).message}\n\n${usage}`, { cause: error })
  }
}
