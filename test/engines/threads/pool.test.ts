import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { Problem } from '../../../src/errors.js'
import { createPool, threadOptions } from '../../../src/engines/threads/pool.js'

let folder: string
let worker: URL
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'crosswalk-worker-'))
  worker = pathToFileURL(join(folder, 'worker.mjs'))
  await writeFile(
    worker,
    `export default task => {
    if (task === 'exit') process.exit(3)
    if (task === 'exhaust') for (const kept = []; ;) kept.push(new Array(1e5).fill({}))
    if (task === 'require') return process.features.require_module ?? false
    if (task === 'throw') throw new TypeError('an error of ours')
    return task
  }`
  )
})
after(() => rm(folder, { recursive: true }))

test('a thread that ends during its task is `unavailable`, errors of tasks are passed on, the pool continues', async () => {
  const pool = createPool<string, string>({ worker, threads: 1, resourceLimits: { maxOldGenerationSizeMb: 32 } })
  try {
    for (const task of ['exit', 'exhaust']) {
      const error = await pool.run(task).then(() => undefined, (error: unknown) => error)
      assert.ok(error instanceof Problem && error.code === 'unavailable', `${task}: ${String(error)}`)
      assert.equal(await pool.run('next'), 'next')
    }
    const error = await pool.run('throw').then(() => undefined, (error: unknown) => error)
    assert.ok(error instanceof TypeError, String(error))
  } finally {
    await pool.destroy()
  }
})

test('threads have the options of the process that load modules, and never require an ES module', async () => {
  assert.deepEqual(
    threadOptions(['--max-semi-space-size=32', '--import', 'a', '--test', '--require=b', '--enable-source-maps']),
    ['--import', 'a', '--require=b', '--enable-source-maps', '--no-experimental-require-module']
  )
  const pool = createPool<string, boolean>({ worker, threads: 1 })
  try {
    assert.equal(await pool.run('require'), false)
  } finally {
    await pool.destroy()
  }
})
