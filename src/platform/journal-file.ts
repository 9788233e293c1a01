import { open, readFile, rename } from 'node:fs/promises'
import { join } from 'node:path'
import type { Static, TSchema } from 'typebox'
import type { Validator } from 'typebox/compile'
import { StartupError } from '../errors.js'

/** The journal of a run that goes on after a kill, in the folder of the run: its name, and that of the next one. */
export const journalNames = ['journal.json', 'journal.json.new'] as const

/**
 * @param refusal completes the message when the journal has another form
 * @returns undefined when the folder has none
 * @throws StartupError naming the file
 */
export async function readJournalFile<T extends TSchema> (
  folder: string,
  schema: Validator<{}, T>,
  refusal: string
): Promise<Static<T> | undefined> {
  const path = join(folder, journalNames[0])
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })
  if (text === undefined) return undefined
  try {
    const journal: unknown = JSON.parse(text)
    if (schema.Check(journal)) return journal
  } catch {}
  throw new StartupError(`${path}: ${refusal}`)
}

/** Written atomically: the file gets its name once it is on disk. */
export async function writeJournalFile (folder: string, journal: object): Promise<void> {
  const [name, unfinished] = journalNames
  const file = await open(join(folder, unfinished), 'w', 0o600)
  try {
    await file.writeFile(`${JSON.stringify(journal, null, 2)}\n`)
    await file.sync()
  } finally {
    await file.close()
  }
  await rename(join(folder, unfinished), join(folder, name))
}
