import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test, type TestContext } from 'node:test'
import { startServer, programOf, type ServerProcess } from '../../bench/processes.js'
import { queueTable } from '../../src/platform/database/queue-tables.js'
import { eventsOf, jobIn, makeCorpus, prefer, slow } from '../support/jobs.js'
import { startDatabase, urlOf } from '../support/databases.js'
import { prepareDataDirectory } from '../support/prepared.js'
import { eventually } from '../support/eventually.js'
import { administer, createDatabase, startPostgresServer } from '../support/postgres-server.js'
import { call, startService, type Json } from '../support/service.js'

const spaces = { source: 'jobs-a', target: 'jobs-b' }
/** It takes seconds. */
const fitOf = (corpus: string) => ({ ...spaces, corpus, method: 'auto' })

async function submit (url: string, corpus: string, headers: Record<string, string> = {}): Promise<string> {
  const { status, json } = await call(url, 'POST', '/v1/maps', {
    json: fitOf(corpus),
    headers: { ...prefer, ...headers }
  })
  assert.equal(status, 202, JSON.stringify(json))
  return json.id
}

const mapsOf = async (url: string): Promise<Json[]> =>
  (await call(url, 'GET', `/v1/maps?source=${spaces.source}`)).json.maps

/** Starts replicas as processes of their own, on one database. */
function replicas (t: TestContext, env: Record<string, string>) {
  return async (more: Record<string, string> = {}): Promise<ServerProcess> => {
    const server = await startServer(process.execPath, programOf('src/server'), {
      name: 'a replica',
      env: {
        HOST: '',
        PORT: '0',
        LOG_LEVEL: 'error',
        EMBED_THREADS: '1',
        EXAMPLES: 'off',
        MAX_WAIT: '60000',
        JOB_LEASE: '2',
        SHUTDOWN_DELAY: '200',
        ...env,
        ...more
      }
    })
    t.after(() => server.stop())
    return server
  }
}

async function kill (server: ServerProcess): Promise<void> {
  process.kill(server.pid, 'SIGKILL')
  await server.stop()
}

/** The address of a database on the server of all tests. */
async function postgres (t: TestContext): Promise<string> {
  const database = await startDatabase('postgres')
  t.after(() => database.stop())
  return urlOf(database)
}

