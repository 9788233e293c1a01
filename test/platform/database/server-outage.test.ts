import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Problem, StartupError } from '../../../src/errors.js'
import type { Database } from '../../../src/platform/database/database.js'
import { openDatabase } from '../../../src/platform/database/open-database.js'
import { startDatabase, urlOf, type TestDatabase } from '../../support/databases.js'
import { eventually } from '../../support/eventually.js'
import { administer } from '../../support/postgres-server.js'

/** Ends every connection of the service from outside, as an administrator or a crash would, and waits for the ends. */
async function disconnect (started: TestDatabase): Promise<void> {
  await administer(
    urlOf(started),
    `SELECT pg_terminate_backend(pid, 60000) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()`
  )
}

/** Waits until a statement sleeps. @returns the process of the server that runs it */
async function sleeper (started: TestDatabase): Promise<number> {
  const url = urlOf(started)
  const sleeping = `SELECT pid FROM pg_stat_activity
    WHERE datname = current_database() AND wait_event = 'PgSleep' AND state = 'active'`
  const [row] = await eventually('a statement that sleeps', () => administer(url, sleeping), rows => rows.length > 0)
  return row!['pid'] as number
}

async function withDatabase (
  work: (database: Database, started: TestDatabase, lost: Error[]) => Promise<void>
): Promise<void> {
  const started = await startDatabase('postgres')
  const lost: Error[] = []
  const database = await openDatabase(started.config, {
    onConnectionError: (error) => {
      lost.push(error)
    }
  })
  try {
    await work(database, started, lost)
  } finally {
    await database.close()
    await started.stop()
  }
}

test('a lost idle connection is replaced', async () => {
  await withDatabase(async (database, started, lost) => {
    await Promise.all([database.ping(), database.ping(), database.ping()])
    await disconnect(started)
    await eventually('three connections to be lost', () => lost.length, count => count === 3)
    await database.ping()
  })
})

test('a query that loses its connection is `unavailable`, without host or statement; the next is served', async () => {
  await withDatabase(async (database, started) => {
    const sleeping = database.query('SELECT pg_sleep(30)')
    const refused = assert.rejects(
      sleeping,
      (error: Error) =>
        error instanceof Problem && error.code === 'unavailable' && !/127\.0\.0\.1|pg_sleep|postgres/.test(error.detail)
    )
    await sleeper(started)
    await disconnect(started)
    await refused
    await database.ping()
  })
})

test('a statement that times out is reported with its text in the cause and no values', async () => {
  await withDatabase(async (database, started, lost) => {
    const late = (error: unknown) =>
      error instanceof Problem && error.code === 'database-timeout' && /within 60 s/.test(error.detail) &&
      !/pg_sleep/.test(error.detail) &&
      /pg_sleep\(\$1\)/.test(String(error.cause)) && !/secret/.test(String(error.cause))
    await assert.rejects(
      database.transaction(async session => {
        await session.query("SET LOCAL statement_timeout = '50ms'")
        await session.query('SELECT pg_sleep($1), $2::text', [30, 'secret'])
      }),
      late
    )
    const sleeping = assert.rejects(database.query('SELECT pg_sleep($1)', [30]), late)
    await database.query('SELECT pg_cancel_backend($1)', [await sleeper(started)])
    await sleeping
    assert.deepEqual(lost, [])
    await database.ping()
  })
})

test('a transaction that loses its connection is `unavailable`, and the pool continues', async () => {
  await withDatabase(async (database, started) => {
    await assert.rejects(
      database.transaction(async (session) => {
        await session.query('SELECT 1')
        await disconnect(started)
        await session.query('SELECT 2')
      }),
      (error: Error) => error instanceof Problem && error.code === 'unavailable'
    )
    await database.ping()
  })
})

test('listening resumes after a loss, and reports that something may have been missed', async () => {
  await withDatabase(async (database, started) => {
    const received: Array<string | null> = []
    await database.listen('test_channel', (payload) => {
      received.push(payload)
    })
    await disconnect(started)
    await eventually('a notification', () => received.length, count => count === 1)
    assert.deepEqual(received, [null])
    await database.query("SELECT pg_notify('test_channel', 'after')")
    await eventually('a second notification', () => received.length, count => count === 2)
    assert.deepEqual(received, [null, 'after'])
  })
})

test('an unreachable server is `unavailable`, not a failed start', async () => {
  const database = await openDatabase({ url: 'postgres://nobody:secret@127.0.0.1:1/nothing' })
  await assert.rejects(
    database.ping(),
    (error: Error) => error instanceof Problem && error.code === 'unavailable' && !/127|secret/.test(error.message)
  )
  await assert.rejects(database.listen('channel', () => {}), Problem)
  await database.close()
})

test('an address whose escapes are not UTF-8 is refused with the part that has them', async () => {
  for (
    const [url, part] of [
      ['postgres://us%e4r:secret@host/db', 'user'],
      ['postgres://user:secret%e4@host/db', 'password'],
      ['postgres://user:secret@h%e4st/db', 'host'],
      ['postgres://user:secret@host/d%e4', 'database']
    ] as const
  ) {
    await assert.rejects(openDatabase({ url }), {
      name: 'StartupError',
      message: `DATABASE_URL cannot be read: expected its ${part} in percent-encoded UTF-8 (a % itself is %25), ` +
        'received another'
    })
  }
})

test('an address that cannot be read stops the start without repeating the password', async () => {
  for (
    const url of [
      'mysql://user:secret@host/db',
      'postgres://user:secret@host:port/db',
      'host=localhost password=secret'
    ]
  ) {
    await assert.rejects(
      openDatabase({ url }),
      (error: Error) =>
        error instanceof StartupError && /DATABASE_URL/.test(error.message) && !/secret/.test(error.message)
    )
  }
})
