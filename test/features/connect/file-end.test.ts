import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { copyFile, mkdir, mkdtemp, open, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { tableFromIPC } from 'apache-arrow'
import { asyncBufferFromFile, parquetReadObjects } from 'hyparquet'
import { compressors } from 'hyparquet-compressors'
import sqlite from 'node-sqlite3-wasm'
import { projectRoot } from '../../../src/config.js'
import { StartupError } from '../../../src/errors.js'
import { runConnect, type RunOptions } from '../../../src/features/connect/connect.js'
import { openFileEnd } from '../../../src/features/connect/files/end.js'
import { readJournal, writeJournal } from '../../../src/features/connect/files/journal.js'
import { createFileMigration } from '../../../src/features/connect/files/migration.js'
import { openTemplateFile } from '../../../src/features/connect/files/open.js'
import { placesOf } from '../../../src/features/connect/files/places.js'
import type { FileChoice } from '../../../src/features/connect/files/template-file.js'
import { bytesOfFloat32 } from '../../../src/science/template/float32.js'
import { npyHeader, readNpy } from '../../../src/science/template/npy.js'
import { eventually } from '../../support/eventually.js'
import { randomRows, startCommand } from '../../support/migration-command.js'
import { events, migrateFile, never, options, withFileEnd } from './file-migration.js'
import { openTranslating, realTemplates, rowOf, textOf, type Translating } from './tables.js'

const pair = ['--from', 'r512', '--to', 'dlib128']

let [folder, translating] = [] as unknown as [string, Translating]
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'crosswalk-connect-'))
  translating = await openTranslating(7)
})
after(async () => {
  await translating.close()
  await rm(folder, { recursive: true })
})

const digestOf = async (path: string) => createHash('sha256').update(await readFile(path)).digest('hex')
const leftovers = async (path: string) => (await readdir(folder)).filter(name => name.startsWith(`${path}.`))

const migrate = async (path: string, choice: FileChoice, more: Partial<RunOptions> = {}) =>
  await migrateFile(translating, path, choice, more)

/** Writes a database of SQLite with a table `faces`, and one beside it. */
function writeDatabase (path: string, type: string, templates: readonly (Uint8Array | string | null)[], wal = false) {
  const database = new sqlite.Database(path)
  database.exec(`CREATE TABLE faces (id TEXT PRIMARY KEY, name TEXT, template ${type});
    CREATE TABLE others (a, b); INSERT INTO others VALUES (1, 'x'); CREATE INDEX by_name ON faces (name)`)
  templates.forEach((template, row) =>
    database.run('INSERT INTO faces VALUES (?, ?, ?)', [`face ${row}`, `name ${row}`, template])
  )
  // A row that went leaves its number unused.
  database.run("DELETE FROM faces WHERE id = 'face 3'")
  database.close()
  return wal
}

const rows = realTemplates(30)
const bytesOf = (row: number) => new Uint8Array(bytesOfFloat32(rowOf(rows, row)))

function readDatabase (path: string): { id: string, name: string, template: Uint8Array | string | null }[] {
  const database = new sqlite.Database(path, { readOnly: true })
  try {
    return database.all('SELECT id, name, template FROM faces ORDER BY rowid') as ReturnType<typeof readDatabase>
  } finally {
    database.close()
  }
}

