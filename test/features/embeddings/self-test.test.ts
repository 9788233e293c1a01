import assert from 'node:assert/strict'
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import type { DatabaseConfig } from '../../../src/platform/database/database.js'
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

  async function alterRecorded (config: DatabaseConfig): Promise<void> {
    const opened = await openDatabase(config)
    await opened.query("UPDATE model_canaries SET sketch = overlay(sketch placing '\\x0000a042'::bytea from 1 for 4)")
    await opened.close()
  }

  const stateOf = async ({ url }: RunningService, model: string): Promise<string> =>
    (await call(url, 'GET', `/v1/models/${model}`)).json.selfTest

  test('the default model is tested at the start, another with its first image, and the rest on demand', async () => {
    const running = await startService()
    try {
      await eventually('a passed test', () => stateOf(running, 'r512'), state => state === 'passed')
      assert.equal(await stateOf(running, 'dlib128'), 'untested')
      assert.equal(await stateOf(running, 'example-a'), null)
      const before = (await call(running.url, 'GET', '/v1/models/dlib128')).headers.get('etag')
      await call(running.url, 'POST', '/v1/embeddings?models=dlib128', {
        body: new Uint8Array(await readFile(samplePhotographs[0]!)),
        headers: { 'content-type': 'image/jpeg' }
      })
      assert.equal(await stateOf(running, 'dlib128'), 'passed', 'tested before the template was out')
      assert.notEqual((await call(running.url, 'GET', '/v1/models/dlib128')).headers.get('etag'), before)
      const { status, json } = await call(running.url, 'GET', '/v1/models/faceres1024/self-test')
      assert.deepEqual([status, json.state, json.expected, json.canaries.length], [200, 'passed', 'shipped', 4])
      assert.ok(json.canaries.every(({ deviation, tolerance }: Json) => deviation <= tolerance))
      assert.equal((await call(running.url, 'GET', '/health/ready')).json.selfTest, 'passed')
      assert.deepEqual((await call(running.url, 'DELETE', '/v1/models/r512/self-test')).json, { canaries: 0 })
      assert.equal(await stateOf(running, 'r512'), 'passed', 'nothing of it was recorded')
      const refused = await call(running.url, 'GET', '/v1/models/example-a/self-test')
      assert.deepEqual([refused.status, refused.json.code], [409, 'model-cannot-embed'])
      assert.equal((await call(running.url, 'GET', '/v1/models/nobody/self-test')).json.code, 'model-unknown')
      const metrics = await (await fetch(`${running.url}/metrics`)).text()
      assert.match(metrics, /^crosswalk_self_test_changed\{model="dlib128"\} 0$/m)
    } finally {
      await running.stop()
    }
  })

  test('a model without a graph is tested by templates that its owner sends', async () => {
    const running = await startService()
    const address = '/v1/models/vendor/self-test'
    const canary = (name: string, ...vector: number[]): Json => ({ canary: name, vector })
    const send = async (canaries: Json[], more: Json = {}): Promise<Json> =>
      (await call(running.url, 'POST', address, { json: { canaries, ...more } })).json
    const statesOf = ({ state, canaries }: Json) => [state, ...canaries.map((each: Json) => each.state)]
    try {
      await call(running.url, 'POST', '/v1/models', {
        json: { id: 'vendor', title: 'Vendor', version: '1', dimension: 4 }
      })
      assert.equal(await stateOf(running, 'vendor'), null)
      const [a, b] = [canary('a', 1, 2, 3, 4), canary('b', -1, 0, 5, 2)]
      assert.deepEqual(statesOf(await send([a])), ['recorded', 'recorded'])
      assert.equal(await stateOf(running, 'vendor'), 'recorded')
      assert.deepEqual(statesOf(await send([a, b])), ['recorded', 'passed', 'recorded'])
      assert.deepEqual(statesOf(await send([b, a])), ['passed', 'passed', 'passed'])
      // Templates of a changed model are not recorded: they would be expected afterwards.
      const reversed = canary('a', 4, 3, 2, 1)
      const changed = await send([reversed, canary('c', 1, 1, 1, 1)])
      assert.deepEqual(statesOf(changed), ['changed', 'changed', 'untested'])
      assert.ok(changed.canaries[0].deviation > 0.3)
      assert.equal(await stateOf(running, 'vendor'), 'changed')
      assert.equal((await call(running.url, 'GET', '/health/ready')).json.selfTest === 'changed', false)
      assert.deepEqual(statesOf(await send([canary('c', 1, 1, 1, 1)])), ['recorded', 'recorded'])
      const near = canary('a', 1, 2, 3, 4.1)
      assert.deepEqual(statesOf(await send([near])), ['passed', 'passed'])
      assert.deepEqual(statesOf(await send([near], { tolerance: 0 })), ['changed', 'changed'])

      assert.deepEqual((await call(running.url, 'DELETE', address)).json, { canaries: 3 })
      assert.equal(await stateOf(running, 'vendor'), null)
      assert.deepEqual(statesOf(await send([reversed])), ['recorded', 'recorded'])
    } finally {
      await running.stop()
    }
  })

  test('templates that are none, too many and given twice are refused, and nothing of them is recorded', async () => {
    const running = await startService()
    const send = async (canaries: Json[]) => {
      const { status, json } = await call(running.url, 'POST', '/v1/models/example-a/self-test', { json: { canaries } })
      return [status, json.code, json.detail]
    }
    const named = (name: string, vector: number[] = [1, 2, 3, 4]): Json => ({ canary: name, vector })
    const many = Array.from({ length: 64 }, (_, i) => named(`of many ${i}`))
    try {
      for (
        const [canaries, status, code, detail] of [
          [[], 400, 'request-invalid', /canaries/],
          [[named('a'), named('a')], 400, 'request-invalid', /canaries\[1\].*each name once.*"a"/],
          [[named('a'), named('b', [1, 2])], 422, 'template-invalid', /canaries\[1\].*expected 4 numbers.*received 2/],
          [[named('a', [0, 0, 0, 0])], 422, 'template-invalid', /norm/],
          [[named('a', [3e38, 3e38, 3e38, 3e38])], 422, 'template-invalid', /canaries\[0\]/],
          [[named('a', [1e-40, 0, 0, 0])], 422, 'template-invalid', /canaries\[0\]/],
          [[{ canary: 'a' }], 422, 'template-invalid', /neither/],
          [[{ ...named('a'), fingerprint: '0'.repeat(64) }], 409, 'fingerprint-mismatch', /canaries\[0\]/],
          [[...many, named('one more')], 400, 'request-invalid', /64/]
        ] as const
      ) {
        const answer = await send([...canaries])
        assert.deepEqual(answer.slice(0, 2), [status, code], String(answer[2]))
        assert.match(answer[2], detail)
      }
      assert.equal((await send(many))[0], 200)
      assert.match((await send([named('one more')]))[2], /at most 64 of one model, received 1 new ones beside the 64/)
      assert.equal((await send(many.slice(3, 5)))[0], 200)
      assert.deepEqual((await call(running.url, 'DELETE', '/v1/models/example-a/self-test')).json, { canaries: 64 })
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
      assert.deepEqual(lines.filter(line => line.includes('"msg":"self-test')), [])
      // What a runtime that computes otherwise would do: the same space makes other numbers.
      await alterRecorded(database.config)
      const changed = await testOnce()
      assert.deepEqual([changed.state, changed.answer.state, changed.metric], ['changed', 'changed', '1'])
      assert.deepEqual([changed.ready.status, changed.ready.selfTest], ['ok', 'changed'])
      assert.ok(changed.answer.canaries.every(({ deviation, tolerance }: Json) => deviation > tolerance))
      assert.ok(lines.some(line => line.includes('"msg":"self-test') && line.includes('"own"')))
    } finally {
      await database.stop()
    }
  })
})
