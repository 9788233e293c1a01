import { constants } from 'node:fs'
import { copyFile, link, open, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import sqlite from 'node-sqlite3-wasm'
import { StartupError } from '../../../errors.js'
import { decimalsText } from '../../../science/template/decimals.js'
import { drawNumbers } from './drawing.js'
import { momentary } from './places.js'
import type { StoredTemplate } from '../pages.js'
import {
  bytesOfNumbers,
  formOfBytes,
  numbersOfBytes,
  numbersOfText,
  type BytesForm,
  type OpenTemplateFile
} from './template-file.js'

const blockRows = 1000

/** Positions in the header of a database file (sqlite.org/fileformat.html, 1.3): 1 is a rollback journal, 2 a WAL. */
const [versionsAt, rollback, wal] = [18, 1, 2] as const

interface Column {
  readonly name: string
  readonly type: string
  readonly notnull: number
  readonly pk: number
  readonly hidden: number
}

type Stored = Uint8Array | string | number | bigint | null

/**
 * A table of an SQLite database. SQLite runs as WebAssembly, whose locks are not those of other programs: it never
 * opens the file itself, only a link to it or a copy.
 */
export const openSqliteFile: OpenTemplateFile = async (path, choice, folder) => {
  const { table, column } = choice
  if (table === undefined || column === undefined) {
    throw new StartupError(`${path}: expected --table and --column of the SQLite database`)
  }
  await refuseOpen(path)
  const own = await privateCopy(path, folder)
  const database = new sqlite.Database(own.path, { fileMustExist: true })
  const close = async () => {
    database.close()
    await own.remove()
  }
  try {
    const all = <Row>(sql: string, values: (string | number | bigint)[] = []) => database.all(sql, values) as Row[]
    const found = inspect(all, path, { table, column, id: choice.id })
    const [name, at, id] = [quote(table), quote(column), choice.id === undefined ? 'rowid' : quote(choice.id)]
    const rows = Number(all<{ rows: number }>(`SELECT count(*) AS rows FROM ${name}`)[0]!.rows)
    /** What the first template is tells how all are stored. */
    const first =
      all<{ value: Stored }>(`SELECT ${at} AS value FROM ${name} WHERE ${at} IS NOT NULL ORDER BY rowid LIMIT 1`)[0]
    const formFor = (dimension: number) => formOf(first?.value ?? null, dimension, `${path}: ${table}.${column}`)

    return {
      rows,
      what: `column ${column} of ${table}, ${found.type === '' ? 'of no declared type' : found.type}`,
      nullable: found.notnull === 0,
      lost: [],
      triggers: all<{ name: string }>(
        `SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = ? COLLATE NOCASE
          AND sql LIKE '%UPDATE%ON%' ORDER BY name`,
        [table]
      ).map(trigger => trigger.name),

      async *read (from, { dimension }) {
        const form = formFor(dimension)
        let after: number | bigint | undefined = from === 0
          ? undefined
          : all<{ row: number | bigint }>(
            `SELECT rowid AS row FROM ${name} ORDER BY rowid LIMIT 1 OFFSET ${from - 1}`
          )[0]?.row
        for (;;) {
          const block: { row: number | bigint, id: Stored, value: Stored }[] = all(
            `SELECT rowid AS row, ${id} AS id, ${at} AS value FROM ${name} ${
              after === undefined ? '' : 'WHERE rowid > ?'
            } ORDER BY rowid LIMIT ${blockRows}`,
            after === undefined ? [] : [after]
          )
          if (block.length === 0) return
          after = block.at(-1)!.row
          yield {
            names: block.map(({ id }) => id instanceof Uint8Array ? Buffer.from(id).toString('hex') : String(id)),
            templates: block.map(({ value }) => templateOf(value, form, dimension))
          }
        }
      },

      async draw (count, { dimension }) {
        const form = formFor(dimension)
        const numbers = drawNumbers(rows, count)
        // Only the rowids of all rows are read; those that are drawn are given by their places among them.
        const drawn = all<{ number: number | bigint, value: Stored }>(
          `SELECT number, (SELECT ${at} FROM ${name} WHERE rowid = row) AS value FROM (
             SELECT rowid AS row, row_number() OVER (ORDER BY rowid) - 1 AS number FROM ${name}
           ) WHERE number IN (SELECT value FROM json_each(?)) ORDER BY number`,
          [JSON.stringify(numbers)]
        )
        return {
          numbers: drawn.map(({ number }) => Number(number)),
          templates: drawn.map(({ value }) => templateOf(value, form, dimension))
        }
      },

      async rewrite (out, { from: { dimension } }, templates) {
        const form = formFor(dimension)
        await copyFile(path, out, constants.COPYFILE_FICLONE)
        const versions = await setVersions(out, Buffer.of(rollback, rollback))
        await rm(`${out}.lock`, { recursive: true, force: true })
        const fresh = new sqlite.Database(out, { fileMustExist: true })
        try {
          // A kill leaves a file that is written anew; old templates are not left in free pages.
          fresh.exec('PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA secure_delete = ON; BEGIN')
          const update = fresh.prepare(`UPDATE ${name} SET ${at} = ? WHERE rowid = ?`)
          let row = 0
          for (let after: number | bigint | undefined;;) {
            const block = fresh.all(
              `SELECT rowid AS row, ${at} IS NULL AS empty FROM ${name} ${
                after === undefined ? '' : 'WHERE rowid > ?'
              } ORDER BY rowid LIMIT ${blockRows}`,
              after === undefined ? [] : [after]
            ) as { row: number | bigint, empty: number }[]
            if (block.length === 0) break
            after = block.at(-1)!.row
            for (const [i, template] of (await templates(row, block.length)).entries()) {
              const { row: rowid, empty } = block[i]!
              if (template === null && empty === 1) continue
              update.run([template === null ? null : encode(template, form), rowid])
            }
            row += block.length
          }
          update.finalize()
          fresh.exec('COMMIT')
        } catch (error) {
          throw refused(path, error)
        } finally {
          fresh.close()
        }
        await setVersions(out, versions)
      },

      close
    }
  } catch (error) {
    await close()
    throw refused(path, error)
  }
}

const refused = (path: string, error: unknown): unknown =>
  error instanceof sqlite.SQLite3Error
    ? new StartupError(`${path}: SQLite refuses: ${error.message}`, { cause: error })
    : error

const quote = (name: string): string => `"${name.replaceAll('"', '""')}"`

/** @throws StartupError when an application has the database open, or has left something to recover */
async function refuseOpen (path: string): Promise<void> {
  for (const ending of ['-wal', '-journal', '-shm']) {
    const size = await stat(`${path}${ending}`).then(stats => stats.size, () => undefined)
    if (size === undefined) continue
    throw new StartupError(
      `${path}: expected a database that nobody has open, found ${path}${ending}. Stop the application; where it was ` +
        `killed, let SQLite recover the file (sqlite3 ${path} "PRAGMA wal_checkpoint(TRUNCATE)")`
    )
  }
}

let copies = 0

/** A link to the file, or a copy where its header asks for a WAL, which cannot be read without shared memory. */
async function privateCopy (path: string, folder: string) {
  const own = join(folder, `${momentary}${process.pid}-${copies++}`)
  const remove = async () => {
    for (const name of [own, `${own}.lock`]) await rm(name, { recursive: true, force: true })
  }
  await remove()
  const file = await open(path, 'r')
  const { buffer } = await file.read(Buffer.alloc(2), 0, 2, versionsAt).finally(() => file.close())
  if (buffer[0] === wal || buffer[1] === wal) {
    await copyFile(path, own, constants.COPYFILE_FICLONE)
    await setVersions(own, Buffer.of(rollback, rollback))
  } else await link(path, own).catch(async () => await copyFile(path, own, constants.COPYFILE_FICLONE))
  return { path: own, remove }
}

/** @returns the versions before */
async function setVersions (path: string, versions: Buffer): Promise<Buffer> {
  const file = await open(path, 'r+')
  try {
    const { buffer } = await file.read(Buffer.alloc(2), 0, 2, versionsAt)
    await file.write(versions, 0, 2, versionsAt)
    return buffer
  } finally {
    await file.close()
  }
}

/** @throws StartupError when there is no such table or column, or rows cannot be told apart by it */
function inspect (
  all: <Row>(sql: string, values?: (string | number | bigint)[]) => Row[],
  path: string,
  { table, column, id }: { readonly table: string, readonly column: string, readonly id: string | undefined }
): Column {
  const tables = all<{ name: string, sql: string }>(
    "SELECT name, sql FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name"
  )
  const found = tables.find(({ name }) => name.toLowerCase() === table.toLowerCase())
  if (found === undefined) {
    throw new StartupError(
      `${path}: expected a table ${JSON.stringify(table)}, found ${
        tables.map(({ name }) => name).join(', ') || 'no tables'
      }`
    )
  }
  if (/^\s*CREATE\s+VIRTUAL/i.test(found.sql) || /WITHOUT\s+ROWID/i.test(found.sql)) {
    throw new StartupError(`${path}: expected an ordinary table with a rowid, ${table} is virtual or without one`)
  }
  const columns = all<Column>(`PRAGMA table_xinfo(${quote(table)})`)
  const [at, key] = [column, id].map(name => {
    const there = columns.find(each => each.name.toLowerCase() === name?.toLowerCase())
    if (name !== undefined && there === undefined) {
      throw new StartupError(
        `${path}: expected a column ${JSON.stringify(name)} of ${table}, found ${
          columns.map(each => each.name).join(', ')
        }`
      )
    }
    return there
  })
  if (at!.hidden !== 0) throw new StartupError(`${path}: expected a column that is stored, ${column} is computed`)
  if (key !== undefined && !isUnique(all, table, key)) {
    throw new StartupError(`${path}: --id: expected a primary key or a unique column, which ${table}.${id} is not`)
  }
  return at!
}

function isUnique (all: <Row>(sql: string) => Row[], table: string, { name, pk }: Column): boolean {
  const keys = all<{ pk: number }>(`PRAGMA table_info(${quote(table)})`).filter(column => column.pk > 0)
  if (pk > 0 && keys.length === 1) return true
  return all<{ name: string, unique: number, partial: number }>(`PRAGMA index_list(${quote(table)})`).some(index => {
    if (index.unique !== 1 || index.partial !== 0) return false
    const columns = all<{ name: string }>(`PRAGMA index_info(${quote(index.name)})`)
    return columns.length === 1 && columns[0]!.name === name
  })
}

type Form = BytesForm | 'text'

/** @throws StartupError when the first template is in no form that is known */
function formOf (first: Stored, dimension: number, where: string): Form {
  if (first === null) return 'float32'
  if (typeof first === 'string') {
    const numbers = numbersOfText(first, dimension)
    if (typeof numbers !== 'string') return 'text'
    throw new StartupError(`${where}: expected templates as text [0.1,...]: ${numbers}`)
  }
  const form = first instanceof Uint8Array ? formOfBytes(first.length, dimension) : undefined
  if (form !== undefined) return form
  throw new StartupError(
    `${where}: expected ${dimension} numbers as little-endian float32 (${4 * dimension} bytes), float64 (${
      8 * dimension
    }) or text [0.1,...], found ${first instanceof Uint8Array ? `${first.length} bytes` : typeof first}`
  )
}

function templateOf (value: Stored, form: Form, dimension: number): StoredTemplate {
  if (value === null) return null
  if (form === 'text') {
    return typeof value === 'string' ? numbersOfText(value, dimension) : 'expected text, received something else'
  }
  return value instanceof Uint8Array
    ? numbersOfBytes(value, form, dimension)
    : 'expected bytes, received something else'
}

function encode (template: Float32Array, form: Form): Uint8Array | string {
  return form === 'text' ? decimalsText(template) : bytesOfNumbers(template, form)
}
