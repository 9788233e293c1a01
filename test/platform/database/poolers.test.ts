import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { StartupError } from '../../../src/errors.js'
import type { ServerConfig } from '../../../src/platform/database/database.js'
import { openDatabase } from '../../../src/platform/database/open-database.js'
import { refusePooler } from '../../../src/platform/database/poolers.js'
import { examples } from '../../../src/platform/http/documented-examples.js'
import { startDatabase, urlOf, type TestDatabase } from '../../support/databases.js'
import { eventually } from '../../support/eventually.js'
import { administer, freePort } from '../../support/postgres-server.js'
import { call, startService } from '../../support/service.js'

const missing = (() => {
  try {
    execFileSync('pgbouncer', ['--version'], { stdio: 'ignore' })
    return false
  } catch {
    return 'needs pgbouncer, which is not installed'
  }
})()

describe('behind PgBouncer', { skip: missing }, () => {
  let started: TestDatabase
  before(async () => {
    started = await startDatabase('postgres')
  })
  after(() => started.stop())

  /** @returns the address of the database through the pooler */
  async function startPooler (mode: 'session' | 'transaction'): Promise<{ url: string, stop(): Promise<void> }> {
    const folder = await mkdtemp(join(tmpdir(), 'crosswalk-pgbouncer-'))
    await chmod(folder, 0o755)
    const server = new URL(urlOf(started))
    const port = await freePort()
    const name = server.pathname.slice(1)
    await writeFile(
      join(folder, 'pgbouncer.ini'),
      `[databases]
${name} = host=127.0.0.1 port=${server.port} user=${server.username} password=${server.password}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = any
pool_mode = ${mode}
max_client_conn = 200
default_pool_size = 40
`
    )
    const child = spawn('pgbouncer', [
      ...process.getuid?.() === 0 ? ['-u', 'nobody'] : [],
      join(folder, 'pgbouncer.ini')
    ], {
      stdio: 'ignore'
    })
    const url = `postgres://any@127.0.0.1:${port}/${name}`
    await eventually('an answer of pgbouncer', () => administer(url, 'SELECT 1').catch(() => undefined))
    return {
      url,
      async stop () {
        child.kill('SIGTERM')
        if (child.exitCode === null) await once(child, 'exit')
        await rm(folder, { recursive: true })
      }
    }
  }

  /** Runs the whole service and retires a map on one replica: the other must not serve it. */
  async function useReplicas (config: ServerConfig): Promise<void> {
    const replicas = [
      await startService({ config: { database: config } }),
      await startService({ config: { database: config } })
    ]
    const [first, second] = replicas as [typeof replicas[0], typeof replicas[0]]
    try {
      const pairs = examples.pairs.map(({ source, target, ...pair }) => ({ ...pair, source: target, target: source }))
      const { json: { id } } = await call(first.url, 'POST', '/v1/maps', {
        json: { source: 'example-b', target: 'example-a', method: 'procrustes', pairs }
      })
      const translate = async (url: string) => {
        const { status, json } = await call(url, 'POST', '/v1/translations', {
          json: { target: 'example-a', templates: [{ model: 'example-b', vector: [1, 2, 3] }] }
        })
        return status === 200 ? json.maps[0].id : json.code
      }
      assert.equal((await call(first.url, 'POST', `/v1/maps/${id}/activate`)).status, 200)
      assert.equal(await translate(second.url), id)
      assert.equal((await call(first.url, 'DELETE', `/v1/maps/${id}`)).status, 200)
      assert.equal(await translate(second.url), 'map-missing')
      assert.equal((await call(second.url, 'GET', '/health/ready')).status, 200)
    } finally {
      await Promise.all(replicas.map(replica => replica.stop()))
    }
  }

  test('by session the service works as installed', async () => {
    const pooler = await startPooler('session')
    try {
      await useReplicas({ url: pooler.url })
    } finally {
      await pooler.stop()
    }
  })

  test('by transaction it is refused, unless there is a direct address', async () => {
    const pooler = await startPooler('transaction')
    try {
      const database = await openDatabase({ url: pooler.url })
      try {
        assert.equal(await database.sharesSessions(), true)
        await assert.rejects(
          refusePooler(database),
          (error: Error) =>
            error instanceof StartupError && /set DATABASE_DIRECT_URL to the server itself/.test(error.message)
        )
      } finally {
        await database.close()
      }
      await useReplicas({ url: pooler.url, directUrl: urlOf(started) })
    } finally {
      await pooler.stop()
    }
  })

  test('by transaction the defaults of the role have to be what sessions cannot set', async () => {
    const name = new URL(urlOf(started)).pathname.slice(1)
    await administer(urlOf(started), `ALTER DATABASE ${name} SET array_nulls = off`)
    const pooler = await startPooler('transaction')
    const database = await openDatabase({ url: pooler.url, directUrl: urlOf(started) })
    try {
      await assert.rejects(
        refusePooler(database),
        (error: Error) => error instanceof StartupError && /ALTER ROLE … SET array_nulls = 'on'/.test(error.message)
      )
    } finally {
      await administer(urlOf(started), `ALTER DATABASE ${name} RESET array_nulls`)
      await database.close()
      await pooler.stop()
    }
  })
})

test('a server without a pooler shares no sessions, and hears itself', async () => {
  const started = await startDatabase('postgres')
  const database = await openDatabase(started.config)
  try {
    assert.equal(await database.sharesSessions(), false)
    await refusePooler(database)
  } finally {
    await database.close()
    await started.stop()
  }
})

test('a direct address that leads to another database is refused', async () => {
  const [started, other] = [await startDatabase('postgres'), await startDatabase('postgres')]
  const database = await openDatabase({ url: urlOf(started), directUrl: urlOf(other) })
  try {
    await assert.rejects(refusePooler(database), /both addresses lead to the same database/)
  } finally {
    await database.close()
    await started.stop()
    await other.stop()
  }
})
