import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { runConnect, verifySwapped, type RunOptions } from '../../../src/features/connect/connect.js'
import { openPostgresEnd } from '../../../src/features/connect/postgres/end.js'
import { StartupError } from '../../../src/errors.js'
import type { Database } from '../../../src/platform/database/database.js'
import { openDatabase } from '../../../src/platform/database/open-database.js'
import { startDatabase, type TestDatabase } from '../../support/databases.js'
import { eventually } from '../../support/eventually.js'
import { createDatabase } from '../../support/postgres-server.js'
import {
  columnsOf,
  fillFaces,
  leftovers,
  openTranslating,
  readFaces,
  realTemplates,
  rowOf,
  textOf,
  type Translating
} from './tables.js'

const options: RunOptions = { guard: 'off', onBad: 'stop', stopBeforeSwap: false }
const events = { onProgress: () => {}, say: () => {} }
const never = new AbortController().signal
const choice = { table: 'faces', id: 'id', column: 'template' }
const faces = realTemplates(230)

/** A server with pgvector, which those of npm are not. */
const vectorServer = process.env.TEST_PGVECTOR_DATABASE_URL
const startVectors = async (): Promise<TestDatabase> => {
  if (vectorServer === undefined) return await startDatabase('embedded', { empty: true })
  const { url, drop } = await createDatabase(vectorServer)
  return { config: { url }, stop: drop }
}

/** What each type holds 9 digits, or 11 bits, of. */
const types = [
  { type: 'real[]', vectors: false, becomes: 'real[]', tolerance: 0 },
  { type: 'double precision[]', vectors: false, becomes: 'double precision[]', tolerance: 0 },
  { type: 'text', vectors: false, becomes: 'text', tolerance: 1e-8 },
  { type: 'jsonb', vectors: false, becomes: 'jsonb', tolerance: 1e-8 },
  { type: 'vector(512)', vectors: true, becomes: 'vector(128)', tolerance: 1e-8 },
  { type: 'vector', vectors: true, becomes: 'vector', tolerance: 1e-8 },
  { type: 'halfvec(512)', vectors: true, becomes: 'halfvec(128)', tolerance: 1e-3 }
]

