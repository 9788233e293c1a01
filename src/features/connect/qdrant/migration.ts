import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { StartupError } from '../../../errors.js'
import type { Qdrant } from '../../../platform/qdrant/client.js'
import { requireSameTask, taskOf } from '../run-task.js'
import type { Migration, Page, Proof, Task, Translate } from '../end.js'
import { aliasesOf, findCollection, lead, makeAlike, type Collection } from './collection.js'
import { compareCollections, hasTemplate, sumOf, type Compared } from './comparison.js'
import { readJournal, writeJournal, type Journal } from './journal.js'
import {
  drawPoints,
  pageOfPoints,
  pathOf,
  retrieve,
  scroll,
  translatedPoints,
  writePoints,
  type Point
} from './points.js'

export interface QdrantMigrationOptions {
  readonly qdrant: Qdrant
  readonly alias: string
  /** '' for the vector of a collection that names none */
  readonly vector: string
  readonly run: string
  readonly collection: Collection
  readonly rows: number
  readonly task: Task
  readonly journal: Journal | undefined
}

/** Comparisons before a swap, after which points change faster than they are compared. */
const maxRounds = 5
/** Milliseconds between two looks at an index that is built. */
const indexPatience = 1000
/** The cursor behind the last point. */
const end = 'end'
/** Ids that a message names. */
const maxNamed = 10

