import assert from 'node:assert/strict'
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { test, type TestContext } from 'node:test'
import type { Worker } from 'node:worker_threads'
import { programOf } from '../../../bench/processes.js'
import { StartupError } from '../../../src/errors.js'
import { openDatabase } from '../../../src/platform/database/open-database.js'
import { lockDirectory } from '../../../src/platform/directory-lock.js'
import { prepareDataDirectory } from '../../support/prepared.js'

const subject = { name: 'The folder', whenInUse: 'Wait for it', whenUnfit: 'Take another' }

const isStartupError = (error: unknown): error is StartupError => error instanceof StartupError

async function temporaryFolder (t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'crosswalk-data-'))
  t.after(async () => {
    await rm(folder, { recursive: true, force: true })
  })
  return folder
}

/** A second process on the folder, with the lines that it says. */
function startHolder (t: TestContext, folder: string, order = 'hold') {
  const child: ChildProcess = spawn(process.execPath, [
    ...programOf('test/platform/database/data-directory-holder'),
    folder,
    order
  ], { stdio: ['ignore', 'pipe', 'inherit'] })
  const lines: string[] = []
  const output = createInterface({ input: child.stdout! })
  output.on('line', (line) => {
    lines.push(line)
  })
  t.after(() => {
    child.kill('SIGKILL')
  })
  return {
    child,
    lines,
    async said (pattern: RegExp): Promise<string> {
      for (;;) {
        const line = lines.find((line) => pattern.test(line))
        if (line !== undefined) return line
        await once(output, 'line')
      }
    },
    async kill (): Promise<void> {
      const gone = once(child, 'close')
      child.kill('SIGKILL')
      await gone
    }
  }
}

test('a killed writer leaves every acknowledged row, and no lock', async (t) => {
  const folder = await temporaryFolder(t)
  await prepareDataDirectory(folder)
  const writer = startHolder(t, folder, 'write')
  await writer.said(/^wrote 40$/)

  await assert.rejects(openDatabase({ dataDir: folder }), (error: unknown) =>
    isStartupError(error) &&
    error.message.includes(folder) && error.message.includes(`process ${writer.child.pid}`) &&
    /DATA_DIR/.test(error.message) && /DATABASE_URL/.test(error.message))

  await writer.kill()
  const acknowledged = writer.lines.filter((line) => line.startsWith('wrote')).length
  assert.ok(acknowledged > 40)

  const database = await openDatabase({ dataDir: folder })
  try {
    const { rows } = await database.query<{ i: number, payload: Buffer }>(
      'SELECT i, payload FROM acknowledged ORDER BY i'
    )
    assert.ok(rows.length >= acknowledged, `${acknowledged} rows were acknowledged, ${rows.length} are there`)
    rows.forEach(({ i, payload }, index) => {
      assert.equal(i, index)
      assert.ok(payload.equals(Buffer.alloc(2048, i)))
    })
    // The same process is refused as another one is.
    await assert.rejects(
      openDatabase({ dataDir: folder }),
      (error: unknown) => isStartupError(error) && /this process/.test(error.message)
    )
    // The second process in its turn.
    const second = startHolder(t, folder)
    const refusal = await second.said(/^(open|refused)/)
    assert.match(refusal, new RegExp(`^refused: .*process ${process.pid}`))
  } finally {
    await database.close()
  }
  assert.deepEqual((await readdir(folder)).filter((name) => name.startsWith('lock-')), [])
})

test('a first start that was killed half-way is repeated', async (t) => {
  const folder = await temporaryFolder(t)
  await mkdir(join(folder, 'postgres'))
  await writeFile(join(folder, 'postgres', 'PG_VERSION'), '18\n')
  await writeFile(join(folder, 'initialising'), '')
  const database = await openDatabase({ dataDir: folder })
  await database.ping()
  await database.close()
  assert.deepEqual(await readdir(folder), ['postgres'])
})

test('a folder with other contents is not touched', async (t) => {
  const folder = await temporaryFolder(t)
  await writeFile(join(folder, 'postgres'), 'a file of the operator')
  await assert.rejects(openDatabase({ dataDir: folder }), isStartupError)
  await assert.rejects(openDatabase({ dataDir: join(folder, 'postgres') }), isStartupError)
  assert.deepEqual(await readdir(folder), ['postgres'])
})

test('of many that take a lock at once, one gets it', async (t) => {
  const folder = await temporaryFolder(t)
  // What three killed holders left: nobody listens there.
  for (const pid of [1, 2, 3]) await writeFile(join(folder, `lock-${pid}-0123456789ab.sock`), '')
  for (let round = 0; round < 10; round++) {
    const outcomes = await Promise.allSettled(Array.from({ length: 8 }, () => lockDirectory(folder, subject)))
    const held = outcomes.filter((outcome) => outcome.status === 'fulfilled')
    assert.equal(held.length, 1)
    for (const outcome of outcomes) if (outcome.status === 'rejected') assert.ok(isStartupError(outcome.reason))
    await assert.rejects(lockDirectory(folder, subject), isStartupError)
    await held[0]!.value()
  }
  assert.deepEqual(await readdir(folder), [])
})

test('a path too long for a socket address is locked all the same', async (t) => {
  const folder = join(await temporaryFolder(t), 'long'.repeat(40))
  await mkdir(folder)
  const unlock = await lockDirectory(folder, subject)
  assert.equal((await readdir(folder)).length, 1)
  await assert.rejects(lockDirectory(folder, subject), isStartupError)
  await unlock()
  assert.deepEqual(await readdir(folder), [])
  await (await lockDirectory(folder, subject))()
})

test('a database whose thread ended answers nobody, and its folder is released', async (t) => {
  const folder = await temporaryFolder(t)
  await prepareDataDirectory(folder)
  const panics: Error[] = []
  const started = once(process, 'worker')
  const database = await openDatabase({ dataDir: folder }, {
    onPanic: error => panics.push(error),
    onConnectionError: () => {}
  })
  const [thread] = await started as [Worker]
  const isAway = { name: 'Problem', code: 'unavailable' }
  await database.query('CREATE TABLE kept (i int)')
  await assert.rejects(
    database.transaction(async session => {
      await session.query('INSERT INTO kept VALUES (1)')
      await thread.terminate()
      await session.query('INSERT INTO kept VALUES (2)')
    }),
    isAway
  )
  assert.equal(panics.length, 1)
  await assert.rejects(database.query('SELECT 1'), isAway)
  await assert.rejects(database.close(), /its thread has ended/)

  const again = await openDatabase({ dataDir: folder })
  assert.deepEqual((await again.query('SELECT i FROM kept')).rows, [])
  await again.close()
})

test('environment variables about servers do not affect the embedded database', async (t) => {
  const before = process.env['PGSSLMODE']
  t.after(() => {
    if (before === undefined) delete process.env['PGSSLMODE']
    else process.env['PGSSLMODE'] = before
  })
  process.env['PGSSLMODE'] = 'require'
  const database = await openDatabase({ memory: true })
  await database.ping()
  await database.close()
})
