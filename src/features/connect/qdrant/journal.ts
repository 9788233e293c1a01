import { createHash } from 'node:crypto'
import { Type, type Static } from 'typebox'
import { Compile } from 'typebox/compile'
import { StartupError } from '../../../errors.js'
import type { Qdrant } from '../../../platform/qdrant/client.js'
import { closed } from '../../../science/schemas.js'
import { JournalTask } from '../run-task.js'
import { dropCollection, findCollection } from './collection.js'
import { countPoints, deletePoints, pathOf, writePoints } from './points.js'

/** Where runs keep how far they came: a point each, beside the collections. */
const runs = 'crosswalk_connect'

const Journal = Type.Object({
  version: Type.Literal(1),
  /** copying: points are translated. swapping: all of them are. swapped: the alias leads to the new collection */
  state: Type.Union([Type.Literal('copying'), Type.Literal('swapping'), Type.Literal('swapped')]),
  task: JournalTask,
  alias: Type.String(),
  vector: Type.String(),
  /** the collection before, and the new one */
  source: Type.String(),
  fresh: Type.String(),
  /** JSON text of the id with which the next page begins; '' at the beginning, `end` behind the last one */
  cursor: Type.String(),
  rows: Type.Integer({ minimum: 0 }),
  /** the process that goes on with it: another one that begins takes it over */
  runner: Type.String(),
  /** sums of what the two collections had when they were compared last */
  sums: Type.Optional(Type.Object({ source: Type.String(), fresh: Type.String() }, closed)),
  /** whether points were written to the collection before while the alias changed */
  late: Type.Optional(Type.Boolean())
}, closed)
export type Journal = Static<typeof Journal>
const journals = Compile(Journal)

/** The id of a run: one for each vector of an alias. */
export function runOf (alias: string, vector: string): string {
  const digest = createHash('sha256').update(`${alias}\0${vector}`).digest('hex')
  return [digest.slice(0, 8), digest.slice(8, 12), digest.slice(12, 16), digest.slice(16, 20), digest.slice(20, 32)]
    .join('-')
}

/** @returns undefined when no run was begun @throws StartupError when the journal is not of this version */
export async function readJournal (qdrant: Qdrant, run: string): Promise<Journal | undefined> {
  const point = await qdrant.find<{ payload: unknown }>(`${pathOf(runs)}/points/${run}?consistency=majority`)
  if (point === undefined) return undefined
  if (journals.Check(point.payload)) return point.payload
  throw new StartupError(
    `${qdrant.url}: expected the journal of a run of this version in ${runs}, found something else`
  )
}

export async function writeJournal (qdrant: Qdrant, run: string, journal: Journal): Promise<void> {
  if (await findCollection(qdrant, runs) === undefined) {
    await qdrant.call('PUT', pathOf(runs), { vectors: { size: 1, distance: 'Dot' } })
  }
  await writePoints(qdrant, runs, [{ id: run, payload: JSON.stringify(journal), vectors: new Map([['', '[1]']]) }])
}

/** Forgets a run, and with the last one where they were kept. */
export async function forgetJournal (qdrant: Qdrant, run: string): Promise<void> {
  await deletePoints(qdrant, runs, [run])
  if (await countPoints(qdrant, runs) === 0) await dropCollection(qdrant, runs)
}
