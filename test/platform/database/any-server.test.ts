import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, test } from 'node:test'
import { StartupError } from '../../../src/errors.js'
import type { DatabaseConfig } from '../../../src/platform/database/database.js'
import { migrate, migrationsPending } from '../../../src/platform/database/migrations.js'
import { openDatabase } from '../../../src/platform/database/open-database.js'
import { startDatabase, urlOf } from '../../support/databases.js'
import { administer } from '../../support/postgres-server.js'
import { call, startService } from '../../support/service.js'

const undo: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step()
})

/** An empty database, whose address names it as a user who may do everything. */
async function emptyDatabase (): Promise<string> {
  const started = await startDatabase('postgres', { empty: true })
  undo.push(started.stop)
  return urlOf(started)
}

/** A role that may log in and nothing else, with its address. */
async function createRole (url: string): Promise<{ name: string, url: string }> {
  const name = `role_${randomBytes(6).toString('hex')}`
  await administer(url, `CREATE ROLE ${name} LOGIN PASSWORD '${name}'`)
  undo.push(() => administer(url, `DROP OWNED BY ${name} CASCADE; DROP ROLE ${name}`))
  const address = new URL(url)
  address.username = address.password = name
  return { name, url: address.href }
}

const nameOf = (url: string) => new URL(url).pathname.slice(1)

/** Starts the service, reads what has timestamps, arrays and floats in it, and expects readiness. */
async function useService (config: DatabaseConfig): Promise<void> {
  const running = await startService({ config: { database: config } })
  try {
    for (const path of ['/v1/models', '/v1/maps', '/v1/galleries', '/v1/jobs', '/v1/corpora', '/v1/evaluations']) {
      const { status, json } = await call(running.url, 'GET', path)
      assert.equal(status, 200, `${path}: ${JSON.stringify(json)}`)
    }
    const { status, json } = await call(running.url, 'GET', '/health/ready')
    assert.equal(status, 200, JSON.stringify(json))
  } finally {
    await running.stop()
  }
}

test('whatever a database has as its defaults, the service sets what it relies on', async () => {
  const url = await emptyDatabase()
  const settings = [
    "datestyle = 'SQL, DMY'",
    "intervalstyle = 'sql_standard'",
    "timezone = 'Asia/Kathmandu'",
    'array_nulls = off',
    "bytea_output = 'escape'",
    'extra_float_digits = -15',
    "default_transaction_isolation = 'serializable'",
    'synchronous_commit = off',
    'statement_timeout = 0'
  ]
  for (const setting of settings) await administer(url, `ALTER DATABASE ${nameOf(url)} SET ${setting}`)
  await useService({ url })
  const database = await openDatabase({ url })
  undo.push(() => database.close())
  const { rows } = await database.query(
    `SELECT current_setting('synchronous_commit') AS commit, current_setting('statement_timeout') AS timeout,
       0.1::float8 + 0.2::float8 AS sum, ARRAY[NULL, 1]::integer[] AS list, '\\x00ff'::bytea AS bytes`
  )
  assert.deepEqual(rows, [{
    commit: 'on',
    timeout: '1min',
    sum: 0.30000000000000004,
    list: [null, 1],
    bytes: Buffer.from([0, 255])
  }])
})

