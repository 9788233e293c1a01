import { setTimeout as delay } from 'node:timers/promises'
import { createRowMemory } from '../../src/engines/threads/row-memory.js'
import { forms, type Form, type WriteOptions } from '../../src/features/connect/postgres/forms.js'
import type { Database } from '../../src/platform/database/database.js'
import { openDatabase } from '../../src/platform/database/open-database.js'
import { rowRange, type TemplateMatrix } from '../../src/science/linear-algebra/matrix.js'
import { createRandom } from '../../src/science/linear-algebra/random.js'
import { createDatabase } from '../../test/support/postgres-server.js'
import { startCommand } from '../../test/support/migration-command.js'
import { openTranslating, realTemplates, type Translating } from '../../test/features/connect/tables.js'

/** Rows of a statement: as many as the command has in a page of 512 numbers. */
const pageRows = 2048
/** Different templates of the table; every row has one of them with numbers of its own. */
const kinds = 2048

interface Tables {
  readonly database: Database
  /** declared type of the templates before and after */
  readonly types: { readonly before: string, readonly after: string }
  readonly form: Form
  readonly writing: WriteOptions
  readonly base: TemplateMatrix
}

interface Options {
  readonly server: string
  readonly rows: number
  readonly kills: number
  readonly print: (line: string) => void
}

/**
 * Migrates a table in place while it is killed and while somebody else writes: how fast beside the same UPDATE alone,
 * and whether a row is lost, or there twice, or has the template of another.
 */
export async function reportTable ({ server, rows, kills, print }: Options): Promise<void> {
  const { url, drop } = await createDatabase(server)
  const database = await openDatabase({ url, poolSize: 4 })
  const translating = await openTranslating(pageRows)
  try {
    const tables = await openTables(database)
    await fill(tables, 'alone', rows)
    const alone = await updateAlone(tables, translating, rows)
    await database.query('DROP TABLE alone')
    print(`alone   ${alone.toFixed(0)} rows/s: the same UPDATE of ${rows} rows of ${tables.types.before}, nothing else`)

    await fill(tables, 'faces', rows)
    const writer = startWriter(url, tables, rows)
    const { rate, runs, seconds } = await runKilled(database, url, rows, kills)
    const touched = await writer.stop()
    const swapped = await command(url)
    print(
      `connect ${rate.toFixed(0)} rows/s while it copied, ${
        (rate / alone).toFixed(2)
      } of the UPDATE alone; ${runs} runs, ` +
        `${runs - 1} of them killed, ${seconds.toFixed(0)} s with their starts; beside it ${touched.writes} writes`
    )
    print(swapped.trimEnd().replace(/^/gm, '        '))
    const { lost, twice, others, wrong } = await audit(database, translating, touched)
    print(`audit   lost ${lost}, twice ${twice}, of nobody ${others}, with another template ${wrong}`)
  } finally {
    await translating.close()
    await database.close()
    await drop()
  }
}

async function openTables (database: Database): Promise<Tables> {
  const { rows: [found] } = await database.query<{ available: boolean }>(
    "SELECT EXISTS (SELECT FROM pg_available_extensions WHERE name = 'vector') AS available"
  )
  const hasVectors = found!.available
  if (hasVectors) await database.query('CREATE EXTENSION vector')
  const { rows: [type] } = await database.query<{ oid: string | null }>("SELECT to_regtype('vector')::oid::text AS oid")
  return {
    database,
    types: hasVectors ? { before: 'vector(512)', after: 'vector(128)' } : { before: 'real[]', after: 'real[]' },
    form: forms[hasVectors ? 'vector' : '_float4']!,
    writing: { oid: type?.oid == null ? undefined : Number(type.oid), memory: createRowMemory() },
    base: realTemplates(kinds)
  }
}

/** The template of a row, its own by four numbers. */
function templateOf ({ base }: Tables, id: number): Float32Array {
  const template = base.data.slice((id % kinds) * base.cols, (id % kinds + 1) * base.cols)
  for (let i = 0; i < 4; i++) template[i]! += ((id >> (8 * i)) & 255) / 1024
  return template
}

async function fill (tables: Tables, name: string, rows: number): Promise<void> {
  const { database, types, form, writing, base: { cols } } = tables
  await database.query(`CREATE TABLE ${name} (id bigint PRIMARY KEY, template ${types.before} NOT NULL)`)
  for (let from = 1; from <= rows; from += pageRows) {
    const ids = Array.from({ length: Math.min(pageRows, rows + 1 - from) }, (_, i) => from + i)
    const data = new Float32Array(ids.length * cols) // (n, 512)
    ids.forEach((id, row) => data.set(templateOf(tables, id), row * cols))
    await database.query(
      `INSERT INTO ${name} SELECT id, template FROM (${form.given('bigint', types.before, cols)}) AS given`,
      [ids.map(String), form.write({ rows: ids.length, cols, data }, writing)]
    )
  }
  await database.dedicated(async client => await client.query(`VACUUM ANALYZE ${name}`))
}

/** Rows a second of the UPDATE that the command makes, with all templates translated before. */
async function updateAlone (tables: Tables, { translate }: Translating, rows: number): Promise<number> {
  const { database, types, form, writing, base } = tables
  const translated = await translate(rowRange(base, 0, pageRows))
  await database.query(`ALTER TABLE alone ADD COLUMN translated ${types.after}`)
  const encoded = form.write(translated, writing)
  const started = performance.now()
  for (let from = 1; from <= rows; from += pageRows) {
    const ids = Array.from({ length: Math.min(pageRows, rows + 1 - from) }, (_, i) => String(from + i))
    const templates = ids.length === pageRows ? encoded : form.write(rowRange(translated, 0, ids.length), writing)
    await database.query(
      `UPDATE alone AS t SET translated = given.template
      FROM (${form.given('bigint', types.after, translated.cols)}) AS given WHERE t.id = given.id`,
      [ids, templates]
    )
  }
  return rows / (performance.now() - started) * 1000
}

