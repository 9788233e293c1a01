import { Type, type Static } from 'typebox'
import { Compile } from 'typebox/compile'
import { readJournalFile, writeJournalFile } from '../../../platform/journal-file.js'
import { closed } from '../../../science/schemas.js'
import { JournalTask } from '../run-task.js'

/** What identifies a file, as far as a run goes on with it. */
const Identity = Type.Object({
  bytes: Type.Integer({ minimum: 0 }),
  modified: Type.Number(),
  headSha256: Type.String()
}, closed)
export type Identity = Static<typeof Identity>

const Journal = Type.Object({
  version: Type.Literal(1),
  /** copying: templates are translated. swapping: the new file is complete. swapped: it serves */
  state: Type.Union([Type.Literal('copying'), Type.Literal('swapping'), Type.Literal('swapped')]),
  task: JournalTask,
  /** rows that are translated, all of them on disk */
  rows: Type.Integer({ minimum: 0 }),
  before: Identity,
  /** of the new file, once it is complete */
  after: Type.Optional(Identity)
}, closed)
export type Journal = Static<typeof Journal>
const journals = Compile(Journal)

/** @returns undefined when no run was begun @throws StartupError when the journal is not of this version */
export async function readJournal (folder: string): Promise<Journal | undefined> {
  return await readJournalFile(
    folder,
    journals,
    'expected the journal of a run of this version, found something else'
  )
}

export const writeJournal: (folder: string, journal: Journal) => Promise<void> = writeJournalFile