describe('a table of SQLite', () => {
  const choice = { table: 'faces', id: 'id', column: 'template' }

  for (
    const { form, type, write, read, wal } of [
      { form: 'bytes', type: 'BLOB', write: bytesOf, read: numbersOfFloats, wal: false },
      { form: 'text', type: 'TEXT', write: (row: number) => textOf(rowOf(rows, row)), read: numbersOfJson, wal: false },
      { form: 'bytes beside a write-ahead log', type: 'BLOB', write: bytesOf, read: numbersOfFloats, wal: true }
    ]
  ) {
    test(`of ${form} is translated, row by row, and comes back as it was`, async () => {
      const path = join(folder, `${type}-${wal}.db`)
      writeDatabase(path, type, Array.from({ length: 30 }, (_, row) => row === 11 ? null : write(row)))
      if (wal) await asWal(path)
      const original = await digestOf(path)
      // As a killed run leaves it, with templates in it.
      await mkdir(`${path}.crosswalk/source-1-0.lock`, { recursive: true })
      await copyFile(path, `${path}.crosswalk/source-1-0`)
      const { result, verified } = await migrate(path, choice)
      assert.ok(result.kind === 'swapped', result.kind)
      const { digest, ...counts } = result.proof
      assert.deepEqual(counts, { rows: 29, translated: 28, empty: 1, leftOut: 0, missing: 0 })
      assert.match(digest, /^[0-9a-f]{16}$/)
      assert.deepEqual([verified?.rows, verified!.leastCosine > 0.999999], [28, true])
      assert.deepEqual(
        (await readdir(`${path}.crosswalk`)).filter(name => !name.endsWith('.sock')).toSorted(),
        ['journal.json', 'states', 'templates.f32']
      )

      const expected = await translating.translate(rows)
      if (wal) {
        assert.deepEqual([...(await readFile(path)).subarray(18, 20)], [2, 2])
        await asWal(path, 1)
      }
      const found = readDatabase(path)
      assert.deepEqual(
        found.map(({ id }) => id),
        [...rows.data.keys()].slice(0, 30).filter(row => row !== 3).map(row => `face ${row}`)
      )
      for (const { id, name, template } of found) {
        const row = Number(id.slice(5))
        assert.equal(name, `name ${row}`)
        if (row === 11) assert.equal(template, null)
        else {
          const off = Math.max(...read(template).map((value, i) => Math.abs(value - rowOf(expected, row)[i]!)))
          assert.ok(off < 1e-6, `row ${row} differs by ${off}`)
        }
      }
      if (wal) await asWal(path)
      // What the new model writes meanwhile is not given up without a word.
      await utimes(path, new Date(), new Date(Date.now() + 5000))
      await assert.rejects(
        withFileEnd(path, choice, async end => await end.undo(false)),
        /has changed since the swap. --force/
      )
      await withFileEnd(path, choice, async end => await end.undo(true))
      assert.equal(await digestOf(path), original)
      assert.deepEqual(await leftovers(`${type}-${wal}.db`), [])
    })
  }

  test('that is not as expected is refused with the reason, and left as it is', async () => {
    const path = join(folder, 'refused.db')
    writeDatabase(path, 'BLOB NOT NULL', [...Array(8).keys()].map(bytesOf))
    const original = await digestOf(path)
    const refused = async (choice: FileChoice, expected: RegExp, set = '') => {
      if (set !== '') run(path, set)
      const attempt = migrate(path, choice)
      await assert.rejects(
        attempt,
        (error: Error) => error instanceof StartupError && expected.test(error.message),
        String(expected)
      )
      assert.deepEqual(await leftovers('refused.db'), [])
    }
    await refused({ column: 'template' }, /expected --table and --column/)
    await refused({ ...choice, table: 'people' }, /expected a table "people", found faces, others/)
    await refused({ ...choice, column: 'face' }, /expected a column "face" of faces, found id, name, template/)
    await refused({ ...choice, id: 'name' }, /--id: expected a primary key or a unique column, which faces.name is not/)
    await refused({ ...choice, column: 'name' }, /expected templates as text \[0.1,...\]: expected an array of numbers/)
    await writeFile(`${path}-journal`, 'x')
    await refused(choice, /expected a database that nobody has open, found .*refused.db-journal. Stop the application/)
    await rm(`${path}-journal`)
    assert.equal(await digestOf(path), original)
    await refused(
      choice,
      /row 4: .* received NaN at index 0\. --on-bad skip/,
      `UPDATE faces SET template = CAST(X'0000C07F' || substr(template, 5) AS BLOB) WHERE id = 'face 5'`
    )
    await refused(
      choice,
      /expected 512 numbers as little-endian float32 \(2048 bytes\), .* found 12 bytes/,
      "UPDATE faces SET template = X'000000000000000000000000' WHERE id = 'face 0'"
    )
  })

  test('keeps rows that are none out of what cannot be without a template', async () => {
    const path = join(folder, 'skipped.db')
    writeDatabase(path, 'BLOB NOT NULL', [...Array(8).keys()].map(bytesOf))
    run(path, "UPDATE faces SET template = X'00' WHERE id = 'face 5'")
    await assert.rejects(
      migrate(path, choice, { onBad: 'skip' }),
      /must have a template in each row, and 1 rows have none/
    )
    await withFileEnd(path, choice, async end => await end.undo(false))
    assert.deepEqual(await leftovers('skipped.db'), [])
  })

  test('has triggers that run only when told to', async () => {
    const path = join(folder, 'triggers.db')
    writeDatabase(path, 'BLOB', [...Array(8).keys()].map(bytesOf))
    run(path, "CREATE TRIGGER touched AFTER UPDATE ON faces BEGIN UPDATE others SET b = 'touched'; END")
    await withFileEnd(path, choice, async end => {
      assert.throws(
        () => end.check({ dimension: 128, model: 'dlib128' }, false),
        /found touched. --force lets them run/
      )
      end.check({ dimension: 128, model: 'dlib128' }, true)
    })
  })

  function run (path: string, sql: string) {
    const database = new sqlite.Database(path)
    database.exec(sql)
    database.close()
  }
})