for (const { type, vectors, becomes, tolerance } of types) {
  describe(`a column of ${type}`, () => {
    let [started, database, translating] = [] as unknown as [TestDatabase, Database, Translating]
    before(async () => {
      started = vectors ? await startVectors() : await startDatabase('postgres', { empty: true })
      database = await openDatabase(started.config)
      if (vectors) await database.query('CREATE EXTENSION IF NOT EXISTS vector')
      await fillFaces(database, type, faces)
      translating = await openTranslating(100)
    })
    after(async () => {
      await translating.close()
      await database.close()
      await started.stop()
    })

    test('is translated in place, row by row, and comes back as it was', async () => {
      const indexed = becomes.endsWith('(128)')
      if (indexed) {
        const operators = `${type.replace(/\(.*/, '')}_cosine_ops`
        await database.query(`CREATE INDEX by_template ON faces USING hnsw (template ${operators}) WITH (m = 8)`)
      }
      const [original, columns] = [await readFaces(database), await columnsOf(database)]
      const { translate, task } = translating
      const migration = (await openPostgresEnd(database, choice)).migration(task)
      const result = await runConnect(migration, translating, options, events, never)
      assert.ok(result.kind === 'swapped', result.kind)
      const { digest, ...counts } = result.proof
      assert.deepEqual(counts, { rows: 230, translated: 230, empty: 0, leftOut: 0, missing: 0 })
      assert.match(digest, /^-?\d+$/)

      // Of what the column held: half precision has eleven bits.
      const expected = await translate({
        rows: faces.rows,
        cols: 512,
        data: Float32Array.from([...original.values()].flatMap(template => template!))
      })
      const found = await readFaces(database)
      assert.equal(found.size, faces.rows)
      for (let row = 0; row < faces.rows; row++) {
        const template = found.get(String(row + 1))!
        assert.equal(template.length, 128)
        const off = Math.max(...rowOf(expected, row).map((value, i) => Math.abs(Math.fround(template[i]!) - value)))
        assert.ok(off <= tolerance, `row ${row + 1} differs by ${off}`)
      }
      assert.deepEqual(await columnsOf(database), [
        'id bigint not null',
        'name text not null',
        `template ${becomes} not null`,
        `template_replaced ${type}`
      ])
      if (indexed) {
        const { rows } = await database.query(
          "SELECT indexdef FROM pg_indexes WHERE tablename = 'faces' AND indexname LIKE 'by%' ORDER BY indexname"
        )
        assert.match(
          JSON.stringify(rows),
          /by_template .*hnsw \(template .*by_template_replaced .*\(template_replaced /
        )
      }
      const { rows: compared, leastCosine } = await verifySwapped(migration, translating, 100)
      assert.ok(compared > 50 && leastCosine > 0.9999, `${compared} rows, ${leastCosine}`)

      await (await openPostgresEnd(database, choice)).undo(false)
      assert.deepEqual(await readFaces(database), original)
      assert.deepEqual(await columnsOf(database), columns)
      assert.deepEqual(await leftovers(database), [])
    })
  })
}

describe('a table that changes meanwhile', () => {
  let [started, database, other, translating] = [] as unknown as [TestDatabase, Database, Database, Translating]
  before(async () => {
    started = await startDatabase('postgres', { empty: true })
    database = await openDatabase(started.config)
    other = await openDatabase(started.config)
    await fillFaces(database, 'real[]', faces)
    await database.query('ALTER TABLE faces ALTER COLUMN template DROP NOT NULL')
    translating = await openTranslating(50)
  })
  after(async () => {
    await translating.close()
    await other.close()
    await database.close()
    await started.stop()
  })

  test('has every row translated as it is at the end', async () => {
    const fresh = realTemplates(6, 2)
    const array = (row: number) => `{${textOf(rowOf(fresh, row)).slice(1, -1)}}`
    const set = (id: number, row: number) => ['UPDATE faces SET template = $2 WHERE id = $1', [id, array(row)]] as const
    let page = 0
    let release: (() => void) | undefined
    let holding: Promise<void> | undefined
    // Called between the reading of a page and its writing, when it is too late to read it again.
    const translate: Translating['translate'] = async templates => {
      const number = ++page
      if (number === 1) {
        // Of the page in hand, of one before it and of one after it.
        await other.query(...set(7, 0))
        await other.query(...set(180, 1))
        await other.query('DELETE FROM faces WHERE id = 8')
        await other.query('UPDATE faces SET template = NULL WHERE id = 9')
        await other.query('UPDATE faces SET id = 1000009 WHERE id = 10')
        await other.query("INSERT INTO faces VALUES (0, 'before all', $1)", [array(2)])
        await other.query("INSERT INTO faces VALUES (5000, 'after all', $1)", [array(3)])
        await other.query("INSERT INTO faces VALUES (5001, 'of nobody', NULL)")
      }
      if (number === 2) {
        // A row that somebody holds for long: the run goes on without it.
        let isHeld = () => {}
        const held = new Promise<void>(resolve => {
          isHeld = resolve
        })
        holding = other.transaction(async session => {
          await session.query(...set(60, 4))
          isHeld()
          await new Promise<void>(resolve => {
            release = resolve
          })
        })
        await held
      }
      if (number === 4) {
        release?.()
        await holding
        await other.query(...set(60, 5))
      }
      return await translating.translate(templates)
    }
    const end = await openPostgresEnd(database, choice)
    const result = await runConnect(
      end.migration(translating.task),
      { ...translating, translate },
      options,
      events,
      never
    )
    assert.ok(result.kind === 'swapped' && page >= 4, result.kind)
    const { digest: _, ...counts } = result.proof
    assert.deepEqual(counts, { rows: 232, translated: 230, empty: 2, leftOut: 0, missing: 0 })

    const [now, kept] = [await readFaces(database), await readFaces(database, 'template_replaced')]
    const ids = [...kept.keys()].filter(id => kept.get(id) !== null)
    assert.deepEqual([...now.keys()], [...kept.keys()])
    const expected = await translating.translate({
      rows: ids.length,
      cols: 512,
      data: Float32Array.from(ids.flatMap(id => kept.get(id)!))
    })
    ids.forEach((id, row) => assert.deepEqual(Float32Array.from(now.get(id)!), rowOf(expected, row), `row ${id}`))
    assert.deepEqual([...now.keys()].filter(id => now.get(id) === null), ['9', '5001'])
    assert.deepEqual(Float32Array.from(kept.get('60')!), rowOf(fresh, 5))
  })

  test('goes back only when told to, once rows have come', async () => {
    const translated = realTemplates(1, 3)
    await other.query("INSERT INTO faces (id, name, template) VALUES (6000, 'of the new model', $1)", [
      `{${textOf(rowOf(translated, 0)).slice(1, -1)}}`
    ])
    const end = await openPostgresEnd(database, choice)
    await assert.rejects(end.undo(false), /faces: 1 rows have come or changed since the swap .* --force/)
    await end.undo(true)
    const now = await readFaces(database)
    assert.equal(now.get('6000'), null)
    assert.equal(now.get('60')?.length, 512)
    assert.deepEqual(await leftovers(database), [])
  })
})

describe('a table whose row somebody holds', () => {
  let [started, database, other, translating] = [] as unknown as [TestDatabase, Database, Database, Translating]
  before(async () => {
    started = await startDatabase('postgres', { empty: true })
    database = await openDatabase(started.config)
    other = await openDatabase(started.config)
    await fillFaces(database, 'real[]', faces)
    translating = await openTranslating(50)
  })
  after(async () => {
    await translating.close()
    await other.close()
    await database.close()
    await started.stop()
  })

  test('is translated but for that row, and swapped once the table is free', async () => {
    let holding: Promise<void> | undefined
    // Until the swap has given up waiting for the table once.
    const hold = async () => {
      const isAsked = async () => {
        const { rows } = await other.query(
          `SELECT 1 FROM pg_locks WHERE relation = 'faces'::regclass AND mode = 'AccessExclusiveLock' AND NOT granted`
        )
        return rows.length > 0
      }
      let isHeld = () => {}
      const held = new Promise<void>(resolve => {
        isHeld = resolve
      })
      holding = other.transaction(async session => {
        await session.query('SELECT FROM faces WHERE id = 60 FOR UPDATE')
        isHeld()
        await eventually('a swap that waits', isAsked)
        await eventually('one that has given up', async () => !await isAsked())
      })
      await held
    }
    let pages = 0
    const translate: Translating['translate'] = async templates => {
      if (++pages === 1) await hold()
      return await translating.translate(templates)
    }
    const migration = (await openPostgresEnd(database, choice)).migration(translating.task)
    const result = await runConnect(migration, { ...translating, translate }, options, events, never)
    await holding
    assert.ok(result.kind === 'swapped', result.kind)
    const { digest: _, ...counts } = result.proof
    assert.deepEqual(counts, { rows: 230, translated: 230, empty: 0, leftOut: 0, missing: 0 })
  })
})

describe('rows without a template that can be translated', () => {
  let [started, database, translating] = [] as unknown as [TestDatabase, Database, Translating]
  before(async () => {
    started = await startDatabase('postgres', { empty: true })
    database = await openDatabase(started.config)
    await fillFaces(database, 'real[]', faces)
    await database.query("UPDATE faces SET template[7] = 'NaN' WHERE id = 120")
    await database.query('UPDATE faces SET template = template[1:511] WHERE id = 121')
    await database.query('UPDATE faces SET template[3] = NULL WHERE id = 122')
    translating = await openTranslating(100)
  })
  after(async () => {
    await translating.close()
    await database.close()
    await started.stop()
  })

  const attempt = async (more: Partial<RunOptions>) =>
    await runConnect(
      (await openPostgresEnd(database, choice)).migration(translating.task),
      translating,
      { ...options, ...more },
      events,
      never
    )

  test('stop the run with their name before anything is changed', async () => {
    await assert.rejects(attempt({}), /row 12[012]: expected .*--on-bad skip/)
    assert.deepEqual(await leftovers(database), [])
  })

  test('are left out when asked, and never behind a NOT NULL', async () => {
    await assert.rejects(attempt({ onBad: 'skip' }), /template is NOT NULL, and 3 rows have no template/)
    const { rows } = await database.query('SELECT id::text, reason FROM crosswalk_faces_template_changes ORDER BY id')
    assert.deepEqual(rows.map(row => row.id), ['120', '121', '122'])
    assert.match(JSON.stringify(rows), /NaN at index 6.*received 511.*an array of numbers/)

    await database.query('DELETE FROM faces WHERE id = 120')
    await database.query('UPDATE faces SET template = (SELECT template FROM faces WHERE id = 1) WHERE id = 121')
    await database.query('ALTER TABLE faces ALTER COLUMN template DROP NOT NULL')
    const result = await attempt({ onBad: 'skip' })
    assert.ok(result.kind === 'swapped', result.kind)
    assert.deepEqual(
      [result.proof.rows, result.proof.translated, result.proof.leftOut, result.proof.missing],
      [229, 228, 1, 0]
    )
    const now = await readFaces(database)
    assert.equal(now.get('122'), null)
    assert.deepEqual(now.get('121'), now.get('1'))
  })

  test('and the rollback is kept until it is dropped', async () => {
    const end = await openPostgresEnd(database, choice)
    await end.finish()
    assert.deepEqual(await leftovers(database), [])
    await assert.rejects(end.undo(false), StartupError)
  })

  test('a table that takes the place of one that was dropped in the middle of a run has a run of its own', async () => {
    await database.query('DROP TABLE faces')
    await fillFaces(database, 'real[]', faces)
    assert.equal((await attempt({ stopBeforeSwap: true })).kind, 'ready')
    await database.query('DROP TABLE faces')
    await fillFaces(database, 'real[]', faces)
    assert.equal((await attempt({})).kind, 'swapped')
    await (await openPostgresEnd(database, choice)).finish()
    assert.deepEqual(await leftovers(database), [])
  })
})

describe('a table that cannot be migrated in place', () => {
  let [started, database] = [] as unknown as [TestDatabase, Database]
  before(async () => {
    started = await startDatabase('postgres', { empty: true })
    database = await openDatabase(started.config)
    await fillFaces(database, 'real[]', realTemplates(3))
  })
  after(async () => {
    await database.close()
    await started.stop()
  })

  const refused = async (setUp: string, tearDown: string, expected: RegExp, other: object = {}) => {
    await database.script(setUp)
    await assert.rejects(openPostgresEnd(database, { ...choice, ...other }), expected)
    await database.script(tearDown)
  }

  test('is refused with the reason', async () => {
    await refused('SELECT', 'SELECT', /--table: expected a table of the database, received "people"/, {
      table: 'people'
    })
    await refused('SELECT', 'SELECT', /faces: expected a column "face", found id, name, template/, { column: 'face' })
    await refused('SELECT', 'SELECT', /expected vector, .* or jsonb, found bigint/, { column: 'id' })
    await refused('SELECT', 'SELECT', /--id: expected a column that is NOT NULL and has a unique index/, { id: 'name' })
    await refused(
      'CREATE VIEW people AS SELECT id, template FROM faces',
      'DROP VIEW people',
      /nothing but plain indexes to depend on the column, found rule _RETURN on view people/
    )
    await refused(
      'CREATE INDEX half ON faces (template) WHERE id > 1',
      'DROP INDEX half',
      /depend on the column, found index half/
    )
    await refused(
      'ALTER TABLE faces ADD CHECK (array_length(template, 1) = 512)',
      'ALTER TABLE faces DROP CONSTRAINT faces_template_check',
      /found constraint faces_template_check on table faces/
    )
    await refused(
      'ALTER TABLE faces ENABLE ROW LEVEL SECURITY',
      'ALTER TABLE faces DISABLE ROW LEVEL SECURITY',
      /row-level/
    )
    await refused(
      'CREATE TABLE more () INHERITS (faces)',
      'DROP TABLE more',
      /expected an ordinary table, faces is a view, partitioned or inherited/
    )
    await openPostgresEnd(database, choice)
  })
})
