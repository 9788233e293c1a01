import assert from 'node:assert/strict'
import { copyFile, cp, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import type { Worker } from 'node:worker_threads'
import { examples } from '../../src/platform/http/documented-examples.js'
import { eventually } from '../support/eventually.js'
import { administer, createDatabase, startPostgresServer, type PostgresServer } from '../support/postgres-server.js'
import { modelCache, modelsFolder } from '../support/photographs.js'
import { call, startService, type Answer, type RunningService } from '../support/service.js'
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.js'

const create = async (url: string, name = 'fault') => await call(url, 'POST', '/v1/corpora', { json: { name } })
const translate = async (url: string) =>
  await call(url, 'POST', '/v1/translations', {
    json: { target: 'example-b', templates: [{ model: 'example-a', vector: [1, 2, 3, 4] }] }
  })
const embed = async (url: string) =>
  await call(url, 'POST', '/v1/embeddings?models=r512', { json: { image: examples.face } })
const ready = async (url: string) => (await call(url, 'GET', '/health/ready')).status === 200

const refusedForNow = ({ status, json, headers }: Answer) => {
  assert.deepEqual([status, json.code], [503, 'unavailable'], JSON.stringify(json))
  assert.ok(Number(headers.get('retry-after')) > 0)
}

describe('faults of the database', () => {
  let postgres: PostgresServer
  let database: { url: string }
  let proxy: TcpProxy
  let running: RunningService
  let replica: RunningService

  before(async () => {
    postgres = await startPostgresServer()
    database = await createDatabase(postgres.url)
    proxy = await startTcpProxy(database.url)
    const config = { database: { url: proxy.url, poolSize: 4 }, embedThreads: 1 }
    running = await startService({ config })
    replica = await startService({ config })
    // What serves is read when it is first asked for, and kept.
    for (const { url } of [running, replica]) assert.equal((await translate(url)).status, 200)
  })
  after(async () => {
    await running?.stop()
    await replica?.stop()
    await proxy?.stop()
    await postgres?.stop()
  })

  const recovered = async () => {
    await eventually('readiness', async () => await ready(running.url) && await ready(replica.url))
    assert.equal((await create(running.url)).status, 201)
    assert.equal((await translate(running.url)).status, 200)
  }

  for (
    const [name, begin, end] of [
      ['a server that is stopped and started', () => postgres.halt(), () => postgres.start()],
      ['connections that are cut and refused', async () => proxy.set('cut'), async () => proxy.set('open')]
    ] as const
  ) {
    test(`${name}: what needs it waits for later, what does not is answered, and it comes back by itself`, async () => {
      const kept = await create(running.url, 'kept')
      await begin()
      try {
        refusedForNow(await create(running.url))
        refusedForNow(await call(running.url, 'GET', '/v1/corpora'))
        assert.equal((await translate(running.url)).status, 200)
        assert.equal(await ready(running.url), false)
        assert.equal((await call(running.url, 'GET', '/health/live')).status, 200)
      } finally {
        await end()
      }
      await recovered()
      assert.equal((await call(running.url, 'GET', `/v1/corpora/${kept.json.id}`)).status, 200)
    })
  }

  test('a server that says nothing: readiness says so in time, and what waited is done', async () => {
    proxy.set('stalled')
    let isDone = false
    const waiting = create(running.url, 'late').finally(() => {
      isDone = true
    })
    assert.equal(await ready(running.url), false)
    assert.equal(isDone, false, 'readiness waits for less than a request does')
    assert.equal((await translate(running.url)).status, 200)
    proxy.set('open')
    assert.equal((await waiting).status, 201)
    await recovered()
  })

  test('a server that takes no writes, as after a failover', async () => {
    const name = new URL(database.url).pathname.slice(1)
    const switchTo = async (readOnly: 'on' | 'off') => {
      await administer(postgres.url, `ALTER DATABASE ${name} SET default_transaction_read_only = ${readOnly}`)
      await administer(postgres.url, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${name}'`)
    }
    await switchTo('on')
    try {
      await eventually('a refusal', async () => (await create(running.url)).status === 503)
      refusedForNow(await create(running.url))
      assert.equal((await translate(running.url)).status, 200)
      assert.equal((await call(running.url, 'GET', '/v1/corpora')).status, 200)
    } finally {
      await switchTo('off')
    }
    await recovered()
  })

  test('a server without a connection to spare', async () => {
    const name = new URL(database.url).pathname.slice(1)
    // Its user may do what the documentation says is enough. Superusers are let in beyond the limit.
    await administer(
      database.url,
      `DO $$ BEGIN
      CREATE ROLE plain LOGIN PASSWORD 'plain';
      GRANT USAGE ON SCHEMA public, pgboss TO plain;
      GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public, pgboss TO plain;
      GRANT USAGE ON ALL SEQUENCES IN SCHEMA public, pgboss TO plain;
    END $$`
    )
    const limited = new URL(database.url)
    limited.username = limited.password = 'plain'
    const third = await startService({
      config: { database: { url: limited.href, poolSize: 4 }, embedThreads: 1 }
    })
    try {
      await administer(postgres.url, `ALTER DATABASE ${name} CONNECTION LIMIT 0`)
      await administer(postgres.url, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'plain'")
      await eventually('a refusal', async () => (await create(third.url)).status === 503)
      refusedForNow(await create(third.url))
      assert.equal(await ready(third.url), false)
      await administer(postgres.url, `ALTER DATABASE ${name} CONNECTION LIMIT -1`)
      await eventually('readiness', async () => await ready(third.url))
      assert.equal((await create(third.url)).status, 201)
    } finally {
      await administer(postgres.url, `ALTER DATABASE ${name} CONNECTION LIMIT -1`)
      await third.stop()
    }
  })

  test('two replicas that activate at once end with one map, the same', async () => {
    const urls = [running.url, replica.url]
    const maps = await Promise.all(
      [1, 2, 3, 4].map(async seed =>
        (await call(running.url, 'POST', '/v1/maps', {
          json: {
            source: 'example-b',
            target: 'example-a',
            method: 'procrustes',
            seed,
            pairs: examples.pairs.map(({ source, target, ...pair }) => ({ ...pair, source: target, target: source }))
          }
        })).json.id as string
      )
    )
    for (let round = 0; round < 5; round++) {
      const answers = await Promise.all(
        maps.map((id, k) => call(urls[(k + round) % 2]!, 'POST', `/v1/maps/${id}/activate`))
      )
      assert.deepEqual(answers.map(({ status }) => status), [200, 200, 200, 200])
      const active = async (url: string) =>
        (await call(url, 'GET', '/v1/maps?source=example-b&target=example-a&state=active')).json.maps.map((
          { id }: { id: string }
        ) => id)
      const [one, ...others] = await active(running.url)
      assert.deepEqual(others, [])
      for (const url of urls) {
        await eventually(
          'the same map serves',
          async () =>
            (await call(url, 'POST', '/v1/translations', {
              json: { target: 'example-a', templates: [{ model: 'example-b', vector: [1, 2, 3] }] }
            })).json.maps[0].id === one
        )
      }
    }
    // What was acknowledged as retired is served by nobody, here from the moment of the answer.
    const [last] = (await call(running.url, 'GET', '/v1/maps?source=example-b&target=example-a&state=active')).json.maps
    assert.equal((await call(running.url, 'DELETE', `/v1/maps/${last.id}`)).status, 200)
    const after = await call(running.url, 'POST', '/v1/translations', {
      json: { target: 'example-a', templates: [{ model: 'example-b', vector: [1, 2, 3] }] }
    })
    assert.deepEqual([after.status, after.json.code], [409, 'map-missing'])
    await eventually(
      'the other replica',
      async () =>
        (await call(replica.url, 'POST', '/v1/translations', {
          json: { target: 'example-a', templates: [{ model: 'example-b', vector: [1, 2, 3] }] }
        })).status === 409
    )
  })
})

describe('faults of threads and files', () => {
  const workers: Worker[] = []
  const note = (worker: Worker) => {
    workers.push(worker)
  }
  let folder: string
  let running: RunningService
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'crosswalk-faults-'))
    await cp(modelsFolder, join(folder, 'models'), { recursive: true })
    await cp(modelCache, join(folder, 'cache'), { recursive: true })
    process.on('worker', note)
    // On a server: nothing replaces the thread of the embedded database, with which the process ends.
    running = await startService({
      config: { embedThreads: 1, modelsDir: join(folder, 'models'), modelCacheDir: join(folder, 'cache') }
    })
  })
  after(async () => {
    process.off('worker', note)
    await running?.stop()
    await rm(folder, { recursive: true })
  })

  /** Ends every other thread of the service while it has nothing to do: onnxruntime would end the process. */
  const endThreads = async () => {
    await Promise.all(workers.splice(0).map(worker => worker.terminate()))
  }

  test('threads that end are replaced', async () => {
    const fit = async () =>
      (await call(running.url, 'POST', '/v1/maps', {
        json: { source: 'example-a', target: 'example-b', pairs: examples.pairs }
      })).status
    assert.deepEqual([(await embed(running.url)).status, await fit()], [200, 201])
    assert.ok(workers.length >= 2)
    await endThreads()
    assert.deepEqual([(await embed(running.url)).status, await fit()], [200, 201])
  })

  test('a graph that is changed under its name is not run, readiness says so, and it comes back with the file', async () => {
    const graph = join(folder, 'cache', 'r512.onnx')
    await rm(graph)
    await copyFile(join(modelCache, 'dlib128.onnx'), graph)
    assert.equal((await embed(running.url)).status, 200, 'what was verified goes on')
    await endThreads()
    await eventually('a refusal', async () => (await embed(running.url)).status === 503)
    refusedForNow(await embed(running.url))
    assert.equal(await ready(running.url), false)
    await writeFile(graph, 'no graph at all')
    await endThreads()
    refusedForNow(await embed(running.url))
    await copyFile(join(modelCache, 'r512.onnx'), graph)
    await eventually('recovery', async () => (await embed(running.url)).status === 200)
    assert.equal(await ready(running.url), true)
  })
})
