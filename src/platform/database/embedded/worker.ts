import { readFile } from 'node:fs/promises'
import { PGlite } from '@electric-sql/pglite'
import { vector } from '@electric-sql/pglite-pgvector'
import { move } from 'piscina'
import { joinBytes } from './join-bytes.js'

/**
 * The database of this thread. A replacement thread has none: a transaction must not continue there as if nothing had
 * happened.
 */
let pglite: PGlite | undefined

export interface Opening {
  /** folder of the database, created if it does not exist; in memory without it */
  readonly files?: string
  /** archive that a database in memory begins with */
  readonly copyOf?: string | undefined
}

export async function open ({ files, copyOf }: Opening): Promise<void> {
  pglite = await PGlite.create({
    ...files === undefined ? {} : { dataDir: files },
    ...copyOf === undefined ? {} : { loadDataDir: new Blob([await readFile(copyOf)]) },
    // Of 160 MB, PGlite's default, Postgres writes to all at the start. The system caches the files anyway: with 32 MB
    // the thread takes 109 MB less.
    startParams: [...PGlite.defaultStartParams, '-c', 'shared_buffers=32MB'],
    // A database may hold objects of these extensions, so they are loaded whenever it is opened.
    extensions: { vector }
  }).catch((error: unknown) => {
    throw asError(error)
  })
}

/**
 * @param request whole messages of a Postgres client
 * @returns the response of the database
 */
export async function answer (request: Uint8Array): Promise<Uint8Array> {
  const parts: Uint8Array[] = []
  // PGlite returns its own memory and reuses it.
  try {
    await opened().execProtocolRawStream(request, {
      onRawData: part => {
        parts.push(part.slice())
      }
    })
  } catch (error) {
    pglite = undefined
    throw asError(error)
  }
  return move(joinBytes(parts)) as Uint8Array
}

export async function close (): Promise<void> {
  await opened().close()
}

function opened (): PGlite {
  if (pglite === undefined) throw new Error('the embedded database has failed, or its thread has ended')
  return pglite
}

/** WebAssembly also throws values that are no errors, which would tell another thread nothing. */
function asError (thrown: unknown): Error {
  return thrown instanceof Error
    ? thrown
    : new Error((thrown as { message?: string } | null)?.message ?? String(thrown))
}