const argumentsOf = (url: string) => [
  'connect',
  url,
  ...['--table', 'faces', '--id', 'id', '--column', 'template', '--from', 'r512', '--to', 'dlib128']
]

async function command (url: string): Promise<string> {
  const { code, stdout, stderr } = await startCommand(argumentsOf(url)).ended
  if (code !== 0) throw new Error(`crosswalk connect ended with ${String(code)}: ${stderr}`)
  return stdout
}

/** Runs the command up to its swap, and kills it on the way. */
async function runKilled (database: Database, url: string, rows: number, kills: number) {
  const stored = async () => {
    const { rows: [run] } = await database.query<{ rows: string }>('SELECT rows::text AS rows FROM crosswalk_connect')
      .catch(() => ({ rows: [] }))
    return Number(run?.rows ?? 0)
  }
  const started = performance.now()
  let [runs, copied, milliseconds] = [0, 0, 0]
  for (let done = false; !done;) {
    runs++
    const until = runs <= kills ? runs * rows / (kills + 1) : Infinity
    const { child, ended } = startCommand([...argumentsOf(url), '--stop-before-swap', '--quiet'])
    const before = await stored()
    let [first, last]: { at: number, rows: number }[] = []
    while (child.exitCode === null) {
      const now = await stored()
      if (now > (last?.rows ?? before)) {
        last = { at: performance.now(), rows: now }
        first ??= last
      }
      if (now >= until) break
      await delay(20)
    }
    done = child.exitCode !== null
    if (!done) child.kill('SIGKILL')
    const { code, stderr } = await ended
    if (done && code !== 0) throw new Error(`crosswalk connect ended with ${String(code)}: ${stderr}`)
    copied += (last?.rows ?? 0) - (first?.rows ?? 0)
    milliseconds += (last?.at ?? 0) - (first?.at ?? 0)
  }
  return { rate: copied / milliseconds * 1000, runs, seconds: (performance.now() - started) / 1000 }
}

interface Touched {
  /** ids of what the table has to have, and the id whose template each has */
  readonly templates: ReadonlyMap<number, number>
  readonly deleted: ReadonlySet<number>
  readonly rows: number
  readonly writes: number
  template(id: number): Float32Array
}

/** Updates, inserts and deletes rows, a hundred a second, as an application would. */
function startWriter (url: string, tables: Tables, rows: number): { stop(): Promise<Touched> } {
  const { types, form, writing, base: { cols } } = tables
  const random = createRandom(7)
  const [templates, deleted] = [new Map<number, number>(), new Set<number>()]
  let [writes, next] = [0, rows + 1]
  const stopping = new AbortController()
  const work = (async () => {
    const database = await openDatabase({ url, poolSize: 1 })
    const given = form.given('bigint', types.before, cols)
    try {
      while (!stopping.signal.aborted) {
        const id = 1 + Math.floor(random.next() * rows)
        const like = 1 + Math.floor(random.next() * 1e9)
        const values = (
          key: number
        ) => [[String(key)], form.write({ rows: 1, cols, data: templateOf(tables, like) }, writing)]
        const kind = writes % 4
        if (kind === 0) {
          await database.query(
            `INSERT INTO faces (id, template) SELECT id, template FROM (${given}) AS given`,
            values(next)
          )
          templates.set(next++, like)
        } else if (kind === 1) {
          await database.query('DELETE FROM faces WHERE id = $1', [String(id)])
          templates.delete(id)
          deleted.add(id)
        } else if (!deleted.has(id)) {
          await database.query(
            `UPDATE faces AS t SET template = given.template FROM (${given}) AS given WHERE t.id = given.id`,
            values(id)
          )
          templates.set(id, like)
        }
        writes++
        await delay(10)
      }
    } finally {
      await database.close()
    }
  })()
  return {
    async stop () {
      stopping.abort()
      await work
      return { templates, deleted, rows, writes, template: id => templateOf(tables, id) }
    }
  }
}

/** Compares every row with what it has to be. */
async function audit (database: Database, { translate }: Translating, touched: Touched) {
  const seen = new Set<number>()
  let [twice, others, wrong] = [0, 0, 0]
  for (let after = 0;;) {
    const { rows } = await database.query<{ id: string, template: string }>(
      'SELECT id::text AS id, template::text AS template FROM faces t WHERE t.id > $1 ORDER BY t.id LIMIT $2',
      [String(after), pageRows]
    )
    if (rows.length === 0) break
    const ids = rows.map(({ id }) => Number(id))
    after = ids.at(-1)!
    const data = new Float32Array(ids.length * 512) // (n, 512)
    ids.forEach((id, row) => data.set(touched.template(touched.templates.get(id) ?? id), row * 512))
    const expected = await translate({ rows: ids.length, cols: 512, data })
    ids.forEach((id, row) => {
      if (seen.has(id)) twice++
      seen.add(id)
      if (touched.deleted.has(id) || (id > touched.rows && !touched.templates.has(id))) others++
      const found = rows[row]!.template.slice(1, -1).split(',').map(Number)
      const own = expected.data.subarray(row * expected.cols, (row + 1) * expected.cols)
      if (found.length !== own.length || own.some((value, i) => Math.abs(value - found[i]!) > 1e-6)) wrong++
    })
  }
  let lost = 0
  for (let id = 1; id <= touched.rows; id++) if (!touched.deleted.has(id) && !seen.has(id)) lost++
  for (const id of touched.templates.keys()) if (id > touched.rows && !seen.has(id)) lost++
  return { lost, twice, others, wrong }
}
