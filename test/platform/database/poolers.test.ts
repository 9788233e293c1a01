import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { StartupError } from '../../../src/errors.js'
import type { ServerConfig } from '../../../src/platform/database/database.js'
import { openDatabase } from '../../../src/platform/database/open-database.js'
import { refusePooler } from '../../../src/platform/database/poolers.js'
import { examples } from '../../../src/platform/http/documented-examples.js'
import { startDatabase, urlOf, type TestDatabase } from '../../support/databases.js'
import { startPooler, withoutPooler } from '../../support/pooler.js'
import { administer } from '../../support/postgres-server.js'
import { call, startService } from '../../support/service.js'

describe('behind PgBouncer', { skip: withoutPooler }, () => {
  let started: TestDatabase
  before(async () => {
    started = await startDatabase('postgres')
  })
  after(() => started.stop())

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
    const pooler = await startPooler(urlOf(started), 'session')
    try {
      await useReplicas({ url: pooler.url })
    } finally {
      await pooler.stop()
    }
  })

  test('by transaction it is refused, unless there is a direct address', async () => {
    const pooler = await startPooler(urlOf(started), 'transaction')
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
    const pooler = await startPooler(urlOf(started), 'transaction')
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