function numbersOfFloats (bytes: Uint8Array | string | null): number[] {
  const view = Buffer.from(bytes as Uint8Array)
  return Array.from({ length: view.length / 4 }, (_, i) => view.readFloatLE(4 * i))
}

function numbersOfJson (text: Uint8Array | string | null): number[] {
  return JSON.parse(text as string) as number[]
}

/** Sets what the header says of a log; the log itself is empty. */
async function asWal (path: string, version = 2): Promise<void> {
  const file = await open(path, 'r+')
  await file.write(Buffer.of(version, version), 0, 2, 18)
  await file.close()
}

describe('a Parquet file of another library', () => {
  const choice = { column: 'embedding', id: 'id' }
  const source = (name: string) => join(projectRoot, 'test/features/connect/files', name)
  const read = async (path: string) =>
    await parquetReadObjects({ file: await asyncBufferFromFile(path), compressors, utf8: false })

  for (
    const { name, translated, numbers } of [
      { name: 'pyarrow-lists.parquet', translated: 21, numbers: (value: unknown) => value as number[] },
      { name: 'pyarrow-fixed-lists.parquet', translated: 24, numbers: (value: unknown) => value as number[] },
      {
        name: 'pyarrow-bytes.parquet',
        translated: 21,
        numbers: (value: unknown) => numbersOfFloats(Uint8Array.from(value as Uint8Array))
      },
      { name: 'polars-lists.parquet', translated: 21, numbers: (value: unknown) => value as number[] }
    ]
  ) {
    test(`${name} is translated, and its other columns are the same`, async () => {
      const path = join(folder, name)
      await copyFile(source(name), path)
      const original = await digestOf(path)
      const { result, verified } = await migrate(path, choice)
      assert.ok(result.kind === 'swapped', result.kind)
      const { digest: _, ...counts } = result.proof
      assert.deepEqual(counts, { rows: 24, translated, empty: 24 - translated, leftOut: 0, missing: 0 })
      assert.deepEqual([verified?.rows, verified!.leastCosine > 0.999999], [translated, true])

      const [old, now] = [await read(`${path}.replaced`), await read(path)]
      const without = ({ embedding: _, ...others }: Record<string, unknown>) => others
      assert.deepEqual(now.map(without), old.map(without))
      const before = old.filter(({ embedding }) => embedding != null).map(({ embedding }) => numbers(embedding))
      const expected = await translating.translate({
        rows: translated,
        cols: 512,
        data: Float32Array.from(before.flat())
      })
      const after = now.filter(({ embedding }) => embedding != null).map(({ embedding }) => numbers(embedding))
      after.forEach((template, row) => {
        const off = Math.max(...rowOf(expected, row).map((value, i) => Math.abs(value - template[i]!)))
        assert.ok(template.length === 128 && off < 1e-6, `row ${row} differs by ${off}`)
      })
      await withFileEnd(path, choice, async end => await end.undo(false))
      assert.equal(await digestOf(path), original)
      assert.deepEqual(await leftovers(name), [])
    })
  }

  test('with another schema is refused with what it has', async () => {
    const path = join(folder, 'other.parquet')
    await copyFile(source('pyarrow-other.parquet'), path)
    const refused = async (choice: FileChoice, expected: RegExp) =>
      await assert.rejects(openFileEnd(path, choice), expected)
    await refused({}, /expected --column/)
    await refused({ column: 'face' }, /expected a column "face", found id, embedding, label, ints/)
    await refused({ column: 'embedding' }, /expected a column of values or of lists, embedding is nested otherwise/)
    await refused({ column: 'ints' }, /expected a column of lists of float or double, .* ints is lists of int64/)
    await refused({ column: 'id' }, /of bytes or of text, id is int64/)
    await refused({ column: 'label', id: 'ints' }, /--id: expected a column of one value, found a list/)
    await assert.rejects(migrate(path, { column: 'label' }), /row 0: expected an array of numbers/)
    await writeFile(join(folder, 'none.parquet'), 'PAR1 and no more')
    await assert.rejects(openFileEnd(join(folder, 'none.parquet'), { column: 'a' }), /expected a Parquet file/)
    await writeFile(join(folder, 'none.txt'), 'nothing of the kind')
    await assert.rejects(
      openFileEnd(join(folder, 'none.txt'), {}),
      /expected a file of SQLite, Parquet, Arrow or NumPy \(\.npy, \.npz\) or lines of JSON/
    )
    assert.deepEqual((await readdir(folder)).filter(name => /crosswalk$/.test(name)), [])
  })
})

