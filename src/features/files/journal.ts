import { closed } from '../../science/schemas.js'
import { readJournalFile, writeJournalFile } from '../../platform/journal-file.js'
import { Type, type Static } from 'typebox'
import { Compile } from 'typebox/compile'
import { StartupError } from '../../errors.js'
import { fileFormats } from './file-format.js'

const Count = Type.Integer({ minimum: 0 })
const Format = Type.Unsafe<typeof fileFormats[number]>({ type: 'string', enum: [...fileFormats] })

/** The files that are written: the rows, with `bad` and `index` beside them. */
export const parts = ['rows', 'index', 'bad'] as const
export type Part = typeof parts[number]

/**
 * What a migration translates, and how. An interrupted one is resumed only when all of it is the same, and then writes
 * the same bytes.
 */
const Identity = Type.Object({
  input: Type.Object({ format: Format, bytes: Count, modified: Type.Number(), headSha256: Type.String() }, closed),
  map: Type.Object({ id: Type.String(), sha256: Type.String(), source: Type.String(), target: Type.String() }, closed),
  output: Type.Object({ format: Format, index: Type.Boolean() }, closed),
  /** of a chunk: the number of rows of a product may change the last bits of its result */
  chunkRows: Count
}, closed)
export type Identity = Static<typeof Identity>

/** The progress, always at the end of a chunk. */
const Progress = Type.Object({
  input: Type.Object({ bytes: Count, rows: Count }, closed),
  /** rows written */
  rows: Count,
  /** rows left out */
  bad: Count,
  /** sizes of the files in bytes, all of them on disk */
  bytes: Type.Object({ rows: Count, index: Count, bad: Count }, closed),
  /** of the rows that the guard has judged */
  guard: Type.Object({ checked: Count, flagged: Count, foreignChunks: Count }, closed)
}, closed)
export type Progress = Static<typeof Progress>

const Journal = Type.Object({
  version: Type.Literal(1),
  identity: Identity,
  progress: Progress,
  /** whether everything is written, so that the files may have their final names already */
  complete: Type.Boolean()
}, closed)
export type Journal = Static<typeof Journal>
const journals = Compile(Journal)

/**
 * @returns undefined when the folder holds no migration @throws StartupError when its journal is not of this version
 */
export async function readJournal (folder: string): Promise<Journal | undefined> {
  return await readJournalFile(
    folder,
    journals,
    'expected the journal of a migration by this version, found something else. --restart starts over'
  )
}

export const writeJournal: (folder: string, journal: Journal) => Promise<void> = writeJournalFile

/** Refuses to resume a migration that differs from the one that was begun. @throws StartupError saying what differs */
export function requireSame (begun: Identity, now: Identity, folder: string): void {
  const differences = differencesOf(begun, now, '')
  if (differences.length === 0) return
  throw new StartupError(
    `${folder}: expected to resume the migration begun there, but ${differences.join('; ')}. --restart starts over`
  )
}

function differencesOf (begun: unknown, now: unknown, name: string): string[] {
  if (typeof begun !== 'object' || begun === null) {
    return begun === now
      ? []
      : [`${name} was ${String(begun)} and is ${String(now)}`]
  }
  return Object.entries(begun).flatMap(([key, value]) =>
    differencesOf(value, (now as Record<string, unknown>)[key], name === '' ? key : `${name}.${key}`)
  )
}
