import type { FileHandle } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { StartupError } from '../../errors.js'
import { createAuditRepository } from './audit-repository.js'
import { findFault, type AuditHead } from './audit-chain.js'
import { UsageError } from '../../platform/cli/command-line.js'
import { withDatabase } from '../../platform/cli/database.js'
import { openPrivateFile } from '../../platform/private-files.js'

export const usage = `crosswalk audit verify [--anchor SEQ:HASH]
crosswalk audit export [--from SEQ] [--out FILE]

  verify follows the chain of the audit from its beginning, reports the first break, and prints the end of the chain as
  SEQ:HASH. Keep that elsewhere: with --anchor, verify also notices a chain that was rewritten since.
  export prints the records as NDJSON, each with its hash, or writes them to FILE, readable only by its owner.
  DATABASE_URL or DATA_DIR names the database. The embedded database (DATA_DIR) is open to one process: while the service
  runs, read /v1/audit.
`

const instead = 'While the service runs on the embedded database, read the audit with its route /v1/audit'

/** @throws StartupError saying what was expected, or where the chain is broken */
export async function run ([action = '', ...args]: string[]): Promise<void> {
  switch (action) {
    case 'verify': {
      const anchor = readAnchor(read(args, 'anchor').anchor)
      return await withDatabase(instead, async database => {
        const head = await createAuditRepository(database).inspect(async (head, rows) => {
          const fault = await findFault(rows, head, anchor)
          if (fault !== undefined) {
            throw new StartupError(`audit: expected an unbroken chain of ${head.seq} records, but ${fault}`)
          }
          return head
        })
        process.stderr.write(
          `${head.seq} records, the chain is unbroken${anchor === undefined ? '' : ' and passes through the anchor'}\n`
        )
        process.stdout.write(`${head.seq}:${head.hash}\n`)
      })
    }
    case 'export': {
      const { from, out } = read(args, 'from', 'out')
      const first = readSeq(from)
      const file = out === undefined ? undefined : await openPrivateFile(out, '--out', 'wx')
      try {
        return await withDatabase(instead, async database => {
          await createAuditRepository(database).inspect(async (_head, rows) => {
            for await (const { hash, record } of rows) await print(`{"hash":"${hash}","record":${record}}\n`, file)
          }, first)
        })
      } finally {
        await file?.close()
      }
    }
    default:
      throw new UsageError(
        `audit: expected verify or export, received ${action === '' ? 'nothing' : JSON.stringify(action)}\n\n${usage}`
      )
  }
}

async function print (line: string, file: FileHandle | undefined): Promise<void> {
  if (file === undefined) process.stdout.write(line)
  else await file.writeFile(line)
}

function read<Option extends 'anchor' | 'from' | 'out'> (
  args: string[],
  ...options: Option[]
): Partial<Record<Option, string>> {
  try {
    return parseArgs({
      args,
      options: Object.fromEntries(options.map(option => [option, { type: 'string' as const }]))
    }).values as Partial<Record<Option, string>>
  } catch (error) {
    throw new UsageError(`audit: ${(error as Error).message}\n\n${usage}`, { cause: error })
  }
}

function readAnchor (text: string | undefined): AuditHead | undefined {
  if (text === undefined) return undefined
  const [, seq, hash] = /^(\d{1,15}):([0-9a-f]{64})$/.exec(text) ?? []
  if (seq === undefined || hash === undefined) {
    throw new UsageError(`--anchor: expected SEQ:HASH as verify prints it, received ${JSON.stringify(text)}`)
  }
  return { seq: Number(seq), hash }
}

function readSeq (text = '1'): number {
  if (!/^\d{1,15}$/.test(text)) {
    throw new UsageError(`--from: expected the number of a record, received ${JSON.stringify(text)}`)
  }
  return Number(text)
}
