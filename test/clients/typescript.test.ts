import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { createServer } from 'node:http'
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { promisify } from 'node:util'
import {
  answerOf,
  compareRows,
  createCrosswalk,
  CrosswalkError,
  followJob,
  translateRows,
  waitForJob,
  type Crosswalk
} from '../../clients/typescript/src/index.js'
import { projectRoot } from '../../src/config.js'
import { exampleCorpusId } from '../../src/platform/http/documented-examples.js'
import { startCheckingProxy } from '../smoke/proxy.mjs'
import { startService, type RunningService } from '../support/service.js'

const run = promisify(execFile)
const packageFolder = join(projectRoot, 'clients', 'typescript')
const vector = [0.4, -0.2, 0.8, 0.4]
const refusedAs = (code: string) => (error: unknown) => error instanceof CrosswalkError && error.problem.code === code

describe('the client for TypeScript', () => {
  let running: RunningService
  let proxy: Awaited<ReturnType<typeof startCheckingProxy>>
  let client: Crosswalk
  before(async () => {
    running = await startService({ kind: 'embedded' })
    proxy = await startCheckingProxy(running.url)
    client = createCrosswalk({ url: proxy.url })
  })
  after(async () => {
    await proxy.close()
    await running.stop()
  })

  test('is built, installed elsewhere, and does the first session of its README as it stands', async t => {
    const folder = await mkdtemp(join(tmpdir(), 'crosswalk-client-'))
    t.after(() => rm(folder, { recursive: true }))
    const installed = join(folder, 'node_modules', 'crosswalk-client')
    await mkdir(installed, { recursive: true })
    const tsc = join(projectRoot, 'node_modules', 'typescript', 'bin', 'tsc')
    await run(process.execPath, [tsc, '-p', packageFolder, '--outDir', join(installed, 'dist')])
    await cp(join(packageFolder, 'package.json'), join(installed, 'package.json'))
    for (const name of ['openapi-fetch', 'openapi-typescript-helpers', '@types', 'undici-types']) {
      await symlink(join(projectRoot, 'node_modules', name), join(folder, 'node_modules', name))
    }
    const blocks = [...(await readFile(join(packageFolder, 'README.md'), 'utf8')).matchAll(/^```ts\n(.*?)^```$/gms)]
    await writeFile(join(folder, 'session.mts'), blocks.map(([, block]) => block).join(''))
    await writeFile(
      join(folder, 'tsconfig.json'),
      JSON.stringify({
        compilerOptions: {
          target: 'es2022',
          module: 'nodenext',
          strict: true,
          exactOptionalPropertyTypes: true,
          skipLibCheck: true,
          types: ['node']
        },
        files: ['session.mts']
      })
    )
    await run(process.execPath, [tsc, '-p', folder])
    const { stdout } = await run(process.execPath, [join(folder, 'session.mjs')], {
      env: { ...process.env, CROSSWALK_URL: proxy.url },
      timeout: 120_000
    })
    assert.match(stdout, /example-a: 4 numbers/)
    assert.match(stdout, /succeeded/)
    assert.match(stdout, /expected an active map from "example-a" to "r512"/)
  })

  test('rows of bytes are translated as the numbers in JSON are', async () => {
    const { templates } = await answerOf(client.POST('/v1/translations', {
      body: { target: 'example-b', templates: [{ model: 'example-a', vector }] }
    }))
    const expected = templates[0]!
    assert.ok('vector' in expected)
    const rows = { values: new Float32Array([...vector, ...vector]), dimension: 4 }
    const translated = await translateRows(client, rows, { source: 'example-a', target: 'example-b' })
    assert.equal(translated.dimension, 3)
    assert.deepEqual([...translated.values], [...expected.vector, ...expected.vector].map(Math.fround))
    assert.match(translated.map, /^[0-9a-f-]{36}$/)
    await assert.rejects(
      translateRows(client, { values: new Float32Array(5), dimension: 4 }, {
        source: 'example-a',
        target: 'example-b'
      }),
      /expected whole rows of 4 numbers, received 5 numbers/
    )
  })

  test('probes are compared with references as a verification compares them', async () => {
    const side = { values: new Float32Array(vector), dimension: 4, model: 'example-a' }
    const other = { values: new Float32Array([0.1, 0.2, 0.3, 0.6, 0.5, -0.4]), dimension: 3, model: 'example-b' }
    const { scores, columns, matchesFrom, map } = await compareRows(client, side, other, { fmr: 0.1 })
    const verified = await answerOf(client.POST('/v1/verifications', {
      body: {
        probe: { template: { model: 'example-a', vector } },
        reference: { template: { model: 'example-b', vector: [0.6, 0.5, -0.4] } },
        fmr: 0.1
      }
    }))
    assert.deepEqual([scores.length, columns, map], [2, 2, verified.map!.id])
    assert.ok(Math.abs(scores[1]! - verified.score!) < 1e-6, `${scores[1]} ${verified.score}`)
    assert.equal(matchesFrom, verified.threshold)
  })

  test('a problem is thrown with the members of its code', async () => {
    const call = answerOf(client.POST('/v1/translations', {
      body: { target: 'r512', templates: [{ model: 'example-a', vector }] }
    }))
    await assert.rejects(call, (error: unknown) => {
      assert.ok(error instanceof CrosswalkError && error.problem.code === 'map-missing')
      assert.deepEqual([error.response.status, error.problem.status], [409, 409])
      assert.ok(Array.isArray(error.problem.waiting))
      return true
    })
  })

  test('a job is followed to its end, also from behind an event that was seen', async () => {
    const job = await answerOf(client.POST('/v1/maps', {
      params: { header: { prefer: 'respond-async' } },
      body: { source: 'example-a', target: 'example-b', method: 'ridge', lambda: 0.02, corpus: exampleCorpusId }
    }))
    assert.ok('kind' in job)
    const events = []
    for await (const event of followJob(client, job.id)) events.push(event)
    assert.equal(events.at(-1)!.event, 'succeeded')
    assert.match(events.at(-1)!.data.result!, /^\/v1\/maps\//)
    assert.equal((await waitForJob(client, job.id)).state, 'succeeded')
    await assert.rejects(waitForJob(client, '00000000-0000-4000-8000-0000000000ff'), refusedAs('job-unknown'))
  })

  test('a refusal of a call for bytes is a problem', async () => {
    const { maps } = await answerOf(client.GET('/v1/maps', { params: { query: { state: 'active' } } }))
    const call = client.GET('/v1/maps/{id}/bundle', { params: { path: { id: maps[0]!.id } }, parseAs: 'blob' })
    // This service has no signing key.
    await assert.rejects(answerOf(call), refusedAs('signing-key-missing'))
  })

  test('everything that it asked and got is as the document says', () => {
    assert.deepEqual(proxy.findings(), [])
    assert.ok(proxy.seen().includes('followJob 200') && proxy.seen().includes('compareTemplates 200'))
  })
})

describe('retries of the client for TypeScript', () => {
  let busy: ReturnType<typeof createServer>
  let url: string
  let answers: { readonly status: number, readonly code: string, readonly wait?: string }[]
  let received: string[]
  before(async () => {
    busy = createServer((request, response) => {
      const chunks: Buffer[] = []
      request.on('data', chunk => chunks.push(chunk)).on('end', () => {
        received.push(`${request.method} ${Buffer.concat(chunks).toString()}`)
        const { status, code, wait } = answers.shift() ?? { status: 200, code: 'none' }
        response.writeHead(status, {
          'content-type': 'application/json',
          ...wait === undefined ? {} : { 'retry-after': wait }
        })
          .end(JSON.stringify({ code, detail: 'as told', status, models: [] }))
      })
    }).listen(0, '127.0.0.1')
    await new Promise(resolve => busy.once('listening', resolve))
    url = `http://127.0.0.1:${(busy.address() as AddressInfo).port}`
  })
  after(() => {
    busy.closeAllConnections()
    busy.close()
  })

  const overloaded = { status: 503, code: 'overloaded', wait: '0' }
  const unavailable = { status: 503, code: 'unavailable', wait: '0' }
  const name = { body: { name: 'a' } }
  const cases: [
    what: string,
    call: (client: Crosswalk) => Promise<{ response: Response }>,
    given: typeof answers,
    status: number,
    count: number
  ][] = [
    ['a call that reads', client => client.GET('/v1/models'), [unavailable, unavailable], 200, 3],
    ['a call that has not begun', client => client.POST('/v1/galleries', name), [overloaded], 200, 2],
    ['a call that may have stored something', client => client.POST('/v1/galleries', name), [unavailable], 503, 1],
    [
      'the same with an idempotency key',
      client => client.POST('/v1/galleries', { ...name, params: { header: { 'idempotency-key': 'k' } } }),
      [unavailable],
      200,
      2
    ],
    [
      'a translation, which stores nothing',
      client => client.POST('/v1/translations', { body: { target: 'b', templates: [{ model: 'a', vector: [1] }] } }),
      [unavailable],
      200,
      2
    ],
    ['a wait that is too long', client => client.GET('/v1/models'), [{ ...overloaded, wait: '86400' }], 503, 1],
    ['a problem without a time', client => client.GET('/v1/models'), [{ status: 503, code: 'unavailable' }], 503, 1],
    ['a refusal', client => client.GET('/v1/models'), [{ status: 404, code: 'model-unknown', wait: '0' }], 404, 1],
    ['a service that stays busy', client => client.GET('/v1/models'), Array(9).fill(overloaded), 503, 5]
  ]
  for (const [what, call, given, status, count] of cases) {
    test(`${what}: ${count} requests, then ${status}`, async () => {
      answers = [...given]
      received = []
      const { response } = await call(createCrosswalk({ url, maxWait: 5 }))
      assert.deepEqual([response.status, received.length, new Set(received).size], [status, count, 1])
    })
  }
})