test('settings that change while it runs hold for none of its connections', async () => {
  const url = await emptyDatabase()
  const database = await openDatabase({ url })
  undo.push(() => database.close())
  await database.ping()
  await administer(url, `ALTER DATABASE ${nameOf(url)} SET datestyle = 'German'`)
  await administer(
    url,
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
     WHERE datname = current_database() AND pid <> pg_backend_pid()`
  )
  await database.ping().catch(() => {})
  const { rows } = await database.query("SELECT timestamptz '2026-01-02 03:04:05+00' AS at")
  assert.deepEqual(rows, [{ at: new Date('2026-01-02T03:04:05Z') }])
})

test('a schema of its own holds everything, the table of migrations too', async () => {
  const url = await emptyDatabase()
  await administer(url, 'CREATE SCHEMA "Own schema"')
  await administer(url, `ALTER DATABASE ${nameOf(url)} SET search_path = "Own schema"`)
  await useService({ url })
  const tables = await administer(
    url,
    "SELECT schemaname, count(*)::integer > 20 AS many FROM pg_tables WHERE schemaname IN ('public', 'Own schema') GROUP BY 1"
  )
  assert.deepEqual(tables, [{ schemaname: 'Own schema', many: true }])
})

test('two services in two schemas of one database are told apart: one queue would mix their jobs', async () => {
  const url = await emptyDatabase()
  await administer(url, 'CREATE SCHEMA one; CREATE SCHEMA two')
  const within = (schema: string) => ({ url: `${url}?options=-csearch_path%3D${schema}` })
  const [one, two] = [await openDatabase(within('one')), await openDatabase(within('two'))]
  undo.push(() => one.close(), () => two.close())
  await migrate(one)
  assert.deepEqual(await migrate(one), [])
  await assert.rejects(
    migrate(two),
    (error: Error) => error instanceof StartupError && /job queues of the service in the schema one/.test(error.message)
  )
})

test('a user who may only use a schema of their own runs the service', async () => {
  const url = await emptyDatabase()
  const { name, url: address } = await createRole(url)
  await administer(url, `REVOKE ALL ON SCHEMA public FROM PUBLIC; CREATE SCHEMA ${name} AUTHORIZATION ${name}`)
  await administer(url, `CREATE SCHEMA pgboss AUTHORIZATION ${name}`)
  await useService({ url: address })
})

test('a search path without a schema that exists stops the start', async () => {
  const url = await emptyDatabase()
  await administer(url, `ALTER DATABASE ${nameOf(url)} SET search_path = 'nowhere'`)
  const database = await openDatabase({ url })
  undo.push(() => database.close())
  await assert.rejects(
    migrate(database),
    (error: Error) => error instanceof StartupError && /search_path .*nowhere, names no schema/.test(error.message)
  )
})

test('a database that is not Unicode stops the start, with what to create instead', async () => {
  const url = await emptyDatabase()
  const name = `latin_${randomBytes(6).toString('hex')}`
  await administer(url, `CREATE DATABASE ${name} ENCODING 'latin1' LOCALE 'C' TEMPLATE template0`)
  undo.push(() => administer(url, `DROP DATABASE ${name} WITH (FORCE)`))
  const address = new URL(url)
  address.pathname = `/${name}`
  const database = await openDatabase({ url: address.href })
  undo.push(() => database.close())
  await assert.rejects(
    migrate(database),
    (error: Error) => error instanceof StartupError && /has the encoding LATIN1: expected UTF8/.test(error.message)
  )
})

test('a password file is read for each connection, so that a password can change', async () => {
  const url = await emptyDatabase()
  const { name, url: address } = await createRole(url)
  const folder = await mkdtemp(join(tmpdir(), 'crosswalk-password-'))
  undo.push(() => rm(folder, { recursive: true }))
  const passwordFile = join(folder, 'password')
  await writeFile(passwordFile, 'wrong\n')
  const database = await openDatabase({ url: address, passwordFile })
  undo.push(() => database.close())
  await assert.rejects(database.ping(), { sqlState: '28P01' })
  await writeFile(passwordFile, `${name}\n`)
  await database.ping()
})

test('modes of TLS: a server without it is refused, unless the address allows that', async () => {
  const url = await emptyDatabase()
  for (const mode of ['disable', 'allow', 'prefer']) {
    const database = await openDatabase({ url: `${url}?sslmode=${mode}` })
    undo.push(() => database.close())
    assert.deepEqual(await migrationsPending(database).then(names => names.length > 0), true)
  }
  for (const mode of ['require', 'no-verify', 'verify-full']) {
    const database = await openDatabase({ url: `${url}?sslmode=${mode}` })
    undo.push(() => database.close())
    await assert.rejects(
      database.ping(),
      (error: Error) => /does not support SSL/.test(String((error.cause as Error | undefined)?.message))
    )
  }
  const refused: [string, RegExp][] = [
    ['sslmode=sometimes', /expected sslmode to be one of disable, .*received "sometimes"/],
    ['sslmode=verify-ca', /expected the authority in sslrootcert=FILE/],
    ['sslrootcert=/nowhere.pem', /sslrootcert cannot be read: ENOENT/]
  ]
  for (const [parameter, message] of refused) {
    await assert.rejects(openDatabase({ url: `${url}?${parameter}` }), message)
  }
})
