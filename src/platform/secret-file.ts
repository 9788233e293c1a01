import { randomBytes } from 'node:crypto'
import { link, readFile, rm, writeFile } from 'node:fs/promises'
import { StartupError } from '../errors.js'

/**
 * Reads the text of a file with a secret. A missing file is created, for its owner only; replicas that share it agree
 * on one secret.
 *
 * @param variable the variable that names the file, for errors
 * @param create makes the text of a new file
 * @throws StartupError when the file can neither be read nor written
 */
export async function readOrWriteSecret (
  path: string,
  variable: string,
  create: () => string
): Promise<{ text: string, written: boolean }> {
  const existing = await read(path, variable)
  if (existing !== undefined) return { text: existing, written: false }
  await write(path, variable, create())
  return { text: await read(path, variable) ?? '', written: true }
}

async function read (path: string, variable: string): Promise<string | undefined> {
  try {
    return (await readFile(path, 'utf8')).trim()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw refusal(path, variable, error)
  }
}

/** Writes the whole file or nothing, and only where there is none: `link` fails where `rename` would replace. */
async function write (path: string, variable: string, text: string): Promise<void> {
  const temporary = `${path}.${randomBytes(6).toString('hex')}`
  try {
    await writeFile(temporary, `${text.trim()}\n`, { mode: 0o600, flag: 'wx' })
    await link(temporary, path)
  } catch (error) {
    // Another replica was first: its secret counts.
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw refusal(path, variable, error)
  } finally {
    await rm(temporary, { force: true }).catch(() => {})
  }
}

function refusal (path: string, variable: string, error: unknown): StartupError {
  return new StartupError(
    `${variable}: expected a readable file, or a folder to create it in, at ${path}, received ${
      (error as NodeJS.ErrnoException).code
    }`,
    { cause: error }
  )
}
