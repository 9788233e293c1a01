import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import type { Database } from '../../../src/platform/database/database.js'
import { openDatabase } from '../../../src/platform/database/open-database.js'
import { runConnect } from '../../../src/features/connect/connect.js'
import { openPostgresEnd } from '../../../src/features/connect/postgres/end.js'
import { onlyRun } from '../../../src/features/connect/postgres/locks.js'
import { startDatabase, urlOf, type TestDatabase } from '../../support/databases.js'
import { eventually } from '../../support/eventually.js'
import { randomRows, startCommand } from '../../support/migration-command.js'
import { fillImmich } from './immich.js'
import {
  columnsOf,
  fillFaces,
  leftovers,
  openTranslating,
  readFaces,
  realTemplates,
  rowOf,
  type Translating
} from './tables.js'

const pair = ['--from', 'r512', '--to', 'dlib128']
const faces = ['--table', 'faces', '--id', 'id', '--column', 'template']

/** A database of its own, and the command on it. */
function describeConnect (
  name: string,
  define: (given: { database: Database, connect: (...args: string[]) => ReturnType<typeof startCommand> }) => void
): void {
  describe(name, () => {
    let started: TestDatabase | undefined
    const given = {
      connect: (...args: string[]) => startCommand(['connect', ...args], { CONNECT_URL: urlOf(started!) })
    } as { database: Database, connect: (...args: string[]) => ReturnType<typeof startCommand> }
    before(async () => {
      started = await startDatabase('postgres', { empty: true })
      given.database = await openDatabase(started.config)
    })
    after(async () => {
      await given.database.close()
      await started?.stop()
    })
    define(given)
  })
}

describeConnect('a killed run', given => {
  const rows = realTemplates(9000)
  let translating: Translating
  before(async () => {
    await fillFaces(given.database, 'real[]', rows)
    translating = await openTranslating(1000)
  })
  after(() => translating.close())

  test('goes on where it was, to every row once', async () => {
    const [cursors, stored] = [new Set<string>(), async () => {
      const { rows: [run] } = await given.database.query<{ rows: string, state: string }>(
        'SELECT rows::text AS rows, state FROM crosswalk_connect'
      ).catch(() => ({ rows: [] }))
      return run
    }]
    for (let kill = 0; kill < 3; kill++) {
      const before = Number((await stored())?.rows ?? 0)
      const { child, ended } = given.connect(...faces, ...pair)
      await eventually('a page more', async () => {
        const now = Number((await stored())?.rows ?? 0)
        return now > before || child.exitCode !== null ? true : undefined
      })
      child.kill('SIGKILL')
      await ended
      const run = await stored()
      if (run !== undefined) cursors.add(run.rows)
    }
    assert.ok(cursors.size >= 2, `expected kills at different places, were at ${[...cursors].join(', ')}`)

    const { code, stdout, stderr } = await given.connect(...faces, ...pair).ended
    assert.equal(code, 0, stderr)
    assert.match(stderr, /resumed after [\d,]+ rows|^$/m)
    assert.match(stdout, /^swapped {3}faces\.template/)
    assert.match(stdout, /rows {6}9,000: 9,000 translated, 0 without a template, 0 left out, 0 missing/)
    assert.match(stdout, /verified {2}1,000 rows translated again, least cosine (1\.0|0\.99999)/)
    const [expected, now] = [await translating.translate(rows), await readFaces(given.database)]
    assert.equal(now.size, 9000)
    for (let row = 0; row < rows.rows; row++) {
      const found = now.get(String(row + 1))!
      const off = Math.max(...rowOf(expected, row).map((value, i) => Math.abs(found[i]! - value)))
      assert.ok(off < 1e-6, `row ${row + 1} differs by ${off}`)
    }
  })

  test('says that it is done when it is called again, and drops what it kept when told to', async () => {
    const again = await given.connect(...faces, ...pair).ended
    assert.deepEqual([again.code, /by an earlier run/.test(again.stdout)], [0, true], again.stderr)
    const finished = await given.connect(...faces, '--finish').ended
    assert.equal(finished.code, 0, finished.stderr)
    assert.deepEqual(await leftovers(given.database), [])
    assert.deepEqual(await columnsOf(given.database), [
      'id bigint not null',
      'name text not null',
      'template real[] not null'
    ])
    const undone = await given.connect(...faces, '--undo').ended
    assert.deepEqual([undone.code, /expected a run to undo, found none/.test(undone.stderr)], [1, true], undone.stderr)
  })
})