describe('an Arrow file of another library', () => {
  const choice = { column: 'embedding', id: 'id' }

  for (const name of ['pyarrow-lists.arrow', 'pyarrow-fixed-lists.arrow']) {
    test(`${name} is translated, and its other columns are the same`, async () => {
      const path = join(folder, name)
      await copyFile(join(projectRoot, 'test/features/connect/files', name), path)
      const original = await digestOf(path)
      const { result, verified } = await migrate(path, choice)
      assert.ok(result.kind === 'swapped', result.kind)
      const { digest: _, ...counts } = result.proof
      assert.deepEqual(counts, { rows: 24, translated: 21, empty: 3, leftOut: 0, missing: 0 })
      assert.deepEqual([verified?.rows, verified!.leastCosine > 0.999999], [21, true])

      const [old, now] = [tableFromIPC(await readFile(`${path}.replaced`)), tableFromIPC(await readFile(path))]
      const columns = old.schema.fields.map(field => field.name)
      assert.deepEqual(now.schema.fields.map(field => field.name), columns)
      const column = (table: typeof old, of: string) => Array.from(table.getChild(of)!, value => String(value))
      for (const of of columns.filter(each => each !== 'embedding')) assert.deepEqual(column(now, of), column(old, of))
      const templates = (table: typeof old) =>
        Array.from(table.getChild('embedding')!, (value: Iterable<number> | null) => value === null ? null : [...value])
      const before = templates(old).filter(template => template !== null)
      const expected = await translating.translate({ rows: 21, cols: 512, data: Float32Array.from(before.flat()) })
      assert.deepEqual(
        templates(now).map(template => template === null),
        templates(old).map(template => template === null)
      )
      templates(now).filter(template => template !== null).forEach((template, row) => {
        const off = Math.max(...rowOf(expected, row).map((value, i) => Math.abs(value - template[i]!)))
        assert.ok(template.length === 128 && off < 1e-6, `row ${row} differs by ${off}`)
      })
      await withFileEnd(path, choice, async end => await end.undo(false))
      assert.equal(await digestOf(path), original)
    })
  }

  test('with another schema is refused with what it has', async () => {
    const path = join(folder, 'other.arrow')
    await copyFile(join(projectRoot, 'test/features/connect/files/pyarrow-lists.arrow'), path)
    await assert.rejects(openFileEnd(path, {}), /expected --column/)
    await assert.rejects(openFileEnd(path, { column: 'face' }), /expected a column "face", found id, when, age/)
    await assert.rejects(
      openFileEnd(path, { column: 'age' }),
      /expected a column of lists of float or double, age is Int8/
    )
    await writeFile(path, 'ARROW1 and no more')
    await assert.rejects(openFileEnd(path, { column: 'age' }), /expected an Arrow file/)
  })
})

