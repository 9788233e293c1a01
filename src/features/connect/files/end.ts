import { mkdir, realpath, rename, rm, rmdir, stat } from 'node:fs/promises'
import { StartupError } from '../../../errors.js'
import { lockDirectory } from '../../../platform/directory-lock.js'
import type { End } from '../end.js'
import { readJournal, writeJournal, type Journal } from './journal.js'
import { createFileMigration, type FileMigration } from './migration.js'
import { openTemplateFile } from './open.js'
import { clear, clearMomentary, identityOf, isSame, placesOf, settled, syncFolder } from './places.js'
import type { FileChoice, TemplateFile } from './template-file.js'

export interface FileEnd extends End {
  close(): Promise<void>
}

/**
 * The templates of a file. They are translated into a folder beside it, page by page; then a new file is written that
 * differs in its templates only, is read again and compared row by row, and takes the name of the first one, which is
 * kept for `undo`. Nobody may write the file meanwhile: one that has changed is not replaced.
 *
 * @throws StartupError when the file cannot be migrated, with the reason
 */
export async function openFileEnd (path: string, choice: FileChoice): Promise<FileEnd> {
  const real = await realpath(path).catch((error: NodeJS.ErrnoException) => {
    throw new StartupError(`${path}: expected a file, received ${error.code}`, { cause: error })
  })
  if (!(await stat(real)).isFile()) throw new StartupError(`${path}: expected a regular file, received something else`)
  const places = placesOf(real)
  const { folder } = places
  await mkdir(folder, { mode: 0o700 }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw new StartupError(`${folder}: expected to write, received ${error.code}`)
  })
  const unlock = await lockDirectory(folder, {
    name: 'The folder of the run',
    whenInUse: 'Let it finish',
    whenUnfit: 'Copy the file to a local disk'
  })
  let file: TemplateFile | undefined
  let migration: FileMigration | undefined
  const close = async () => {
    await migration?.release()
    await file?.close()
    const begun = await readJournal(folder).catch(() => true)
    if (begun === undefined) await clear(places)
    await unlock()
    if (begun === undefined) await rmdir(folder).catch(() => {})
  }
  try {
    await clearMomentary(folder)
    let journal = await settled(places, await readJournal(folder))
    const opened = file = await openTemplateFile(real, choice, folder)
    const save = async (next: Journal) => {
      await writeJournal(folder, next)
      journal = next
    }
    return {
      rows: opened.rows,
      name: `${path}: ${opened.what}`,
      kept: places.kept,
      afterFinish: undefined,
      close,

      plan: (dimension, source) => [
        `file      ${path}, ${opened.rows.toLocaleString('en-US')} rows`,
        `column    ${opened.what}: ${source} numbers become ${dimension}`,
        ...opened.lost.map(what => `lost      ${what}`)
      ],

      check (_target, force) {
        if (opened.triggers.length === 0 || force) return
        throw new StartupError(
          `${path}: expected no triggers that run at every update of a row, found ${opened.triggers.join(', ')}. ` +
            '--force lets them run, as for any other update'
        )
      },

      migration (task) {
        migration = createFileMigration({ file: opened, places, choice, task, journal: () => journal, save })
        return migration
      },

      async undo (force) {
        if (journal === undefined) throw new StartupError(`${path}: expected a run to undo, found none`)
        if (journal.state === 'swapped') {
          if (!force && !isSame(await identityOf(real), journal.after)) {
            throw new StartupError(
              `${path} has changed since the swap. --force goes back all the same, to the file before`
            )
          }
          await rename(places.kept, real)
          await syncFolder(real)
        }
        journal = undefined
        await clear(places)
      },

      async finish () {
        if (journal?.state !== 'swapped') {
          throw new StartupError(
            `${path}: expected a run that has swapped, found ${journal === undefined ? 'none' : 'one that has not'}`
          )
        }
        await rm(places.kept, { force: true })
        journal = undefined
        await clear(places)
      }
    }
  } catch (error) {
    await close()
    throw error
  }
}