describeConnect('templates of another model', given => {
  before(() => fillFaces(given.database, 'real[]', randomRows(400, 512)))

  test('stop the run with 4 before anything is changed, unless it is told to go on', async () => {
    for (const args of [['--dry-run'], []]) {
      const { code, stderr } = await given.connect(...faces, ...pair, ...args).ended
      assert.equal(code, 4, stderr)
      assert.match(stderr, /too many do not look like those of the source model.*--guard flag goes on/)
      assert.deepEqual(await leftovers(given.database), [])
    }
    const { code, stderr } = await given.connect(...faces, ...pair, '--guard', 'flag', '--stop-before-swap').ended
    assert.equal(code, 0, stderr)
    assert.match(stderr, /warning: of 50 templates too many/)
    // Another map cannot go on with it.
    const other = await given.connect(...faces, '--from', 'r512', '--to', 'faceres1024', '--guard', 'off').ended
    assert.deepEqual(
      [other.code, /but map was .* --undo gives that run up/.test(other.stderr)],
      [1, true],
      other.stderr
    )
    assert.equal((await given.connect(...faces, '--undo').ended).code, 0)
    assert.deepEqual(await leftovers(given.database), [])
  })

  test('stop it with 4 where only their length fits and no profile can tell', async () => {
    const pairOfExamples = ['--from', 'example-a', '--to', 'example-b', '--map', '00000000-0000-4000-8000-0000000000a0']
    await given.database.query('CREATE TABLE short (id bigint PRIMARY KEY, template real[])')
    await given.database.query(
      'INSERT INTO short SELECT i, ARRAY(SELECT random() FROM generate_series(1, 4)) FROM generate_series(1, 50) i'
    )
    const { code, stderr } = await given.connect(
      '--table',
      'short',
      '--id',
      'id',
      '--column',
      'template',
      ...pairOfExamples
    )
      .ended
    assert.equal(code, 4, stderr)
    assert.match(stderr, /no profile of the source model, so nothing tells/)
  })

  test('of another length are refused before anything is changed', async () => {
    const { code, stderr } = await given.connect(...faces, '--from', 'dlib128', '--to', 'r512').ended
    assert.deepEqual([code, /expected 128 numbers, received 512/.test(stderr)], [1, true], stderr)
    assert.deepEqual(await leftovers(given.database), [])
  })
})

