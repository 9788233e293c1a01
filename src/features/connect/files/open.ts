import { open } from 'node:fs/promises'
import { StartupError } from '../../../errors.js'
import type { OpenTemplateFile } from './template-file.js'

/** What files of a kind begin with. What reads them is loaded when there is one. */
const kinds: readonly { readonly magic: string | RegExp, readonly load: () => Promise<OpenTemplateFile> }[] = [
  { magic: 'PAR1', load: async () => (await import('./parquet-file.js')).openParquetFile },
  { magic: 'ARROW1', load: async () => (await import('./arrow-file.js')).openArrowFile },
  { magic: 'SQLite format 3\0', load: async () => (await import('./sqlite-file.js')).openSqliteFile },
  { magic: '\x93NUMPY', load: async () => (await import('./npy-file.js')).openNpyFile },
  { magic: 'PK\x03\x04', load: async () => (await import('./npz-file.js')).openNpzFile },
  { magic: /^\s*\{/, load: async () => (await import('./ndjson-file.js')).openNdjsonFile }
]

/** @throws StartupError when the file is of no kind that is known */
export const openTemplateFile: OpenTemplateFile = async (path, choice, folder) => {
  const file = await open(path, 'r').catch((error: NodeJS.ErrnoException) => {
    throw new StartupError(`${path}: expected a readable file, received ${error.code}`, { cause: error })
  })
  const { buffer, bytesRead } = await file.read(Buffer.alloc(16), 0, 16, 0).finally(() => file.close())
  const head = buffer.toString('latin1', 0, bytesRead)
  const kind = kinds.find(({ magic }) => typeof magic === 'string' ? head.startsWith(magic) : magic.test(head))
  if (kind === undefined) {
    throw new StartupError(
      `${path}: expected a file of SQLite, Parquet, Arrow or NumPy (.npy, .npz) or lines of JSON, found none of ` +
        'these. crosswalk migrate translates raw numbers'
    )
  }
  return await (await kind.load())(path, choice, folder)
}
