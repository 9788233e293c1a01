import { createHash } from 'node:crypto'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { StartupError } from '../../../errors.js'
import type { TemplateMatrix } from '../../../science/linear-algebra/matrix.js'
import { bytesOfFloat32 } from '../../../science/template/float32.js'
import type { Migration, Page, Proof, Task, TemplateKind } from '../end.js'
import { pageOf, type StoredTemplate } from '../pages.js'
import { bytesAt } from './bytes-at.js'
import { exchange, exists, identityOf, isSame, refuseWriters, type FilePlaces } from './places.js'
import { requireSameTask, taskOf } from '../run-task.js'
import { drawNumbers, takeNumbered } from './drawing.js'
import type { Journal } from './journal.js'
import { openTemplateFile } from './open.js'
import type { DrawnRows, FileChoice, FileRows, TemplateFile } from './template-file.js'

export interface FileMigrationOptions {
  readonly file: TemplateFile
  readonly places: FilePlaces
  readonly choice: FileChoice
  readonly task: Task
  journal(): Journal | undefined
  save(journal: Journal): Promise<void>
}

/** What a row has in the file `states`, a byte each. */
const [isEmpty, isTranslated, isLeftOut] = [0, 1, 2] as const

/** A migration that may be left in the middle of the file. */
export interface FileMigration extends Migration {
  /** Closes what it reads. */
  release(): Promise<void>
}

/** The migration of a file: see `openFileEnd`. Cursors and ids are numbers of rows. */
export function createFileMigration (
  { file, places, choice, task, journal, save }: FileMigrationOptions
): FileMigration {
  const { source: before, target: after, pageRows } = task
  const identity = taskOf(task, JSON.stringify(choice))
  const store = createStore(places.folder, after.dimension)
  let reading: { at: number, readonly rows: AsyncGenerator<FileRows, void>, left: FileRows } | undefined

  /** The next rows from one on. Pages are read in their order, so that the file is read once. */
  async function take (from: number, count: number): Promise<FileRows> {
    if (reading?.at !== from) {
      await reading?.rows.return()
      reading = { at: from, rows: file.read(from, before), left: { names: [], templates: [] } }
    }
    const [names, templates]: [string[], StoredTemplate[]] = [[...reading.left.names], [...reading.left.templates]]
    while (names.length < count) {
      const { value } = await reading.rows.next()
      if (value === undefined) break
      names.push(...value.names)
      templates.push(...value.templates)
    }
    reading.left = { names: names.slice(count), templates: templates.slice(count) }
    reading.at = from + Math.min(count, names.length)
    return { names: names.slice(0, count), templates: templates.slice(0, count) }
  }

  return {
    rows: file.rows,

    async release () {
      await reading?.rows.return()
      reading = undefined
    },

    async sample (count) {
      return pageOfDrawn(await file.draw(count, before), before.dimension)
    },

    async named (ids) {
      const wanted = new Set(ids)
      const [names, templates]: [string[], StoredTemplate[]] = [[], []]
      for await (const rows of file.read(0, before)) {
        rows.names.forEach((name, i) => {
          if (!wanted.has(name)) return
          names.push(name)
          templates.push(rows.templates[i]!)
        })
      }
      return pageOf(names, templates, before.dimension, '')
    },

    async progress () {
      const begun = journal()
      if (begun === undefined) return undefined
      requireSameTask(begun.task, identity)
      if (begun.state === 'swapped') return { cursor: undefined, rows: begun.rows, swapped: true }
      if (!isSame(await identityOf(places.path), begun.before)) throw changed(places.path)
      return { cursor: begun.rows === 0 ? undefined : String(begun.rows), rows: begun.rows, swapped: false }
    },

    async prepare () {
      if (await exists(places.kept)) {
        throw new StartupError(
          `${places.kept}: expected no such file, where the file before is kept, found one. Move it away`
        )
      }
      await refuseWriters(places.path)
      await store.begin()
      await save({ version: 1, state: 'copying', task: identity, rows: 0, before: await identityOf(places.path) })
    },

    async scan (after) {
      const from = Number(after ?? 0)
      const { names, templates } = await take(from, pageRows)
      if (names.length === 0) return undefined
      return pageOf(names.map((_, i) => String(from + i)), templates, before.dimension, String(from + names.length))
    },

    async write ({ ids, templates, bad, cursor }, earlier) {
      await earlier
      const begun = journal()!
      const end = Number(cursor)
      await store.write(begun.rows, end, { ids, templates, bad })
      await save({ ...begun, rows: end })
    },

    // Nobody writes the file: one that has changed is not replaced.
    catchUp: async () => 0,
    index: async () => {},

    async swap () {
      const begun = journal()!
      const path = places.path
      if (!isSame(await identityOf(path), begun.before)) throw changed(path)
      if (begun.rows !== file.rows) {
        throw new StartupError(`${path}: expected ${file.rows} rows to be translated, found ${begun.rows}`)
      }
      const leftOut = await store.count(isLeftOut)
      if (!file.nullable && leftOut > 0) {
        throw new StartupError(
          `${path}: ${file.what} must have a template in each row, and ${leftOut} rows have none that can be ` +
            'translated: correct them and begin anew after --undo'
        )
      }
      await file.rewrite(places.fresh, { from: before, to: after }, store.read)
      const proof = await prove({ file, places, choice, before, after, store })
      await sync(places.fresh)
      const complete: Journal = { ...begun, state: 'swapping', after: await identityOf(places.fresh) }
      await save(complete)
      await exchange(places, complete)
      await save({ ...complete, state: 'swapped' })
      await store.drop()
      return proof
    },

    async compare (count) {
      const [old, now] = [
        await openTemplateFile(places.kept, choice, places.folder),
        await openTemplateFile(places.path, choice, places.folder)
      ]
      try {
        // The same rows of both, by exact numbers.
        const numbers = drawNumbers(old.rows, count)
        const [kept, replaced] = [
          pageOfDrawn(await takeNumbered(old.read(0, before), numbers), before.dimension),
          pageOfDrawn(await takeNumbered(now.read(0, after), numbers), after.dimension)
        ]
        const at = new Map(replaced.ids.map((id, row) => [id, row]))
        const rows = kept.ids.map((id, row) => [row, at.get(id)] as const).filter(([, row]) => row !== undefined)
        return {
          before: {
            ...kept,
            ids: rows.map(([row]) => kept.ids[row]!),
            templates: select(kept.templates, rows.map(([row]) => row))
          },
          after: select(replaced.templates, rows.map(([, row]) => row!))
        }
      } finally {
        await old.close()
        await now.close()
      }
    }
  }
}

