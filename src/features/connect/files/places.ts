import { constants } from 'node:fs'
import { chmod, chown, copyFile, link, lstat, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { StartupError } from '../../../errors.js'
import { openInputFile } from '../../files/index.js'
import { journalNames } from '../../../platform/journal-file.js'
import { writeJournal, type Identity, type Journal } from './journal.js'

/** Where a run on a file keeps what. */
export interface FilePlaces {
  /** the file itself, without symbolic links */
  readonly path: string
  /** what is done so far, and the journal */
  readonly folder: string
  /** the new file, until it takes the name of the other */
  readonly fresh: string
  /** the file before, until `finish` */
  readonly kept: string
}

export function placesOf (path: string): FilePlaces {
  const folder = `${path}.crosswalk`
  return { path, folder, fresh: join(folder, 'new'), kept: `${path}.replaced` }
}

/** What the names of files begin with that are needed only while a process has a file open. */
export const momentary = 'source-'

/** Removes what killed processes left of files that they had open: old templates would be in them. */
export async function clearMomentary (folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (name.startsWith(momentary)) await rm(join(folder, name), { force: true, recursive: true })
  }
}

/** Everything that a run has in its folder; the journal last, so that a kill leaves one that can be undone again. */
export async function clear ({ folder, fresh }: FilePlaces): Promise<void> {
  const names = ['templates.f32', 'states', ...journalNames.toReversed()].map(name => join(folder, name))
  for (const name of [fresh, `${fresh}.lock`, ...names]) await rm(name, { force: true, recursive: true })
}

export async function identityOf (path: string): Promise<Identity> {
  const file = await openInputFile(path)
  try {
    return file.identity
  } finally {
    await file.close()
  }
}

export const isSame = (a: Identity, b: Identity | undefined): boolean =>
  b !== undefined && a.bytes === b.bytes && a.modified === b.modified && a.headSha256 === b.headSha256

/** Ends what a killed run had begun to rename. */
export async function settled (places: FilePlaces, journal: Journal | undefined): Promise<Journal | undefined> {
  if (journal?.state !== 'swapping') return journal
  await exchange(places, journal)
  const next: Journal = { ...journal, state: 'swapped' }
  await writeJournal(places.folder, next)
  return next
}

/**
 * Lets the new file take the name of the other, which is kept. At every moment there is a file of that name.
 * @throws StartupError when the file was written meanwhile
 */
export async function exchange ({ path, fresh, kept }: FilePlaces, journal: Journal): Promise<void> {
  if (await exists(fresh)) {
    if (!isSame(await identityOf(path), journal.before)) {
      throw new StartupError(
        `${path}: expected a file that nobody writes, it was changed during the run. --undo gives the run up`
      )
    }
    await refuseWriters(path)
    if (!await exists(kept)) {
      // Not every file system has links.
      await link(path, kept).catch(async () => await copyFile(path, kept, constants.COPYFILE_EXCL))
    }
    const { mode, uid, gid } = await stat(path)
    await chmod(fresh, mode & 0o7777)
    await chown(fresh, uid, gid).catch(() => {})
    await rename(fresh, path)
  }
  await syncFolder(path)
}

export const exists = async (path: string): Promise<boolean> => await lstat(path).then(() => true, () => false)

/** Without it a power failure could undo a rename that was reported; some systems do not support it. */
export async function syncFolder (path: string): Promise<void> {
  const folder = await open(dirname(path), 'r').catch(() => undefined)
  await folder?.sync().catch(() => {})
  await folder?.close()
}

/** Access modes of open(2), in the flags of fdinfo. */
const canWrite = 0o3

/**
 * A program that has the file open would go on with the file before, by whatever name it has then.
 * @throws StartupError naming one, where Linux lets this user see it
 */
export async function refuseWriters (path: string): Promise<void> {
  const { dev, ino } = await stat(path)
  for (const pid of (await readdir('/proc').catch(() => [])).filter(name => /^\d+$/.test(name))) {
    if (Number(pid) === process.pid) continue
    for (const number of await readdir(`/proc/${pid}/fd`).catch(() => [])) {
      const found = await stat(`/proc/${pid}/fd/${number}`).catch(() => undefined)
      if (found?.ino !== ino || found.dev !== dev) continue
      const flags = /^flags:\s*(\d+)/m.exec(await readFile(`/proc/${pid}/fdinfo/${number}`, 'utf8').catch(() => ''))
        ?.[1]
      if ((parseInt(flags ?? '0', 8) & canWrite) === 0) continue
      const name = (await readFile(`/proc/${pid}/comm`, 'utf8').catch(() => '')).trim()
      throw new StartupError(
        `${path}: expected a file that nobody writes, process ${pid} (${name}) has it open. Stop it`
      )
    }
  }
}
