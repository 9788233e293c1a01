import { lstat, mkdir, open, rename, rm, rmdir, type FileHandle } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { StartupError } from '../../errors.js'
import { journalNames } from '../../platform/journal-file.js'
import { makePrivate } from '../../platform/private-files.js'
import { lockDirectory } from '../../platform/directory-lock.js'
import { parts, readJournal, requireSame, writeJournal, type Identity, type Part, type Progress } from './journal.js'

/** The final paths of the parts. */
export const finalNames = (out: string): Record<Part, string> => ({
  rows: out,
  index: `${out}.index.ndjson`,
  bad: `${out}.bad.ndjson`
})

export interface PartialOutput {
  /** The progress of an earlier run; undefined when there was none. */
  readonly begun: Progress | undefined
  /** Whether that run was complete but for the names of the files. */
  readonly complete: boolean
  append(part: Part, bytes: Buffer): Promise<void>
  /** The size of each part in bytes. */
  bytes(): Record<Part, number>
  /** Overwrites the first bytes of the rows. */
  writeHeader(bytes: Buffer): Promise<void>
  /** Makes everything appended so far durable: first the files, then the journal with their lengths. */
  checkpoint(progress: Progress): Promise<void>
  /** Renames the parts, each once it is on disk, and removes the folder. */
  finish(progress: Progress): Promise<void>
  /** Closing leaves nothing behind, not even what an earlier run did. */
  giveUp(): void
  close(): Promise<void>
}

export interface PartialOptions {
  readonly identity: Identity
  /** whether files that have the final names may be replaced */
  readonly force: boolean
  /** whether to discard the work of an earlier run */
  readonly restart: boolean
}

/**
 * The folder `OUT.partial`, where the output grows until it is complete. It is locked against a second process.
 *
 * @throws StartupError when the output exists, or the folder holds another migration
 */
export async function openPartialOutput (
  out: string,
  { identity, force, restart }: PartialOptions
): Promise<PartialOutput> {
  const folder = `${out}.partial`
  const names = finalNames(out)
  const pathOf = (part: Part) => join(folder, part)
  await mkdir(folder, { mode: 0o700 }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw unwritable(folder, error)
  })
  const unlock = await lockDirectory(folder, {
    name: 'The unfinished output',
    whenInUse: 'Let it finish, or choose another --out',
    whenUnfit: 'Write to a folder on a local disk, and copy the file from there'
  })
  await makePrivate(folder)
  const handles = new Map<Part, FileHandle>()
  /** Whether there is work to resume; an unreadable journal counts. */
  let resumable = true

  async function close (): Promise<void> {
    for (const handle of handles.values()) await handle.close()
    handles.clear()
    if (!resumable) await clear()
    await unlock()
    if (!resumable) await rmdir(folder).catch(() => {})
  }

  async function clear (): Promise<void> {
    for (const name of [...parts, ...journalNames.toReversed()]) await rm(join(folder, name), { force: true })
  }

  async function refuseExisting (): Promise<void> {
    if (force) return
    for (const name of Object.values(names)) {
      if (await lstat(name).then(() => true, () => false)) {
        throw new StartupError(`${name}: expected no such file, found one. --force replaces it`)
      }
    }
  }

  /** Files that have their final names already keep them. */
  async function nameParts (): Promise<void> {
    for (const part of parts.toReversed()) {
      await rename(pathOf(part), names[part]).catch((error: NodeJS.ErrnoException) => {
        if (error.code !== 'ENOENT') throw unwritable(names[part], error)
      })
    }
    // Without it a power failure could undo a rename that was reported; some systems do not support it.
    const parent = await open(dirname(out), 'r').catch(() => undefined)
    await parent?.sync().catch(() => {})
    await parent?.close()
    await clear()
    resumable = false
  }

  try {
    if (restart) {
      await refuseExisting()
      await clear()
    }
    const journal = await readJournal(folder)
    resumable = journal !== undefined
    if (journal !== undefined) requireSame(journal.identity, identity, folder)
    const complete = journal?.complete === true
    if (!complete) await refuseExisting()
    const sizes: Record<Part, number> = { ...(journal?.progress.bytes ?? { rows: 0, index: 0, bad: 0 }) }
    for (const part of complete ? [] : parts) {
      const handle = await open(pathOf(part), journal === undefined ? 'w+' : 'r+', 0o600).catch(
        (error: NodeJS.ErrnoException) => {
          throw unwritable(pathOf(part), error)
        }
      )
      handles.set(part, handle)
      const { size } = await handle.stat()
      if (size < sizes[part]) {
        throw new StartupError(
          `${pathOf(part)}: expected ${sizes[part]} bytes, as the journal has it, found ${size}. --restart starts over`
        )
      }
      await handle.truncate(sizes[part])
    }

    const write = async (part: Part, bytes: Buffer, position: number): Promise<void> => {
      for (let written = 0; written < bytes.length;) {
        const { bytesWritten } = await handles.get(part)!.write(
          bytes,
          written,
          bytes.length - written,
          position + written
        )
          .catch((error: NodeJS.ErrnoException) => {
            throw unwritable(pathOf(part), error)
          })
        written += bytesWritten
      }
    }
    const save = async (progress: Progress, isComplete: boolean): Promise<void> => {
      try {
        for (const handle of handles.values()) await handle.sync()
        await writeJournal(folder, { version: 1, identity, progress, complete: isComplete })
        resumable = true
      } catch (error) {
        throw unwritable(folder, error as NodeJS.ErrnoException)
      }
    }

    return {
      begun: journal?.progress,
      complete,
      bytes: () => ({ ...sizes }),
      async append (part, bytes) {
        await write(part, bytes, sizes[part])
        sizes[part] += bytes.length
      },
      writeHeader: bytes => write('rows', bytes, 0),
      checkpoint: progress => save(progress, false),
      giveUp () {
        resumable = false
      },
      async finish (progress) {
        if (!complete) {
          await refuseExisting()
          await save(progress, true)
          for (const handle of handles.values()) await handle.close()
          handles.clear()
        }
        // The index of an earlier output does not describe this one.
        if (!identity.output.index) await discard('index')
        if (progress.bad === 0) await discard('bad')
        await nameParts()
      },
      close
    }
  } catch (error) {
    await close()
    throw error
  }

  async function discard (part: Part): Promise<void> {
    await rm(pathOf(part), { force: true })
    if (force) await rm(names[part], { force: true })
  }
}

function unwritable (path: string, error: NodeJS.ErrnoException): unknown {
  if (error.code === undefined) return error
  const why = error.code === 'ENOSPC' || error.code === 'EDQUOT'
    ? `the disk is full (${error.code}): free some space`
    : `received ${error.code}`
  return new StartupError(`${path}: expected to write, ${why}`, { cause: error })
}