const changed = (path: string) =>
  new StartupError(
    `${path}: expected a file that nobody writes, it has changed since the run began. --undo gives that run up`
  )

const pageOfDrawn = ({ numbers, templates }: DrawnRows, dimension: number): Page =>
  pageOf(numbers.map(String), templates, dimension, '')

const select = ({ cols, data }: TemplateMatrix, rows: readonly number[]): TemplateMatrix => {
  const selected = new Float32Array(rows.length * cols) // (n, d)
  rows.forEach((row, i) => selected.set(data.subarray(row * cols, (row + 1) * cols), i * cols))
  return { rows: rows.length, cols, data: selected }
}

type Store = ReturnType<typeof createStore>

/** Translated templates in the order of the file, on disk: numbers of all rows, and what each row has. */
function createStore (folder: string, dimension: number) {
  const [templatesPath, statesPath] = [join(folder, 'templates.f32'), join(folder, 'states')]
  const write = async (path: string, bytes: Uint8Array, position: number) => {
    const file = await open(path, 'r+').catch((error: NodeJS.ErrnoException) => {
      throw new StartupError(`${path}: expected to write, received ${error.code}`, { cause: error })
    })
    try {
      for (let done = 0; done < bytes.length;) {
        done += (await file.write(bytes, done, bytes.length - done, position + done)).bytesWritten
      }
      await file.sync()
    } catch (error) {
      throw new StartupError(`${path}: expected to write, received ${(error as NodeJS.ErrnoException).code}`, {
        cause: error
      })
    } finally {
      await file.close()
    }
  }
  const readBytes = async (path: string, position: number, count: number): Promise<Uint8Array<ArrayBuffer>> => {
    const file = await open(path, 'r')
    try {
      return await bytesAt(file, position, count)
    } finally {
      await file.close()
    }
  }
  return {
    async begin () {
      for (const path of [templatesPath, statesPath]) await (await open(path, 'w', 0o600)).close()
    },

    /** @param rows with numbers of rows as ids */
    async write (from: number, to: number, { ids, templates, bad }: Pick<Page, 'ids' | 'templates' | 'bad'>) {
      const data = new Float32Array((to - from) * dimension) // (n, d)
      const states = new Uint8Array(to - from).fill(isEmpty)
      ids.forEach((id, row) => {
        data.set(templates.data.subarray(row * dimension, (row + 1) * dimension), (Number(id) - from) * dimension)
        states[Number(id) - from] = isTranslated
      })
      for (const { id } of bad) states[Number(id) - from] = isLeftOut
      await write(templatesPath, bytesOfFloat32(data), 4 * dimension * from)
      await write(statesPath, states, from)
    },

    async states (from: number, count: number): Promise<Uint8Array> {
      return await readBytes(statesPath, from, count)
    },

    async read (from: number, count: number): Promise<(Float32Array | null)[]> {
      const [bytes, states] = [
        await readBytes(templatesPath, 4 * dimension * from, 4 * dimension * count),
        await readBytes(statesPath, from, count)
      ]
      const data = new Float32Array(bytes.buffer, bytes.byteOffset, count * dimension)
      return Array.from(
        states,
        (state, row) => state === isTranslated ? data.subarray(row * dimension, (row + 1) * dimension) : null
      )
    },

    async count (state: number): Promise<number> {
      const file = await open(statesPath, 'r')
      let found = 0
      try {
        for await (const bytes of file.createReadStream({ autoClose: false })) {
          for (const byte of bytes as Buffer) if (byte === state) found++
        }
      } finally {
        await file.close()
      }
      return found
    },

    async drop () {
      for (const path of [templatesPath, statesPath]) await (await open(path, 'w', 0o600)).close()
    }
  }
}