describe('a matrix of NumPy', () => {
  const write = async (name: string, templates: typeof rows): Promise<string> => {
    const path = join(folder, name)
    await writeFile(path, Buffer.concat([npyHeader(templates.rows, templates.cols), bytesOfFloat32(templates.data)]))
    return path
  }
  const stored = async (path: string) =>
    await readFile(`${path}.crosswalk/journal.json`, 'utf8').then(
      text => JSON.parse(text) as { rows: number, state: string },
      () => undefined
    )

  test('goes on after kills where it was, to every row once', async () => {
    const many = realTemplates(16_000)
    const path = await write('killed.npy', many)
    const places = new Set<number>()
    for (let kill = 0; kill < 3; kill++) {
      const before = (await stored(path))?.rows ?? 0
      const { child, ended } = startCommand(['connect', path, ...pair])
      await eventually('a page more', async () => {
        const now = (await stored(path))?.rows ?? 0
        return now > before || child.exitCode !== null ? true : undefined
      })
      child.kill('SIGKILL')
      await ended
      places.add((await stored(path))!.rows)
    }
    assert.ok(places.size >= 2, `expected kills at different places, were at ${[...places].join(', ')}`)
    const { code, stdout, stderr } = await startCommand(['connect', path, ...pair]).ended
    assert.equal(code, 0, stderr)
    assert.match(stderr, /resumed after [\d,]+ rows|^$/m)
    assert.match(stdout, /rows {6}16,000: 16,000 translated, 0 without a template, 0 left out, 0 missing/)
    assert.match(stdout, /verified {2}[\d,]+ rows translated again, least cosine (1\.0|0\.99999)/)
    const [expected, found] = [await translating.translate(many), readNpy(await readFile(path))]
    assert.deepEqual([found.rows, found.cols], [16_000, 128])
    const off = found.data.reduce((most, value, i) => Math.max(most, Math.abs(value - expected.data[i]!)), 0)
    assert.ok(off < 1e-6, `differs by ${off}`)
    const again = await startCommand(['connect', path, ...pair]).ended
    assert.deepEqual([again.code, /by an earlier run/.test(again.stdout)], [0, true], again.stderr)
    const finished = await startCommand(['connect', path, '--finish']).ended
    assert.equal(finished.code, 0, finished.stderr)
    assert.deepEqual(await leftovers('killed.npy'), [])
  })

  for (
    const { when, killed } of [
      { when: 'before the new file has its name', killed: 'swapping' },
      { when: 'behind it', killed: 'swapped' }
    ]
  ) {
    test(`is swapped once when the run was killed ${when}`, async () => {
      const path = await write(`${killed}.npy`, rows)
      await migrate(path, {}, { stopBeforeSwap: true })
      const places = placesOf(path)
      let journal = await readJournal(places.folder)
      const file = await openTemplateFile(path, {}, places.folder)
      const migration = createFileMigration({
        file,
        places,
        choice: {},
        task: translating.task,
        journal: () => journal,
        async save (next) {
          if (next.state === killed && killed === 'swapped') throw new Error('killed')
          await writeJournal(places.folder, next)
          journal = next
          if (next.state === killed) throw new Error('killed')
        }
      })
      await assert.rejects(migration.swap(async page => page), /killed/)
      await file.close()
      assert.equal(journal?.state, 'swapping')
      const { result } = await migrate(path, {})
      assert.equal(result.kind, 'already')
      const [expected, found] = [await translating.translate(rows), readNpy(await readFile(path))]
      assert.ok(found.data.every((value, i) => Math.abs(value - expected.data[i]!) < 1e-6))
      assert.deepEqual(readNpy(await readFile(`${path}.replaced`)).data, rows.data)
      await withFileEnd(path, {}, async end => await end.undo(false))
      assert.deepEqual(await leftovers(`${killed}.npy`), [])
    })
  }

  test('that is not of its model stops the run with 4 before anything is there, unless told to go on', async () => {
    const path = await write('foreign.npy', randomRows(400, 512))
    const stopped = await startCommand(['connect', path, ...pair]).ended
    assert.equal(stopped.code, 4, stopped.stderr)
    assert.match(stopped.stderr, /too many do not look like those of the source model.*--guard flag goes on/)
    assert.deepEqual(await leftovers('foreign.npy'), [])
    const shown = await startCommand(['connect', path, ...pair, '--dry-run', '--guard', 'flag']).ended
    assert.equal(shown.code, 0, shown.stderr)
    assert.match(shown.stdout, /column {4}a matrix of <f4: 512 numbers become 128/)
    const short = await startCommand(['connect', path, '--from', 'dlib128', '--to', 'r512']).ended
    assert.deepEqual([short.code, /expected 128 numbers, received 512/.test(short.stderr)], [1, true], short.stderr)
    assert.deepEqual(await leftovers('foreign.npy'), [])
  })

  test('that somebody writes is not replaced', async () => {
    const path = await write('written.npy', rows)
    await migrate(path, {}, { stopBeforeSwap: true })
    const other = await withFileEnd(path, {}, async end =>
      await runConnect(
        end.migration({ ...translating.task, map: 'another' }),
        translating,
        options,
        events,
        never
      ).catch((error: unknown) => error))
    assert.match(String(other), /but map was .* and is another. --undo gives that run up/)
    await writeFile(path, Buffer.concat([await readFile(path)]))
    await assert.rejects(migrate(path, {}), /expected a file that nobody writes, it has changed since the run began/)
    await withFileEnd(path, {}, async end => await end.undo(false))

    const { child, ended } = await holding(path)
    await assert.rejects(
      migrate(path, {}),
      new RegExp(`nobody writes, process ${child.pid} \\(.*\\) has it open. Stop it`)
    )
    child.kill()
    await ended
    const { result } = await migrate(path, {})
    assert.equal(result.kind, 'swapped')
    await withFileEnd(path, {}, async end => await end.finish())
    assert.deepEqual(await leftovers('written.npy'), [])
    assert.equal((await stat(path)).size, 128 + 30 * 128 * 4)
  })
})

/** A program that has a file open to write it. */
async function holding (path: string) {
  const child = spawn(process.execPath, [
    '-e',
    `require('fs').openSync(${JSON.stringify(path)}, 'r+'); console.log('open'); setInterval(() => {}, 1000)`
  ])
  await once(child.stdout, 'data')
  return { child, ended: once(child, 'exit') }
}
