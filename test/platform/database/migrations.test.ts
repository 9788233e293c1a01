import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { projectRoot } from '../../../src/config.js'
import { Problem, StartupError } from '../../../src/errors.js'
import { recordOfEnd } from '../../../src/features/jobs/audit-record.js'
import { openDatabase } from '../../../src/platform/database/open-database.js'
import { createJobQueue } from '../../../src/features/jobs/store/job-queue.js'
import { createJobRepository } from '../../../src/features/jobs/store/jobs.js'
import { migrate, migrationsPending } from '../../../src/platform/database/migrations.js'
import { forEachDatabase, startDatabase, urlOf } from '../../support/databases.js'
import { administer } from '../../support/postgres-server.js'
import { sha256 } from '../../support/stored-fixtures.js'

forEachDatabase('migrations', (store) => {
  test('run once', async () => {
    assert.deepEqual(await migrationsPending(store.database), [])
    assert.deepEqual(await migrate(store.database), [])
  })

  test('of a newer version stop the start', async () => {
    await store.database.query("INSERT INTO schema_migrations (name, run_on) VALUES ('9999_from_the_future', now())")
    try {
      await assert.rejects(
        migrate(store.database),
        (error: Error) => error instanceof StartupError && /newer version.*9999_from_the_future/.test(error.message)
      )
    } finally {
      await store.database.query("DELETE FROM schema_migrations WHERE name = '9999_from_the_future'")
    }
  })

  test('release their lock, also after a refusal', async () => {
    const { rows } = await store.database.query(
      `SELECT count(*)::integer AS held FROM pg_locks JOIN pg_database ON pg_database.oid = database
       WHERE locktype = 'advisory' AND datname = current_database()`
    )
    assert.deepEqual(rows, [{ held: 0 }])
  })

  test('are pending until they are applied', async () => {
    await store.database.transaction(async (session) => {
      await session.query("DELETE FROM schema_migrations WHERE name LIKE '0003%'")
      assert.deepEqual(await migrationsPending(session), ['0003_maps'])
      throw new Error('not for real')
    }).catch((error: Error) => {
      assert.equal(error.message, 'not for real')
    })
  })
}, { empty: true })

test('replicas that start together migrate once', async () => {
  const started = await startDatabase('postgres', { empty: true })
  const replicas = await Promise.all(Array.from({ length: 5 }, () => openDatabase(started.config)))
  try {
    const files = readdirSync(join(projectRoot, 'migrations')).sort().map(name => name.replace(/\.sql$/, ''))
    assert.deepEqual(await migrationsPending(replicas[0]!), files)
    const runs = await Promise.all(replicas.map((replica) => migrate(replica)))
    assert.deepEqual(runs.filter((names) => names.length > 0), [files])
    assert.deepEqual(await migrationsPending(replicas[0]!), [])
  } finally {
    await Promise.all(replicas.map((replica) => replica.close()))
    await started.stop()
  }
})

test('a refused user is reported to the operator', async () => {
  const started = await startDatabase('postgres')
  const url = new URL(urlOf(started))
  url.password = 'wrong'
  url.username = 'nobody_of_that_name'
  const database = await openDatabase({ url: url.href })
  try {
    await assert.rejects(
      migrate(database),
      (error: Error) => error instanceof StartupError && /DATABASE_URL/.test(error.message)
    )
  } finally {
    await database.close()
    await started.stop()
  }
})

test('a user with the documented rights cannot change the schema, and does not need to', async () => {
  const started = await startDatabase('postgres')
  const user = `crosswalk_${randomBytes(6).toString('hex')}`
  const url = new URL(urlOf(started))
  url.username = url.password = user
  const [owner, plain] = [await openDatabase(started.config), await openDatabase({ url: url.href })]
  try {
    await migrate(owner)
    await administer(
      urlOf(started),
      `DO $$ BEGIN
      CREATE ROLE ${user} LOGIN PASSWORD '${user}';
      GRANT USAGE ON SCHEMA public, pgboss TO ${user};
      GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public, pgboss TO ${user};
      GRANT USAGE ON ALL SEQUENCES IN SCHEMA public, pgboss TO ${user};
    END $$`
    )
    assert.deepEqual(await migrate(plain), [])
    await assert.rejects(plain.query('CREATE TABLE another (id integer)'), { sqlState: '42501' })
    const jobs = createJobRepository(plain, createJobQueue(plain), { lease: 30, perKey: 100, recordOf: recordOfEnd })
    const { job } = await jobs.insert({
      kind: 'fit',
      queue: 'fitting',
      request: {},
      origin: { request: 'r', operation: 'fitMap', key: null },
      attempts: 2,
      requestSha256: sha256('r')
    })
    await jobs.retry((await jobs.claim('fitting'))!, new Problem('unavailable', 'once more'))
    await jobs.recover(new Problem('job-abandoned', ''))
    const claimed = (await jobs.claim('fitting'))!
    assert.equal(await jobs.renew(claimed), true)
    await jobs.release(claimed, 0)
    assert.equal((await jobs.cancel(job.id, null)).state, 'cancelled')
  } finally {
    await plain.close()
    await administer(urlOf(started), `DROP OWNED BY ${user}; DROP ROLE ${user}`)
    await owner.close()
    await started.stop()
  }
})
