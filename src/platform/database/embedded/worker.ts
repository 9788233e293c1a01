import { PGlite } from '@electric-sql/pglite'
import { vector } from '@electric-sql/pglite-pgvector'
import { move } from 'piscina'
import { joinBytes } from './join-bytes.js'

/**
 * The database of this thread. Another that takes its place has none: a transaction must not go on there as if nothing
 * had been.
 */
let pglite: PGlite | undefined

/** @param files folder of the database, made when it is not there; undefined for memory */
export async function open (files: string | undefined): Promise<void> {
  // The extensions are those that a database may hold objects of: they are there whenever it is opened.
  pglite = await PGlite.create({ ...files === undefined ? {} : { dataDir: files }, extensions: { vector } }).catch(
    (error: unknown) => {
      throw asError(error)
    }
  )
}

/**
 * @param request what a client of Postgres writes, whole messages
 * @returns what it reads then
 */
export async function answer (request: Uint8Array): Promise<Uint8Array> {
  const parts: Uint8Array[] = []
  // It hands out its own memory, which it uses again.
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

/** WebAssembly throws what is no error, too, which would tell another thread nothing. */
function asError (thrown: unknown): Error {
  return thrown instanceof Error
    ? thrown
    : new Error((thrown as { message?: string } | null)?.message ?? String(thrown))
}
