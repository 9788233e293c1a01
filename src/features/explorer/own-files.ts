import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export interface OwnFile {
  readonly bytes: Buffer
  readonly type: string
  /** Strong entity tag, quotes included. */
  readonly etag: string
}

const types: Readonly<Record<string, string>> = { js: 'text/javascript; charset=utf-8', jpg: 'image/jpeg' }

/** The scripts of the explorer by name, as they stand beside this module: nothing bundles them. */
export const clientFiles = (): ReadonlyMap<string, OwnFile> =>
  readFiles(fileURLToPath(new URL('./client/', import.meta.url)), /^[a-z-]+\.js$/)

/** The sample photographs by name; none where they were not built. */
export const sampleFiles = (folder: string): ReadonlyMap<string, OwnFile> => readFiles(folder, /^\d+(-small)?\.jpg$/)

/** Reads files once: a request names one of them, and never a path. */
function readFiles (folder: string, name: RegExp): ReadonlyMap<string, OwnFile> {
  return new Map(
    namesIn(folder).filter(file => name.test(file)).sort().map(file => {
      // The compiler points to a source map that is not served.
      const bytes = file.endsWith('.js')
        ? Buffer.from(readFileSync(join(folder, file), 'utf8').replace(/\n\/\/# sourceMappingURL=.*\s*$/, '\n'))
        : readFileSync(join(folder, file))
      const etag = `"${createHash('sha256').update(bytes).digest('base64url')}"`
      return [file, { bytes, type: types[file.split('.')[1]!]!, etag }]
    })
  )
}

function namesIn (folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}
