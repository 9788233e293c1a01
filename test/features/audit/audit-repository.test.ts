import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { createAuditRepository } from '../../../src/features/audit/audit-repository.js'
import { findFault, linkHash, type AuditHead } from '../../../src/features/audit/audit-chain.js'
import type { Database } from '../../../src/platform/database/database.js'
import { forEachDatabase } from '../../support/databases.js'

const verify = async (database: Database, anchor?: AuditHead) =>
  await createAuditRepository(database).inspect(async (head, rows) => await findFault(rows, head, anchor))

/** As somebody who owns the database can: the triggers stand in nobody's way for long. */
async function tamper (database: Database, ...statements: string[]): Promise<void> {
  await database.query('ALTER TABLE audit_records DISABLE TRIGGER USER')
  for (const statement of statements) await database.query(statement)
  await database.query('ALTER TABLE audit_records ENABLE TRIGGER USER')
}

forEachDatabase('the chain of the audit', store => {
  test('is whole when empty, and after appends of any size', async () => {
    const audit = createAuditRepository(store.database)
    assert.equal(await verify(store.database), undefined)
    for (const size of [1, 3, 1500]) {
      await audit.append(Array.from({ length: size }, (_, i) => ({ operation: `o${i}`, text: 'ä"\\\u0001' })))
    }
    assert.equal(await verify(store.database), undefined)
    assert.equal((await audit.head()).seq, 1504)
    const { rows: [first, second] } = await audit.list({ after: 1, limit: 2 })
    assert.deepEqual([first!.seq, second!.seq, second!.previous], [2, 3, first!.hash])
    assert.equal(first!.record, '{"operation":"o0","seq":2,"text":"ä\\"\\\\\\u0001","version":2}')
  })

  test('does not fork when many append at once', async () => {
    const audits = store.kind === 'postgres'
      ? [store.database, await store.openAnother(), await store.openAnother()].map(createAuditRepository)
      : [createAuditRepository(store.database)]
    const { seq } = await audits[0]!.head()
    await Promise.all(Array.from({ length: 60 }, (_, i) => audits[i % audits.length]!.append([{ i }, { i }])))
    assert.equal((await audits[0]!.head()).seq, seq + 120)
    assert.equal(await verify(store.database), undefined)
  })

  test('refuses to be changed', async () => {
    for (
      const statement of [
        "UPDATE audit_records SET record = 'x'",
        'DELETE FROM audit_records',
        'TRUNCATE audit_records'
      ]
    ) {
      await assert.rejects(store.database.query(statement), /only ever added to/)
    }
  })

  test('shows tampering by the owner of the database', async () => {
    const head = await createAuditRepository(store.database).head()
    const anchor = (await createAuditRepository(store.database).list({ after: 99, limit: 1 })).rows[0]!
    assert.equal(await verify(store.database, anchor), undefined)

    const copy = 'CREATE TABLE kept AS SELECT * FROM audit_records'
    const restore = ['DELETE FROM audit_records', 'INSERT INTO audit_records SELECT * FROM kept']
    await store.database.query(copy)
    const faults: [string[], RegExp][] = [
      [["UPDATE audit_records SET record = replace(record, 'o3', 'o4') WHERE seq = 8"], /^row 8 was changed/],
      [['DELETE FROM audit_records WHERE seq = 10'], /^row 10 is missing/],
      [['DELETE FROM audit_records WHERE seq = 1'], /^row 1 is missing/],
      [[`DELETE FROM audit_records WHERE seq = ${head.seq}`], new RegExp(`^row ${head.seq} is missing`)],
      [['DELETE FROM audit_records'], /^row 1 is missing/],
      [[
        'UPDATE audit_records SET seq = CASE seq WHEN 20 THEN 900021 ELSE 900020 END WHERE seq IN (20, 21)',
        'UPDATE audit_records SET seq = seq - 900000 WHERE seq > 900000'
      ], /^row 20 is out of place/],
      [
        ['INSERT INTO audit_records SELECT seq + 1, hash, record FROM audit_records ORDER BY seq DESC LIMIT 1'],
        new RegExp(`^row ${head.seq + 1} is out of place`)
      ],
      [["UPDATE audit_records SET hash = decode(repeat('ab', 32), 'hex') WHERE seq = 30"], /^row 30 was changed/]
    ]
    for (const [statements, fault] of faults) {
      await tamper(store.database, ...statements)
      assert.match(await verify(store.database) ?? 'nothing', fault, statements[0])
      await tamper(store.database, ...restore)
      assert.equal(await verify(store.database), undefined)
    }

    // Whoever owns the database can write the whole chain anew; only what was kept elsewhere tells.
    const audit = createAuditRepository(store.database)
    await tamper(
      store.database,
      'DELETE FROM audit_records',
      "UPDATE audit_head SET seq = 0, hash = decode(repeat('00', 32), 'hex')"
    )
    await audit.append(Array.from({ length: 200 }, (_, i) => ({ operation: `forged${i}` })))
    assert.equal(await verify(store.database), undefined)
    assert.match(await verify(store.database, anchor) ?? 'nothing', /^row 100 is not the anchored one/)
  })

  test('continues after records without a version, and finds those of a request among both', async () => {
    const audit = createAuditRepository(store.database)
    await tamper(
      store.database,
      'DELETE FROM audit_records',
      "UPDATE audit_head SET seq = 0, hash = decode(repeat('00', 32), 'hex')"
    )
    // As it was done then: the members as they came, behind the number.
    let previous = '0'.repeat(64)
    for (
      const [i, content] of [{ request: 'r1', operation: 'deleteCorpus', params: { id: 'x","request":"r2' } }, {
        request: 'r2',
        at: 'now'
      }].entries()
    ) {
      const record = `{"seq":${i + 1},${JSON.stringify(content).slice(1)}`
      const hash = createHash('sha256').update(Buffer.from(previous, 'hex')).update(record).digest('hex')
      await store.database.query("INSERT INTO audit_records (seq, hash, record) VALUES ($1, decode($2, 'hex'), $3)", [
        i + 1,
        hash,
        record
      ])
      await store.database.query("UPDATE audit_head SET seq = $1, hash = decode($2, 'hex')", [i + 1, hash])
      previous = hash
    }
    await audit.append([{ request: 'r2', operation: 'fitMap' }, { request: 'r3' }])
    assert.equal(await verify(store.database), undefined)
    assert.deepEqual((await audit.list({ after: 0, limit: 10 })).rows.map(({ record }) => JSON.parse(record).version), [
      undefined,
      undefined,
      2,
      2
    ])
    const found = async (request: string) =>
      (await audit.list({ after: 0, limit: 10, request })).rows.map(({ seq }) => seq)
    assert.deepEqual([await found('r1'), await found('r2'), await found('r3'), await found('r4')], [
      [1],
      [2, 3],
      [4],
      []
    ])

    // Who owns the database could write a text that has other members in front; its version says what it has to be.
    const { rows: [, , third] } = await audit.list({ after: 0, limit: 10 })
    const reordered = '{"version":2,"request":"r2","operation":"fitMap","seq":3}'
    await tamper(
      store.database,
      `UPDATE audit_records SET record = '${reordered}', hash = decode('${
        linkHash(third!.previous, reordered)
      }', 'hex') WHERE seq = 3`
    )
    assert.equal(await verify(store.database), 'row 3 does not have the form of its version')
  })
})
