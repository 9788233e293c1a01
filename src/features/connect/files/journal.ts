import { open, readFile, rename } from 'node:fs/promises'
import { join } from 'node:path'
import { Type, type Static } from 'typebox'
import { Compile } from 'typebox/compile'
import { StartupError } from '../../../errors.js'
import { closed } from '../../../science/schemas.js'
import type { Task } from '../end.js'

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
  task: Type.Object({
    map: Type.String(),
    numbersSha256: Type.String(),
    source: Type.String(),
    target: Type.String(),
    sourceDimension: Type.Integer({ minimum: 1 }),
    targetDimension: Type.Integer({ minimum: 1 }),
    pageRows: Type.Integer({ minimum: 1 }),
    choice: Type.String()
  }, closed),
  /** rows that are translated, all of them on disk */
  rows: Type.Integer({ minimum: 0 }),
  before: Identity,
  /** of the new file, once it is complete */
  after: Type.Optional(Identity)
}, closed)
export type Journal = Static<typeof Journal>
const journals = Compile(Journal)

const [name, unfinished] = ['journal.json', 'journal.json.new'] as const

/** @returns undefined when no run was begun @throws StartupError when the journal is not of this version */
export async function readJournal (folder: string): Promise<Journal | undefined> {
  const path = join(folder, name)
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })
  if (text === undefined) return undefined
  try {
    const journal: unknown = JSON.parse(text)
    if (journals.Check(journal)) return journal
  } catch {}
  throw new StartupError(`${path}: expected the journal of a run of this version, found something else`)
}

/** Written atomically: the file gets its name once it is on disk. */
export async function writeJournal (folder: string, journal: Journal): Promise<void> {
  const file = await open(join(folder, unfinished), 'w', 0o600)
  try {
    await file.writeFile(`${JSON.stringify(journal, null, 2)}\n`)
    await file.sync()
  } finally {
    await file.close()
  }
  await rename(join(folder, unfinished), join(folder, name))
}

export const taskOf = (
  { map, numbersSha256, source, target, pageRows }: Task,
  choice: string
): Journal['task'] => ({
  map,
  numbersSha256,
  source: source.fingerprint,
  target: target.fingerprint,
  sourceDimension: source.dimension,
  targetDimension: target.dimension,
  pageRows,
  choice
})

/** @throws StartupError saying what differs */
export function requireSameTask (begun: Journal['task'], now: Journal['task']): void {
  const differences = (Object.keys(now) as (keyof Journal['task'])[]).filter(key => begun[key] !== now[key])
  if (differences.length === 0) return
  throw new StartupError(
    `expected to resume the run that was begun, but ${
      differences.map(key => `${key} was ${begun[key]} and is ${now[key]}`).join('; ')
    }. --undo gives that run up`
  )
}