/** The migration of a collection: see `openQdrantEnd`. */
export function createQdrantMigration (options: QdrantMigrationOptions): Migration {
  const { qdrant, alias, vector, run, collection, task } = options
  const { source: { dimension: before }, target: { dimension: after, model } } = task
  const identity = taskOf(task, JSON.stringify({ alias, vector }))
  const runner = randomUUID()
  const fresh = options.journal?.fresh ?? `${alias}_${model}`
  const comparing = { qdrant, collection, fresh, vector, dimension: before }
  /** Points that were scanned and are not written yet, by the cursor of their page. */
  const scanned = new Map<string, readonly Point[]>()
  let journal = options.journal

  async function save (next: Journal): Promise<void> {
    await writeJournal(qdrant, run, next)
    journal = next
  }

  /** @throws StartupError when another process has taken the run over, or given it up */
  async function requireOurs (): Promise<Journal> {
    const now = await readJournal(qdrant, run)
    if (now?.runner === runner) return now
    throw new StartupError(`${alias}: expected no other run, ${now === undefined ? 'it was given up' : 'found one'}`)
  }

  /** Points of the collection before, with the vector that is translated, by their ids. */
  async function kept (ids: readonly string[]): Promise<Map<string, Point>> {
    const found = new Map<string, Point>()
    for (let from = 0; from < ids.length; from += collection.pageRows) {
      const some = ids.slice(from, from + collection.pageRows)
      for (const [id, point] of await retrieve(qdrant, collection.name, some, { vector })) found.set(id, point)
    }
    return found
  }

  const make = async () => await makeAlike(qdrant, fresh, collection, vector, after)

  /** Ends a swap whose alias has changed. @throws StartupError when points came in this moment */
  async function settle (begun: Journal, translate?: Translate): Promise<void> {
    const late = await sumOf(qdrant, begun.source, collection.pageRows) !== begun.sums?.source
    await save({ ...begun, state: 'swapped', late })
    if (late) throw await lateError(translate)
  }

  async function lateError (translate?: Translate): Promise<StartupError> {
    const { changed } = translate === undefined
      ? { changed: [] }
      : await compareCollections(comparing, translate, false)
    return new StartupError(
      `${alias}: ${collection.name} was written while the alias changed to ${fresh}, which serves now and lacks that` +
        `${changed.length === 0 ? '' : ` (points ${changed.slice(0, maxNamed).join(', ')})`}. Write these points ` +
        'again with the new model, then --finish; or --undo --force, stop the writers, and run again'
    )
  }

  return {
    rows: options.rows,

    sample: async count =>
      pageOfPoints(
        await drawPoints(qdrant, collection.name, Math.min(count, collection.queryRows), vector),
        vector,
        before,
        ''
      ),

    named: async ids => pageOfPoints([...(await kept(ids)).values()], vector, before, ''),

    async progress () {
      if (journal === undefined) return undefined
      requireSameTask(journal.task, identity)
      const leads = (await aliasesOf(qdrant)).get(alias)
      if (leads === fresh && journal.state === 'swapping') await settle(journal)
      const { state, rows, cursor, late } = journal
      if (state === 'swapped') {
        if (leads !== fresh) throw new StartupError(`${alias}: expected it to lead to ${fresh}; --undo goes on`)
        if (late === true) throw await lateError()
        return { cursor: undefined, rows, swapped: true }
      }
      await make()
      await save({ ...journal, state: 'copying', runner })
      return { cursor: cursor === '' ? undefined : cursor, rows, swapped: false }
    },

    async prepare () {
      if (await findCollection(qdrant, fresh) !== undefined) {
        throw new StartupError(`${fresh}: expected no such collection, where translated points go, found one`)
      }
      const names = { alias, vector, source: collection.name, fresh }
      await save({ version: 1, state: 'copying', task: identity, ...names, cursor: '', rows: 0, runner })
      await make()
    },

    async scan (after): Promise<Page | undefined> {
      if (after === end) return undefined
      const limit = Math.min(task.pageRows, collection.pageRows)
      const { points, next } = await scroll(qdrant, collection.name, { from: after, limit, what: 'all' })
      if (points.length === 0) return undefined
      const page = pageOfPoints(points, vector, before, next ?? end)
      scanned.set(page.cursor, points)
      return page
    },

    async write ({ ids, templates, cursor }, earlier) {
      const points = scanned.get(cursor)!
      await writePoints(qdrant, fresh, translatedPoints(points, vector, ids, templates))
      await earlier
      const begun = await requireOurs()
      await save({ ...begun, cursor, rows: begun.rows + points.length })
      scanned.delete(cursor)
    },

    // Qdrant tells nobody what changes: the comparison before the swap finds it.
    catchUp: async () => 0,

    async index (say) {
      for (let looks = 0;; looks++) {
        const { status } = (await findCollection(qdrant, fresh))!
        if (status === 'green') return
        if (status === 'red') throw new StartupError(`${fresh}: expected its index to be built, Qdrant has failed to`)
        // Grey is an index that waits for a change.
        if (status === 'grey') await qdrant.call('PATCH', pathOf(fresh), { optimizers_config: {} })
        if (looks === 0) say(`waiting until Qdrant has built the index of ${fresh}`)
        await delay(indexPatience)
      }
    },

    async swap (translate) {
      const found = await compareUntilSame(alias, async () => await compareCollections(comparing, translate, true))
      if (vector === '' && found.leftOut > 0) {
        throw new StartupError(
          `${alias}: ${found.leftOut} points have a vector that cannot be translated, and cannot be without one: correct ` +
            'or delete them, then run the same command again. Nothing was swapped'
        )
      }
      const complete: Journal = { ...await requireOurs(), state: 'swapping', sums: found.sums }
      await save(complete)
      await lead(qdrant, alias, fresh)
      await settle(complete, translate)
      return proofOf(found)
    },

    async compare (count) {
      const drawn = await drawPoints(qdrant, fresh, Math.min(count, collection.queryRows), vector)
      const now = drawn.filter(point => hasTemplate(point, vector, after))
      const old = await kept(now.map(({ id }) => id))
      const both = now.filter(({ id }) => old.has(id) && hasTemplate(old.get(id)!, vector, before))
      return {
        before: pageOfPoints(both.map(({ id }) => old.get(id)!), vector, before, ''),
        after: pageOfPoints(both, vector, after, '').templates
      }
    }
  }
}

/** Compares until nothing has changed. @throws StartupError when it does not come to that */
async function compareUntilSame (alias: string, compare: () => Promise<Compared>): Promise<Compared> {
  for (let round = 0; round < maxRounds; round++) {
    const found = await compare()
    if (found.changed.length + found.removed === 0) return found
  }
  throw new StartupError(
    `${alias}: expected points to stay as they are before the swap, they change all the time. Stop what writes them, ` +
      'then run the same command again. Nothing was swapped'
  )
}

const proofOf = ({ rows, translated, empty, leftOut, digest }: Compared): Proof => ({
  rows,
  translated,
  empty,
  leftOut,
  missing: rows - translated - empty - leftOut,
  digest
})
