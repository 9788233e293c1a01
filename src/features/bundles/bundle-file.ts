import { readFile } from 'node:fs/promises'
import { Problem, StartupError } from '../../errors.js'
import { readBundle } from './format.js'
import type { TrustedKeys } from './keys.js'

/** Reads a bundle from a file, see `readBundle`. @throws StartupError naming the file */
export async function readBundleFile (file: string, trusted: TrustedKeys): Promise<ReturnType<typeof readBundle>> {
  const bytes = await readFile(file).catch((error: NodeJS.ErrnoException) => {
    throw new StartupError(`expected a readable bundle, received ${error.code} for ${file}`, { cause: error })
  })
  try {
    return readBundle(bytes, trusted)
  } catch (error) {
    if (error instanceof Problem) throw new StartupError(`${file}: ${error.detail}`, { cause: error })
    throw error
  }
}
