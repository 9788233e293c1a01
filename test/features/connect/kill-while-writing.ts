/**
 * Ends itself with SIGKILL while it writes the new file of a run whose templates are all translated.
 * Arguments: the file, its choice as JSON, and the block of templates at which to end.
 */
import { openFileEnd } from '../../../src/features/connect/files/end.js'
import { readJournal } from '../../../src/features/connect/files/journal.js'
import { createFileMigration } from '../../../src/features/connect/files/migration.js'
import { openTemplateFile } from '../../../src/features/connect/files/open.js'
import { placesOf } from '../../../src/features/connect/files/places.js'
import type { FileChoice, TemplateFile } from '../../../src/features/connect/files/template-file.js'
import { openTranslating } from './tables.js'

const [path, given, at] = process.argv.slice(2) as [string, string, string]
const choice = JSON.parse(given) as FileChoice
const { task } = await openTranslating(500)
// Its lock is left behind as by any killed run.
await openFileEnd(path, choice)
const places = placesOf(path)
const file = await openTemplateFile(path, choice, places.folder)
const journal = await readJournal(places.folder)
let blocks = 0
const killed: TemplateFile = {
  ...file,
  rewrite: async (out, kinds, templates) =>
    await file.rewrite(out, kinds, async (from, count) => {
      if (++blocks === Number(at)) process.kill(process.pid, 'SIGKILL')
      return await templates(from, count)
    })
}
await createFileMigration({
  file: killed,
  places,
  choice,
  task,
  journal: () => journal,
  save: async () => {
    throw new Error(`expected to be killed at block ${at}, there were ${blocks}`)
  }
}).swap(async page => page)