describeConnect('templates of another model on a later page', given => {
  let translating: Translating
  before(async () => {
    await fillFaces(given.database, 'real[]', realTemplates(5000))
    translating = await openTranslating(2048)
  })
  after(() => translating.close())

  test('stop the run with 4 behind the page before, again and again, until it is undone', async () => {
    const columns = await columnsOf(given.database)
    const stop = new AbortController()
    const begun = await runConnect(
      (await openPostgresEnd(given.database, { table: 'faces', id: 'id', column: 'template' }))
        .migration(translating.task),
      translating,
      { guard: 'off', onBad: 'stop', stopBeforeSwap: false },
      { onProgress: () => stop.abort(), say: () => {} },
      stop.signal
    )
    assert.deepEqual(begun, { kind: 'interrupted', rows: 2048 })
    // Each row has numbers of its own.
    await given.database.query(`UPDATE faces
      SET template = ARRAY(SELECT (random() - 0.5)::real FROM generate_series(1, 512) WHERE faces.id > 0)
      WHERE id BETWEEN 2049 AND 4096`)
    const original = await readFaces(given.database)
    for (let attempt = 0; attempt < 2; attempt++) {
      const { code, stderr } = await given.connect(...faces, ...pair).ended
      assert.equal(code, 4, stderr)
      assert.match(stderr, /resumed after 2,048 rows[^]*up to row 4096: of 50 templates too many/)
      assert.match(stderr, /--undo gives the run up; --guard flag goes on all the same/)
    }
    const { rows: [run] } = await given.database.query('SELECT rows::text AS rows, state FROM crosswalk_connect')
    assert.deepEqual(run, { rows: '2048', state: 'copying' })
    const undone = await given.connect(...faces, '--undo').ended
    assert.equal(undone.code, 0, undone.stderr)
    assert.deepEqual(await leftovers(given.database), [])
    assert.deepEqual(await columnsOf(given.database), columns)
    assert.deepEqual(await readFaces(given.database), original)
  })

  test('are translated when told to, and come back behind the swap', async () => {
    const original = await readFaces(given.database)
    const forced = await given.connect(...faces, ...pair, '--guard', 'flag').ended
    assert.equal(forced.code, 0, forced.stderr)
    assert.match(forced.stderr, /warning: (up to row 4096: )?of 50 templates too many/)
    assert.match(forced.stdout, /5,000 translated, 0 without a template, 0 left out, 0 missing/)
    assert.equal((await given.connect(...faces, '--undo').ended).code, 0)
    assert.deepEqual(await readFaces(given.database), original)
  })

  test('of a table that another run has by another name wait for it', async () => {
    const lock = (table: string) =>
      onlyRun(given.database, { table, id: 'id', column: 'template' }, async () => {
        await onlyRun(given.database, { table: 'faces', id: 'id', column: 'template' }, async () => {})
      })
    await assert.rejects(lock('public.faces'), /faces: expected no other run on template, found one/)
  })
})

