import assert from 'node:assert/strict'
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { openDatabase } from '../../../src/platform/database/open-database.js'
import { startDatabase } from '../../support/databases.js'
import { eventually } from '../../support/eventually.js'
import { modelsFolder, samplePhotographs } from '../../support/photographs.js'
import { call, startService, type Json, type RunningService } from '../../support/service.js'

describe('self-tests', () => {
  let folder: string
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'self-tests-'))
    await cp(modelsFolder, folder, { recursive: true })
  })
  after(() => rm(folder, { recursive: true }))

  /** A model of the folder with another id, and so with another space whose canaries are not shipped. */
  async function writeOwnModel (changes: Json = {}): Promise<void> {
    const manifest = JSON.parse(await readFile(join(modelsFolder, 'r512.json'), 'utf8')) as Json
    const input = { ...manifest.input, mean: manifest.input.mean.map((mean: number) => mean + 0.25) }
    await writeFile(join(folder, 'own.json'), JSON.stringify({ ...manifest, id: 'own', input, ...changes }))
  }

  const stateOf = async ({ url }: RunningService, model: string): Promise<string> =>
    (await call(url, 'GET', `/v1/models/${model}`)).json.selfTest

  test('the default model is tested at the start, another with its first image, and the rest on demand', async () => {
    const running = await startService()
    try {
      await eventually('a passed test', () => stateOf(running, 'r512'), state => state === 'passed')
      assert.equal(await stateOf(running, 'dlib128'), 'untested')
      const before = (await call(running.url, 'GET', '/v1/models/dlib128')).headers.get('etag')
      await call(running.url, 'POST', '/v1/embeddings?models=dlib128', {
        body: new Uint8Array(await readFile(samplePhotographs[0]!)),
        headers: { 'content-type': 'image/jpeg' }
      })
      await eventually('a passed test', () => stateOf(running, 'dlib128'), state => state === 'passed')
      assert.notEqual((await call(running.url, 'GET', '/v1/models/dlib128')).headers.get('etag'), before)
      const { status, json } = await call(running.url, 'GET', '/v1/models/faceres1024/self-test')
      assert.deepEqual([status, json.state, json.expected, json.canaries.length], [200, 'passed', 'shipped', 4])
      assert.ok(json.canaries.every(({ deviation, tolerance }: Json) => deviation <= tolerance))
      assert.equal((await call(running.url, 'GET', '/health/ready')).json.selfTest, 'passed')
      assert.equal(await stateOf(running, 'example-a'), null)
      const refused = await call(running.url, 'GET', '/v1/models/example-a/self-test')
      assert.deepEqual([refused.status, refused.json.code], [409, 'model-cannot-embed'])
      assert.equal((await call(running.url, 'GET', '/v1/models/nobody/self-test')).json.code, 'model-unknown')
      const metrics = await (await fetch(`${running.url}/metrics`)).text()
      assert.match(metrics, /^crosswalk_self_test_changed\{model="dlib128"\} 0$/m)
    } finally {
      await running.stop()
    }
  })

  test("an operator's model is recorded by its first test, passes later ones, and is told when it has changed", async () => {
    const database = await startDatabase('postgres')
    const lines: string[] = []
    const start = async () =>
      await startService({
        config: { database: database.config, modelsDir: folder, defaultModel: 'own', logLevel: 'warn' },
        log: { write: line => lines.push(line) }
      })
    const testOnce = async (): Promise<Json> => {
      const running = await start()
      try {
        const state = await eventually('a test', () => stateOf(running, 'own'), found => found !== 'untested')
        const metrics = await (await fetch(`${running.url}/metrics`)).text()
        return {
          state,
          ready: (await call(running.url, 'GET', '/health/ready')).json,
          metric: /^crosswalk_self_test_changed\{model="own"\} (\d)$/m.exec(metrics)?.[1],
          answer: (await call(running.url, 'GET', '/v1/models/own/self-test')).json
        }
      } finally {
        await running.stop()
      }
    }
    try {
      await writeOwnModel()
      const first = await testOnce()
      assert.deepEqual([first.state, first.answer.state, first.answer.expected], ['recorded', 'passed', 'recorded'])
      assert.equal((await testOnce()).state, 'passed')
      assert.ok(!lines.some(line => line.includes('self-test')))
      // What a runtime that computes otherwise would do: the same space makes other numbers.
      const opened = await openDatabase(database.config)
      await opened.query(
        "UPDATE model_canaries SET sketch = overlay(sketch placing '\\x0000a042'::bytea from 1 for 4)"
      )
      await opened.close()
      const changed = await testOnce()
      assert.deepEqual([changed.state, changed.answer.state, changed.metric], ['changed', 'changed', '1'])
      assert.deepEqual([changed.ready.status, changed.ready.selfTest], ['ok', 'changed'])
      assert.ok(changed.answer.canaries.every(({ deviation, tolerance }: Json) => deviation > tolerance))
      assert.ok(lines.some(line => line.includes('self-test') && line.includes('"own"')))
    } finally {
      await database.stop()
    }
  })
})