describe('jobs of replicas that end', () => {
  test(
    'kill -9 of one of two that each do a job: the other does both, and each makes one map',
    async t => {
      const database = await postgres(t)
      const start = replicas(t, { DATABASE_URL: database })
      const [first, second] = [await start(), await start()]
      const corpus = await makeCorpus(first.url, spaces, {}, slow)
      const ids = [
        await submit(first.url, corpus, { 'idempotency-key': randomUUID() }),
        await submit(second.url, corpus)
      ]
      // A replica does one fit at a time: when two are done, each does one.
      const states = await eventually(
        'both to run',
        () => Promise.all(ids.map(async id => (await call(second.url, 'GET', `/v1/jobs/${id}`)).json.state)),
        states => states.every(state => state === 'running') || states.includes('succeeded')
      )
      assert.deepEqual(states, ['running', 'running'], 'the fits take long enough to be interrupted')
      const following = ids.map(id => eventsOf(second.url, id))
      await kill(first)
      const ended = await Promise.all(ids.map(id => jobIn(second.url, id)))
      assert.deepEqual(ended.map(({ state }) => state), ['succeeded', 'succeeded'], JSON.stringify(ended))
      assert.deepEqual(ended.map(({ attempts }) => attempts).toSorted(), [1, 2])
      assert.deepEqual(
        (await mapsOf(second.url)).map(({ id }) => `/v1/maps/${id}`).toSorted(),
        ended.map(({ result }) => result).toSorted()
      )
      for (const { events } of await Promise.all(following)) assert.equal(events.at(-1)!.event, 'succeeded')
    }
  )

  test(
    'a replica that is told to end gives its job back at once, and another does it',
    async t => {
      const database = await postgres(t)
      // No lease ends within the test.
      const start = replicas(t, { DATABASE_URL: database, JOB_LEASE: '3600' })
      const first = await start()
      const corpus = await makeCorpus(first.url, spaces, {}, slow)
      const id = await submit(first.url, corpus)
      await jobIn(first.url, id, ['running'])
      // Whoever follows the job does not keep the replica.
      const following = eventsOf(first.url, id)
      assert.equal(await first.stop(), 0)
      assert.equal((await following).events.at(-1)!.event, 'progress')
      const second = await start()
      const ended = await jobIn(second.url, id)
      assert.deepEqual([ended.state, ended.attempts], ['succeeded', 2])
      assert.equal((await mapsOf(second.url)).length, 1)
    }
  )

  test(
    'kill -9 on the embedded database, and the same replica does it when it is back',
    async t => {
      const folder = await mkdtemp(join(tmpdir(), 'crosswalk-jobs-'))
      t.after(() => rm(folder, { recursive: true, force: true }))
      await prepareDataDirectory(folder)
      const start = replicas(t, { DATABASE_URL: '', DATA_DIR: folder })
      let server = await start()
      const corpus = await makeCorpus(server.url, spaces, {}, slow)
      const id = await submit(server.url, corpus)
      await jobIn(server.url, id, ['running'])
      await kill(server)
      server = await start()
      const ended = await jobIn(server.url, id)
      assert.deepEqual([ended.state, ended.attempts], ['succeeded', 2], JSON.stringify(ended))
      assert.deepEqual((await mapsOf(server.url)).map(({ id }) => `/v1/maps/${id}`), [ended.result])
    }
  )

  test(
    'Postgres restarted in the middle: the service goes on, and so does the job, to one map',
    async t => {
      const { url, halt, start, stop } = await startPostgresServer()
      t.after(stop)
      const database = await createDatabase(url)
      const running = await startService({ config: { database: { url: database.url }, jobLease: 1 } })
      t.after(() => running.stop())
      const corpus = await makeCorpus(running.url, spaces, {}, slow)
      const id = await submit(running.url, corpus)
      const following = eventsOf(running.url, id)
      await jobIn(running.url, id, ['running'])
      // The lease has ended when the server is back, as after an outage of an hour.
      await administer(database.url, `UPDATE ${queueTable} SET started_on = started_on - interval '1 hour'`)
      await halt()
      assert.equal((await call(running.url, 'GET', `/v1/jobs/${id}`)).status, 503)
      assert.equal((await call(running.url, 'GET', '/health/live')).status, 200)
      await start()
      const ended = await jobIn(running.url, id)
      assert.equal(ended.state, 'succeeded', JSON.stringify(ended))
      assert.equal((await mapsOf(running.url)).length, 1)
      assert.equal((await following).events.at(-1)!.event, 'succeeded')
      // And those that come after it.
      assert.equal((await jobIn(running.url, await submit(running.url, corpus))).state, 'succeeded')
    }
  )

  test(
    'events and a cancellation reach the replica that has nothing to do with the job',
    async t => {
      const database = await postgres(t)
      const one = await startService({ config: { database: { url: database } } })
      t.after(() => one.stop())
      const other = await startService({ config: { database: { url: database } } })
      t.after(() => other.stop())
      await other.service.jobs.stop()
      const corpus = await makeCorpus(one.url, spaces, {}, slow)
      const id = await submit(other.url, corpus)
      const { events } = await eventsOf(other.url, id)
      assert.equal(events.at(-1)!.event, 'succeeded')
      assert.ok(new Set(events.map(({ data }) => data.progress.stage)).size > 2, JSON.stringify(events))

      const second = await submit(other.url, corpus)
      await jobIn(other.url, second, ['running'])
      assert.equal((await call(other.url, 'DELETE', `/v1/jobs/${second}`)).json.state, 'cancelled')
      // The replica that did it is free again.
      const third = await submit(other.url, corpus)
      assert.equal((await jobIn(other.url, third)).state, 'succeeded')
      assert.equal((await mapsOf(other.url)).length, 2)
    }
  )
})
