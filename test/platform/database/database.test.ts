import assert from 'node:assert/strict'
import { once } from 'node:events'
import { test } from 'node:test'
import { Problem } from '../../../src/errors.js'
import type { Session } from '../../../src/platform/database/database.js'
import { StatementError } from '../../../src/platform/database/failures.js'
import { forEachDatabase } from '../../support/databases.js'

forEachDatabase('database', (store) => {
  test('answers a ping', async () => {
    await store.database.ping()
  })

  test('returns values as the same JavaScript types on both', async () => {
    const moment = new Date('2026-01-02T03:04:05.678Z')
    const { rows } = await store.database.query(
      `SELECT $1::bytea AS bytes, $2::jsonb AS document, $3::timestamptz AS moment, 9007199254740993::bigint AS big,
         $4::text[] AS list, 0.1::double precision AS double, true AS truth, NULL AS nothing`,
      [Buffer.from([0, 1, 255]), JSON.stringify({ a: [1e-7, null] }), moment, ['a"b', null, 'ü,}']]
    )
    assert.deepEqual(rows, [{
      bytes: Buffer.from([0, 1, 255]),
      document: { a: [1e-7, null] },
      moment,
      big: '9007199254740993',
      list: ['a"b', null, 'ü,}'],
      double: 0.1,
      truth: true,
      nothing: null
    }])
  })

  test('copies rows out as bytes, and goes on whatever happens on the way', async () => {
    const query =
      `SELECT n, CASE WHEN n % 3 = 0 THEN NULL ELSE repeat(chr((97 + n % 26)::integer), n::integer * 500) END
      FROM generate_series(1::bigint, 400) AS n ORDER BY n`
    await store.database.transaction(async session => {
      const rows: [bigint, string | undefined][] = []
      await session.copyOut(query, ([n, text]) => rows.push([n!.readBigInt64BE(), text?.toString()]))
      assert.equal(rows.length, 400)
      for (const [i, [n, text]] of rows.entries()) {
        const expected = (i + 1) % 3 === 0 ? undefined : String.fromCharCode(97 + (i + 1) % 26).repeat((i + 1) * 500)
        assert.equal(n, BigInt(i + 1))
        assert.ok(text === expected, `row ${i}`)
      }
      const broken = new Error('no more')
      let seen = 0
      await assert.rejects(
        session.copyOut(query, () => {
          seen++
          throw broken
        }),
        (error: unknown) => error === broken
      )
      assert.equal(seen, 1)
      const timeouts = () => process.getActiveResourcesInfo().filter(name => name === 'Timeout').length
      const before = timeouts()
      await session.copyOut('SELECT 1 WHERE false', () => assert.fail('a row'))
      // The limit on its time ends with it.
      assert.equal(timeouts(), before)
      assert.deepEqual((await session.query('SELECT 1 AS one')).rows, [{ one: 1 }])
    })
    // It fails before the first row, and after some.
    for (const failing of ['SELECT nowhere', 'SELECT 1 / (300 - n) FROM generate_series(1, 400) AS n']) {
      await assert.rejects(store.database.copyOut(failing, () => {}), StatementError)
    }
    await store.database.ping()
  })

  test('serves many queries at once', async () => {
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, i) => store.database.query('SELECT $1::integer AS i', [i]))
    )
    assert.deepEqual(answers.map(({ rows: [row] }) => row?.['i']), Array.from({ length: 50 }, (_, i) => i))
  })

  test('reports a refused statement with its state, and continues', async () => {
    for (let i = 0; i < 12; i++) {
      await assert.rejects(
        store.database.query('SELECT 1 / 0'),
        (error: Error) => error instanceof StatementError && error.sqlState === '22012' && error.cause instanceof Error
      )
    }
    await assert.rejects(store.database.query('SELEC'), StatementError)
    await store.database.ping()
  })

  test('keeps the values of a failing row out of the error', async () => {
    await store.database.query('CREATE TABLE private (label text PRIMARY KEY CHECK (length(label) < 8))')
    for (
      const statement of [
        "INSERT INTO private VALUES ('secret label')",
        "INSERT INTO private VALUES ('secret'), ('secret')"
      ]
    ) {
      const error = await store.database.query(statement).catch((error: unknown) => error)
      assert.ok(error instanceof StatementError && error.constraint !== undefined)
      assert.doesNotMatch(
        JSON.stringify([error, error.message, error.cause, Object.entries(error.cause ?? {})]),
        /secret/
      )
    }
  })

  test('tells a caller that text may not hold U+0000', async () => {
    for (const [cast, value] of [['text', 'a\0b'], ['text[]', ['a\0b']], ['jsonb', '{"a":"\\u0000"}']] as const) {
      await assert.rejects(
        store.database.query(`SELECT $1::${cast}`, [value]),
        (error: Error) => error instanceof Problem && error.code === 'request-invalid'
      )
    }
    await store.database.ping()
  })

  test('rolls back what fails, and commits what does not', async () => {
    await store.database.query('CREATE TABLE ledger (entry text)')
    const add = async (entry: string, goOn: (session: Session) => Promise<unknown>) =>
      await store.database.transaction(async (session) => {
        await session.query('INSERT INTO ledger VALUES ($1)', [entry])
        await goOn(session)
        return entry
      })
    assert.equal(await add('kept', async () => {}), 'kept')
    await assert.rejects(
      add('thrown', async () => {
        throw new Error('of the work')
      }),
      /of the work/
    )
    await assert.rejects(add('refused', (session) => session.query('SELECT 1 / 0')), StatementError)
    const { rows } = await store.database.query('SELECT entry FROM ledger')
    assert.deepEqual(rows, [{ entry: 'kept' }])
  })

  test('does not report a transaction as committed if a failure in it was ignored', async () => {
    await assert.rejects(
      store.database.transaction(async (session) => {
        await session.query('SELECT 1 / 0').catch(() => {})
      }),
      /rolled back/
    )
    await store.database.ping()
  })

  test('a snapshot is read only', async () => {
    await assert.rejects(
      store.database.transaction((session) => session.query('CREATE TABLE no (a int)'), { snapshot: true }),
      // Whatever takes no writes is called unavailable: the server may be a standby.
      (error: Error) =>
        error instanceof Problem && error.code === 'unavailable' && /read-only/.test(String(error.cause))
    )
  })

  test('delivers notifications of committed transactions until stopped', async () => {
    const received: Array<string | null> = []
    const signal = new EventTarget()
    const stop = await store.database.listen('test_channel', (payload) => {
      received.push(payload)
      signal.dispatchEvent(new Event('received'))
    })
    const arrival = once(signal, 'received')
    await store.database.transaction(async (session) => {
      await session.query("SELECT pg_notify('test_channel', 'undone')")
      throw new Error('roll back')
    }).catch(() => {})
    await store.database.transaction((session) => session.query("SELECT pg_notify('test_channel', 'done')"))
    await arrival
    assert.deepEqual(received, ['done'])
    await stop()
    await store.database.query("SELECT pg_notify('test_channel', 'too late')")
    await store.database.ping()
    assert.deepEqual(received, ['done'])
  })

  test('serves transactions side by side', async () => {
    await store.database.query('CREATE TABLE sums (i integer)')
    await Promise.all(Array.from({ length: 20 }, (_, i) =>
      store.database.transaction(async (session) => {
        await session.query('INSERT INTO sums VALUES ($1)', [i])
        if (i % 2 === 1) await session.query('SELECT 1 / 0')
      }).catch(() => {})))
    const { rows } = await store.database.query('SELECT sum(i)::integer AS sum FROM sums')
    assert.deepEqual(rows, [{ sum: 90 }])
  })
})
