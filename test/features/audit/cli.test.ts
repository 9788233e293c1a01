import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { programOf } from '../../../bench/processes.js'
import { createAuditRepository } from '../../../src/features/audit/audit-repository.js'
import { openDatabase } from '../../../src/platform/database/open-database.js'
import { migrate } from '../../../src/platform/database/migrations.js'
import { prepareDataDirectory } from '../../support/prepared.js'

describe('crosswalk audit', () => {
  let folder: string

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'crosswalk-audit-'))
    await prepareDataDirectory(folder)
  })
  after(async () => await rm(folder, { recursive: true, force: true }))

  const run = async (...args: string[]) =>
    await new Promise<{ code: number, stdout: string, stderr: string }>(resolve => {
      execFile(process.execPath, [...programOf('src/cli'), 'audit', ...args], {
        env: { ...process.env, DATABASE_URL: '', DATA_DIR: folder }
      }, (error, stdout, stderr) => resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr }))
    })

  const work = async (statements: (database: Awaited<ReturnType<typeof openDatabase>>) => Promise<unknown>) => {
    const database = await openDatabase({ dataDir: folder })
    try {
      await migrate(database)
      await statements(database)
    } finally {
      await database.close()
    }
  }

  test('verifies and exports the chain, and names a row that was tampered with', async () => {
    await work(async database =>
      await createAuditRepository(database).append([{ operation: 'one' }, { operation: 'two' }, { operation: 'three' }])
    )
    const whole = await run('verify')
    assert.match(whole.stdout, /^3:[0-9a-f]{64}\n$/)
    assert.equal(whole.code, 0)

    const exported = await run('export', '--from', '2')
    assert.deepEqual(exported.stdout.trim().split('\n').map(line => JSON.parse(line).record), [{
      seq: 2,
      version: 2,
      operation: 'two'
    }, { seq: 3, version: 2, operation: 'three' }])

    await work(async database => await createAuditRepository(database).append([{ operation: 'four' }]))
    assert.equal((await run('verify', '--anchor', whole.stdout.trim())).code, 0)

    await work(async database => {
      await database.query('ALTER TABLE audit_records DISABLE TRIGGER USER')
      await database.query("UPDATE audit_records SET record = replace(record, 'two', 'new') WHERE seq = 2")
    })
    const broken = await run('verify')
    assert.equal(broken.code, 1)
    assert.match(broken.stderr, /row 2 was changed/)
  })

  test('says what it expected of its arguments', async () => {
    for (
      const [args, message] of [
        [['verify', '--anchor', '3'], /SEQ:HASH/],
        [['export', '--from', 'x'], /number of a record/],
        [['erase'], /verify or export/],
        [['verify', '--oops'], /oops/]
      ] as const
    ) {
      const { code, stderr } = await run(...args)
      assert.equal(code, 2)
      assert.match(stderr, message)
    }
  })
})
