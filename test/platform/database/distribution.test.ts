import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import type { ClientBase } from 'pg'
import { projectRoot } from '../../../src/config.js'
import { Problem, StartupError } from '../../../src/errors.js'
import { run } from '../../../src/platform/database/cli.js'
import type { Database } from '../../../src/platform/database/database.js'
import {
  distribute,
  distributedTables,
  distributionColumn,
  prepareForCluster,
  replicatedTables
} from '../../../src/platform/database/distribution.js'
import { describeFailure, StatementError } from '../../../src/platform/database/failures.js'
import { migrate } from '../../../src/platform/database/migrations.js'
import { openDatabase } from '../../../src/platform/database/open-database.js'
import { sessionOf } from '../../../src/platform/database/sessions.js'
import { forEachDatabase, startDatabase } from '../../support/databases.js'
import { withoutCitus } from '../../support/postgres-server.js'
import { registerSpace } from '../../support/stored-fixtures.js'

const inCluster: readonly string[] = [...replicatedTables, ...distributedTables]

/** What Citus asks of a schema, read from any database. */
forEachDatabase('a schema that can be distributed', store => {
  interface Constraint {
    table: string
    name: string
    type: 'p' | 'u' | 'f' | 'x'
    columns: string[]
    target: string | null
    targetColumns: string[] | null
  }
  const constraints = async (): Promise<Constraint[]> => {
    const columnsOf = (relation: string, keys: string) =>
      `(SELECT array_agg(attname::text ORDER BY place) FROM unnest(${keys}) WITH ORDINALITY AS k (number, place)
        JOIN pg_attribute ON attrelid = ${relation} AND attnum = number)`
    const { rows } = await store.database.query<Constraint & object>(
      `SELECT conrelid::regclass::text AS table, conname AS name, contype AS type, nullif(confrelid, 0)::regclass::text AS target,
         ${columnsOf('conrelid', 'conkey')} AS columns, ${columnsOf('confrelid', 'confkey')} AS "targetColumns"
       FROM pg_constraint WHERE conrelid::regclass::text = ANY ($1) AND contype IN ('p', 'u', 'f', 'x') AND conparentid = 0`,
      [inCluster]
    )
    return rows
  }
  const spread = (table: string | null) => (distributedTables as readonly (string | null)[]).includes(table)

  test('every key of a distributed table has the column that it is distributed by', async () => {
    const keys = (await constraints()).filter(({ table, type }) => spread(table) && type !== 'f')
    assert.ok(keys.length >= 8, `${keys.length} keys`)
    for (const { table, name, columns } of keys) assert.equal(columns[0], distributionColumn, `${table}: ${name}`)
    const { rows: indexes } = await store.database.query<{ name: string, definition: string }>(
      "SELECT indexname AS name, indexdef AS definition FROM pg_indexes WHERE tablename = ANY ($1) AND indexdef LIKE 'CREATE UNIQUE%'",
      [[...distributedTables]]
    )
    for (const { name, definition } of indexes) assert.match(definition, /\(gallery_id\b/, name)
  })

  test('a foreign key between distributed tables joins them by that column; any other leads to a replicated table', async () => {
    const foreign = (await constraints()).filter(({ type }) => type === 'f')
    assert.ok(foreign.length >= 10, `${foreign.length} foreign keys`)
    for (const { table, name, columns, target, targetColumns } of foreign) {
      assert.ok(inCluster.includes(target!), `${table}: ${name} leads to ${target}`)
      if (spread(target)) {
        assert.equal(
          columns.indexOf(distributionColumn),
          targetColumns!.indexOf(distributionColumn),
          `${table}: ${name}`
        )
        assert.ok(columns.includes(distributionColumn), `${table}: ${name}`)
      }
    }
  })

  test('no table that leaves the coordinator has a trigger, or a default that is volatile', async () => {
    const { rows: triggers } = await store.database.query(
      'SELECT tgname FROM pg_trigger WHERE tgrelid::regclass::text = ANY ($1) AND NOT tgisinternal',
      [inCluster]
    )
    assert.deepEqual(triggers, [])
    const { rows: defaults } = await store.database.query<{ table: string, value: string }>(
      `SELECT adrelid::regclass::text AS table, pg_get_expr(adbin, adrelid) AS value FROM pg_attrdef
       WHERE adrelid::regclass::text = ANY ($1) AND pg_get_expr(adbin, adrelid) ~ '(${volatile.join('|')})\\('`,
      [inCluster]
    )
    assert.deepEqual(defaults, [])
  })
})

const volatile = ['clock_timestamp', 'timeofday', 'random', 'gen_random_uuid', 'nextval', 'uuid_generate_v4']

test('no statement that writes to these tables calls what every node would answer differently', () => {
  const writes = new RegExp(`\\b(?:INSERT INTO|UPDATE|DELETE FROM) (?:ONLY )?(?:${inCluster.join('|')})\\b`)
  const folder = join(projectRoot, 'src')
  let found = 0
  for (const file of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    if (!file.endsWith('.ts')) continue
    const text = readFileSync(join(folder, file), 'utf8')
    for (const [statement] of text.matchAll(/`[^`]*`|'[^'\n]*'|"[^"\n]*"/g)) {
      if (!writes.test(statement)) continue
      found++
      assert.doesNotMatch(statement, new RegExp(`\\b(?:${volatile.join('|')})\\(`), file)
      // Citus evaluates now() once, on the coordinator, and not inside of these.
      assert.doesNotMatch(statement, /\b(?:CASE\b|COALESCE\()[^)]*\b(?:now|statement_timestamp)\(/i, file)
      assert.doesNotMatch(statement, /\bDO UPDATE SET\b[^]*\b(?:now|statement_timestamp)\(/i, file)
    }
  }
  assert.ok(found >= 20, `${found} statements`)
})

/** Migrations that a cluster runs after its tables were distributed: text of each, with how it is undone. */
const later = readdirSync(join(projectRoot, 'migrations'))
  .filter(name => name.endsWith('.sql') && name > '0028_distribution.sql').sort()
  .map(name => {
    const [up, down] = readFileSync(join(projectRoot, 'migrations', name), 'utf8').split('-- Down Migration')
    return { name, up: up!, down: down! }
  })

test('a migration changes what is on several nodes by single statements in a block', () => {
  const changes = new RegExp(
    `\\b(?:ALTER TABLE|CREATE (?:UNIQUE )?INDEX \\w+ ON)\\s+(?:${inCluster.join('|')})\\b[^;]*`,
    'g'
  )
  let found = 0
  for (const { name, up, down } of later) {
    for (const text of [up, down]) {
      const blocks = /DO \$\$[^]*?\$\$;/g
      // The nodes would get the text of the whole file.
      assert.doesNotMatch(text.replaceAll(blocks, ''), changes, name)
      for (const [block] of text.matchAll(blocks)) {
        for (const [change] of block.matchAll(changes)) {
          found++
          assert.equal(
            change.match(/\b(?:ADD|DROP|ALTER) (?:COLUMN|CONSTRAINT)\b/g)?.length ?? 1,
            1,
            `${name}: ${change}`
          )
          assert.doesNotMatch(change, /ADD COLUMN[^]*\b(?:CHECK|REFERENCES|UNIQUE|PRIMARY KEY)\b/, `${name}: ${change}`)
        }
      }
    }
  }
  assert.ok(found >= 10, `${found} changes`)
})

test('a migration runs in a session that may change two distributed tables in a transaction', async () => {
  const started = await startDatabase('postgres', { empty: true })
  const database = await openDatabase(started.config)
  const settings: string[] = []
  /** Asks for the settings before each change of the schema. */
  const watched: Database = {
    ...database,
    dedicated: async work =>
      await database.dedicated(async client => {
        const query = client.query.bind(client) as (...values: unknown[]) => Promise<{ rows: { mode: string }[] }>
        const asked = async (...values: unknown[]) => {
          if (typeof values[0] === 'string' && /\b(?:CREATE|ALTER|DROP) TABLE\b/.test(values[0])) {
            const { rows } = await query("SELECT current_setting('citus.multi_shard_modify_mode', true) AS mode")
            settings.push(rows[0]!.mode)
          }
          return await query(...values)
        }
        return await work(Object.assign(Object.create(client) as ClientBase, { query: asked }))
      })
  }
  try {
    const names = await migrate(watched)
    assert.ok(settings.length >= names.length / 2, `${settings.length} changes`)
    assert.deepEqual([...new Set(settings)], ['sequential'])
  } finally {
    await database.close()
    await started.stop()
  }
})

test('a database that is no cluster is refused with what to do', async () => {
  for (
    const [kind, expected] of [['embedded', /expected a Postgres server/], [
      'postgres',
      /CREATE EXTENSION citus/
    ]] as const
  ) {
    const started = await startDatabase(kind)
    const database = await openDatabase(started.config)
    try {
      await assert.rejects(
        distribute(database),
        (error: Error) => error instanceof StartupError && expected.test(error.message)
      )
    } finally {
      await database.close()
      await started.stop()
    }
  }
  await assert.rejects(run([]), /expected distribute, received nothing/)
  await assert.rejects(run(['distribute', '--now']), /--now/)
})

test('a worker that dies under a statement is a reason to try again', () => {
  const report = (message: string) =>
    describeFailure(Object.assign(new Error(message), { severity: 'ERROR', code: 'XX000' }))
  const died = report(
    'server closed the connection unexpectedly\n\tThis probably means the server terminated abnormally'
  )
  assert.ok(died instanceof Problem)
  assert.equal(died.code, 'unavailable')
  assert.ok(report('cache lookup failed for relation 1') instanceof StatementError)
})

describe('a cluster', { skip: withoutCitus }, () => {
  test('distribution moves what is there, leaves nothing behind, and can be repeated', async () => {
    const started = await startDatabase('citus', { empty: true })
    const database = await openDatabase(started.config)
    const gallery = '11111111-2222-4333-8444-555555555555'
    try {
      await migrate(database)
      const space = await registerSpace(database, 'moved', 4)
      await database.query(
        "INSERT INTO galleries (id, name, request_sha256) VALUES ($1, 'g', repeat('0', 64))",
        [gallery]
      )
      await database.query('INSERT INTO gallery_heads (gallery_id, position) VALUES ($1, 2)', [gallery])
      await database.query("INSERT INTO gallery_subjects (gallery_id, subject, number) VALUES ($1, 's', 1)", [gallery])
      await database.query(
        "INSERT INTO gallery_templates (gallery_id, ordinal, subject_number, reference, fingerprint, dimension, vector) VALUES ($1, 2, 1, 'r', $2, 4, $3)",
        [gallery, space, Buffer.alloc(16)]
      )
      const done = await distribute(database)
      assert.deepEqual(done.slice(0, replicatedTables.length), [...replicatedTables])
      for (const table of ['gallery_heads', 'gallery_subjects', 'gallery_templates']) {
        assert.equal((await database.query(`SELECT FROM ${table}`)).rowCount, 1, table)
        // Behind the back of Citus.
        const { rows: [local] } = await database.query<{ bytes: string }>(
          `SELECT sum(pg_relation_size(relid)) AS bytes FROM pg_partition_tree($1)`,
          [table]
        )
        assert.equal(Number(local!.bytes), 0, table)
      }
      assert.deepEqual(await distribute(database), [])
      assert.deepEqual(await migrate(database), [])
      await database.dedicated(async client => {
        const session = sessionOf(client)
        await prepareForCluster(session)
        for (const text of [...later.toReversed().map(({ down }) => down), ...later.map(({ up }) => up)]) {
          await session.query('BEGIN')
          await session.query(text)
          await session.query('COMMIT')
        }
        // As a later one may.
        await session.query('BEGIN')
        await session.query('ALTER TABLE gallery_subjects ADD COLUMN one integer')
        await session.query('ALTER TABLE gallery_templates ADD COLUMN two integer')
        await session.query('COMMIT')
      })
      await assert.rejects(
        database.query(
          "INSERT INTO gallery_subjects (gallery_id, subject, number) VALUES ('99999999-2222-4333-8444-555555555555', 's', 1)"
        ),
        { sqlState: '23503' }
      )
      await database.query('DELETE FROM galleries WHERE id = $1', [gallery])
      assert.equal((await database.query('SELECT FROM gallery_templates')).rowCount, 0)
    } finally {
      await database.close()
      await started.stop()
    }
  })
})