describeConnect('arguments and tables that do not fit', given => {
  before(() => fillFaces(given.database, 'real[]', realTemplates(30)))

  test('are refused with what was expected', async () => {
    const cases: [string[], number, RegExp][] = [
      [[...pair], 2, /expected --table, --id and --column, or --preset/],
      [['--preset', 'photoprism', ...pair], 2, /--preset: expected immich, received "photoprism"/],
      [['--preset', 'immich', ...faces, ...pair], 2, /received both/],
      [['mysql://localhost/faces', ...faces, ...pair], 2, /begins with postgres:\/\//],
      [['http://127.0.0.1:1/collections/%zz', ...pair], 2, /expected the alias .* in percent-encoded UTF-8 .*"%zz"\n$/],
      [['http://127.0.0.1:1/collections/caf%E9', ...pair], 2, /received "caf%E9"\n$/],
      [['postgres://nobody:secret-word%e4@127.0.0.1:1/none', ...faces, ...pair], 1, /its password in percent-encoded/],
      [[...faces], 2, /expected --from and --to/],
      [[...faces, '--undo', '--finish'], 2, /--undo or --finish, received both/],
      [[...faces, ...pair, '--guard', 'maybe'], 2, /--guard: expected one of refuse, flag, off/],
      [[...faces, ...pair, '--verify', '-1'], 2, /--verify/],
      [['--preset', 'immich', ...pair], 1, /expected the tables version_history and face_search/],
      [['postgres://nobody:secret-word@127.0.0.1:1/none', ...faces, ...pair], 1, /ECONNREFUSED|could not|expected|not/]
    ]
    for (const [args, exit, expected] of cases) {
      const { code, stderr } = await given.connect(...args).ended
      assert.equal(code, exit, `${args.join(' ')}: ${stderr}`)
      assert.match(stderr, expected)
      assert.doesNotMatch(stderr, /secret-word/)
    }
  })

  test('triggers of the table run only when told to', async () => {
    await given.database.script(`
      CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.name := ''touched''; RETURN NEW; END';
      CREATE TRIGGER touched BEFORE UPDATE ON faces FOR EACH ROW EXECUTE FUNCTION touch()`)
    const refused = await given.connect(...faces, ...pair).ended
    assert.deepEqual([refused.code, /found touched\. --force lets them run/.test(refused.stderr)], [1, true])
    const forced = await given.connect(...faces, ...pair, '--force').ended
    assert.equal(forced.code, 0, forced.stderr)
  })
})

describeConnect('the faces of Immich', given => {
  let translating: Translating
  const rows = realTemplates(120)
  before(async () => {
    translating = await openTranslating(100)
  })
  after(() => translating.close())
  const immich = ['--preset', 'immich']

  test('of an unknown version or with other columns are refused', async () => {
    await fillImmich(given.database, { version: '3.1.0', templates: rows })
    const newer = await given.connect(...immich, ...pair).ended
    assert.deepEqual(
      [newer.code, /expected Immich 1\.133 to 2, .*found 3\.1\.0/.test(newer.stderr)],
      [1, true],
      newer.stderr
    )
    await given.database.query(`INSERT INTO version_history (version, "createdAt") VALUES ('2.2.2', now() + '1 min')`)
    await given.database.query('ALTER TABLE asset_face RENAME COLUMN "personId" TO "faceClusterId"')
    const other = await given.connect(...immich, ...pair).ended
    assert.deepEqual(
      [other.code, /expected asset_face of Immich 2\.2\.2 to have/.test(other.stderr)],
      [1, true],
      other.stderr
    )
    await given.database.query('ALTER TABLE asset_face RENAME COLUMN "faceClusterId" TO "personId"')
    await given.database.query('ALTER TABLE face_search ADD COLUMN another integer')
    const more = await given.connect(...immich, ...pair).ended
    assert.deepEqual([more.code, /expected face_search .* exactly/.test(more.stderr)], [1, true], more.stderr)
    await given.database.query('ALTER TABLE face_search DROP COLUMN another')
  })

  test('are compared with templates of the new model before anything is changed', async () => {
    const { rows: some } = await given.database.query<{ id: string, number: string }>(
      `SELECT f.id::text AS id, f."imageWidth"::text AS number FROM asset_face f ORDER BY f.id LIMIT 20`
    )
    const all = await translating.translate(rows)
    const folder = await mkdtemp(join(tmpdir(), 'crosswalk-connect-'))
    const file = join(folder, 'own.ndjson')
    await writeFile(
      file,
      some.map(({ id, number }) => JSON.stringify({ id, vector: [...rowOf(all, Number(number))] })).join('\n')
    )
    const { code, stdout, stderr } = await given.connect(...immich, ...pair, '--dry-run', '--compare', file).ended
    await rm(folder, { recursive: true })
    assert.equal(code, 0, stderr)
    assert.match(stdout, /table {5}public\.face_search, about 120 rows, Immich 2\.2\.2/)
    assert.match(stdout, /people {4}120 faces of 12 people, 6 named/)
    assert.match(stdout, /compared {2}20 rows: mean cosine 1\.000 .* the card says 0\.981\. 20 of 20 are nearest/)
    assert.match(stderr, /cosine {3}at FMR 1e-3: r512 0\.332; after the swap translated against translated 0\.939/)
    assert.deepEqual(await leftovers(given.database), [])
  })

  test('are translated, and everybody keeps their faces and names', async () => {
    const whose = async () =>
      (await given.database.query(
        `SELECT f.id, p.id AS person, p.name FROM asset_face f JOIN person p ON p.id = f."personId" ORDER BY f.id`
      )).rows
    const before = await whose()
    const { code, stdout, stderr } = await given.connect(...immich, ...pair).ended
    assert.equal(code, 0, stderr)
    assert.match(stdout, /people {4}120 faces of 12 people, 6 of them named: the same as before/)
    assert.deepEqual(await whose(), before)
    const { rows: [length] } = await given.database.query<{ length: number, rows: string }>(
      'SELECT count(*)::text AS rows, max(array_length(embedding, 1)) AS length FROM face_search'
    )
    assert.deepEqual(length, { rows: '120', length: 128 })
    // Faces that go take their templates with them, as before.
    await given.database.query('DELETE FROM asset_face WHERE id = (SELECT id FROM asset_face LIMIT 1)')
    // So can who has updated Immich meanwhile.
    await given.database.query(`INSERT INTO version_history (version, "createdAt") VALUES ('3.1.0', now() + '2 min')`)
    const undone = await given.connect(...immich, '--undo').ended
    assert.equal(undone.code, 0, undone.stderr)
    assert.deepEqual(await columnsOf(given.database, 'face_search'), [
      'embedding real[] not null',
      'faceId uuid not null'
    ])
  })
})