async function sync (path: string): Promise<void> {
  const file = await open(path, 'r+')
  await file.sync()
  await file.close()
}

/**
 * Reads the new file and the one before beside each other.
 * @throws StartupError at the first row that is another, or has another template than was translated for it
 */
async function prove (
  { file, places, choice, before, after, store }: {
    readonly file: TemplateFile
    readonly places: FilePlaces
    readonly choice: FileChoice
    readonly before: TemplateKind
    readonly after: TemplateKind
    readonly store: Store
  }
): Promise<Proof> {
  const fresh = await openTemplateFile(places.fresh, choice, places.folder)
  const counts = { rows: 0, translated: 0, empty: 0, leftOut: 0 }
  let digest = 0n
  const wrong = (what: string) =>
    new StartupError(`${places.path}: the new file was expected to have ${what}. Nothing was swapped`)
  try {
    const pairs = beside(file.read(0, before), fresh.read(0, after))
    for await (const [old, now] of pairs) {
      const from = counts.rows
      if (old.names.length !== now.names.length) throw wrong(`${file.rows} rows, it has ${fresh.rows}`)
      const [translated, states] = [
        await store.read(from, old.names.length),
        await store.states(from, old.names.length)
      ]
      old.names.forEach((name, i) => {
        if (name !== now.names[i]) throw wrong(`row ${from + i} named ${name}, it is ${now.names[i]}`)
        const [expected, found] = [translated[i]!, now.templates[i]!]
        const isAsWritten = expected === null
          ? found === null
          : found instanceof Float32Array && found.every((value, j) => value === expected[j])
        if (!isAsWritten) throw wrong(`the translated template in row ${from + i}`)
        if ((old.templates[i] instanceof Float32Array) !== (states[i] === isTranslated)) {
          throw wrong(`a template in row ${from + i} where the one before had one`)
        }
        counts.rows++
        if (states[i] === isTranslated) {
          counts.translated++
          digest += createHash('sha256').update(name).digest().readBigUInt64BE(0)
        } else counts[states[i] === isLeftOut ? 'leftOut' : 'empty']++
      })
    }
  } finally {
    await fresh.close()
  }
  if (counts.rows !== file.rows) throw wrong(`${file.rows} rows, it has ${counts.rows}`)
  return { ...counts, missing: 0, digest: BigInt.asUintN(64, digest).toString(16).padStart(16, '0') }
}

/** Rows of two files in blocks of the same numbers of rows; what one has more of comes alone. */
async function* beside (
  a: AsyncGenerator<FileRows, void>,
  b: AsyncGenerator<FileRows, void>
): AsyncGenerator<readonly [FileRows, FileRows], void> {
  const none: FileRows = { names: [], templates: [] }
  const rest = ({ names, templates }: FileRows, from: number): FileRows => ({
    names: names.slice(from),
    templates: templates.slice(from)
  })
  let [left, right] = [none, none]
  for (;;) {
    if (left.names.length === 0) left = (await a.next()).value ?? none
    if (right.names.length === 0) right = (await b.next()).value ?? none
    const count = Math.min(left.names.length, right.names.length)
    if (count === 0) {
      if (left.names.length + right.names.length > 0) yield [left, right]
      return
    }
    const first = ({ names, templates }: FileRows) => ({
      names: names.slice(0, count),
      templates: templates.slice(0, count)
    })
    yield [first(left), first(right)]
    ;[left, right] = [rest(left, count), rest(right, count)]
  }
}
