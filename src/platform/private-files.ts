import { chmod, lstat, mkdir, open, readdir, stat, type FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import { StartupError } from '../errors.js'

const others = 0o077
const sticky = 0o1000
const isPosix = process.platform !== 'win32'

/** From here on, only the user of this process may read the files it writes, whatever umask it was started with. */
export function keepFilesPrivate (): void {
  if (isPosix) process.umask(others)
}

/**
 * Creates a folder that only its owner can enter, or makes an existing one private.
 *
 * @param name how the folder is described to the user, begins a sentence
 * @throws StartupError when the folder cannot be created, or is open to others and not ours to close
 */
export async function makePrivateFolder (folder: string, name: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 }).catch((error: unknown) => {
    throw new StartupError(`${name} ${folder} cannot be created: ${(error as Error).message}`, { cause: error })
  })
  if (!isPosix) return
  const { mode, uid } = await stat(folder)
  if ((mode & others) === 0) return
  const found = `found mode ${(mode & 0o7777).toString(8)}${uid === process.getuid!() ? '' : ` and owner ${uid}`}`
  const refuse = (cause?: unknown) =>
    new StartupError(
      `${name} ${folder}: expected mode 700 and owner ${
        process.getuid!()
      }, since it holds templates and keys, ${found}. ` +
        'Change its mode or owner, or name a new folder inside it',
      { cause }
    )
  // Shared folders such as /tmp.
  if (uid !== process.getuid!() || (mode & sticky) !== 0) throw refuse()
  await chmod(folder, 0o700).catch((error: unknown) => {
    throw refuse(error)
  })
}

/** Opens a file for writing at its end that only its owner may read. @throws StartupError when it cannot be opened */
export async function openPrivateFile (path: string, name: string, flag: 'a' | 'wx'): Promise<FileHandle> {
  const handle = await open(path, flag, 0o600).catch((error: NodeJS.ErrnoException) => {
    throw new StartupError(
      `${name}: expected a ${flag === 'wx' ? 'new' : 'writable'} file at ${path}, received ${error.code}`,
      { cause: error }
    )
  })
  // An existing file may be open to others.
  if (isPosix) await handle.chmod(0o600)
  return handle
}

/** Removes the permissions of others from existing files; symbolic links are left alone. */
export async function makePrivate (path: string): Promise<void> {
  if (!isPosix) return
  const stats = await lstat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })
  if (stats === undefined || stats.isSymbolicLink()) return
  if ((stats.mode & others) !== 0) await chmod(path, stats.mode & 0o700)
  if (stats.isDirectory()) { for (const name of await readdir(path)) await makePrivate(join(path, name)) }
}
