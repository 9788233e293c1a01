import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { examples } from '../../../src/platform/http/documented-examples.js'
import { databaseKinds, startDatabase, urlOf, type DatabaseKind } from '../../support/databases.js'
import { recordsOf } from '../../support/connection.js'
import { eventually } from '../../support/eventually.js'
import { call, startService, type Json, type RunningService, type ServiceOptions } from '../../support/service.js'
import { startTcpProxy } from '../../support/tcp-proxy.js'

const pair = {
  probe: { template: { model: 'r512', data: examples.templates.r512 } },
  reference: { template: { model: 'dlib128', data: examples.templates.dlib128 } }
}

async function withService (
  kind: DatabaseKind,
  options: ServiceOptions,
  work: (running: RunningService) => Promise<void>
): Promise<void> {
  const running = await startService({ kind, ...options })
  try {
    await work(running)
  } finally {
    await running.stop()
  }
}

for (const kind of databaseKinds) {
  describe(`the audit (${kind})`, () => {
    test('records decisions and changes, their callers and outcomes, and no template', async () => {
      await withService(kind, { config: { audit: 'strict', apiKeysRequired: true } }, async ({ url, service }) => {
        const admin = await service.access.issue({ name: 'admin', scopes: ['admin', 'verify', 'fit', 'translate'] })
        const reader = await service.access.issue({ name: 'reader', scopes: ['verify'] })
        const as = (key: string) => ({ headers: { authorization: `Bearer ${key}` } })
        const record = async (): Promise<Json[]> =>
          (await call(url, 'GET', '/v1/audit', as(admin.key))).json.records.map(({ record }: Json) => record)
        assert.deepEqual(await record(), [])

        const verified = await call(url, 'POST', '/v1/verifications', { json: pair, ...as(reader.key) })
        assert.equal(verified.status, 200)
        const [verification, ...none] = await record()
        assert.deepEqual(none, [])
        assert.deepEqual({ ...verification, at: undefined, request: undefined, bytes: undefined }, {
          seq: 1,
          at: undefined,
          request: undefined,
          bytes: undefined,
          key: { id: reader.stored.id, prefix: reader.stored.prefix },
          operation: 'verify',
          phase: 'ended',
          models: ['r512', 'dlib128'],
          maps: [verified.json.map.id],
          templates: 2,
          version: 2,
          decision: verified.json.decision,
          status: 200
        })
        assert.equal(verification.bytes, JSON.stringify(pair).length)

        // Refused by its scope, and read only: on no record.
        assert.equal((await call(url, 'POST', '/v1/corpora', { json: { name: 'x' }, ...as(reader.key) })).status, 403)
        assert.equal((await call(url, 'GET', '/v1/maps', as(reader.key))).status, 200)
        assert.equal((await record()).length, 1)

        const created = await call(url, 'POST', '/v1/corpora', { json: { name: 'audited' }, ...as(admin.key) })
        assert.equal(created.status, 201)
        const [begun, ended] = (await record()).slice(1)
        assert.deepEqual([begun.operation, begun.phase, begun.status], ['createCorpus', 'begun', undefined])
        assert.deepEqual([ended.phase, ended.status, ended.made], ['ended', 201, created.headers.get('location')])
        assert.equal(begun.request, ended.request)

        const address = created.headers.get('location')!
        assert.equal((await call(url, 'DELETE', address, as(admin.key))).status, 204)
        assert.deepEqual((await record()).slice(3).map(({ operation, phase, params }) => [operation, phase, params]), [[
          'deleteCorpus',
          'begun',
          { id: address.split('/').at(-1) }
        ], ['deleteCorpus', 'ended', { id: address.split('/').at(-1) }]])

        const refused = await call(url, 'POST', '/v1/verifications', {
          json: { ...pair, reference: { template: { model: 'nobody', data: 'AAAA' } } },
          ...as(reader.key)
        })
        const last = (await record()).at(-1)
        assert.deepEqual([last.status, last.problem], [refused.status, 'model-unknown'])

        const rows = new Float32Array(512).fill(1)
        const translated = await call(url, 'POST', '/v1/translations?source=r512&target=dlib128', {
          body: rows,
          headers: {
            ...as(admin.key).headers,
            'content-type': 'application/octet-stream',
            accept: 'application/octet-stream'
          }
        })
        assert.equal(translated.status, 200)
        const translation = (await record()).at(-1)
        assert.deepEqual([translation.operation, translation.models, translation.templates, translation.maps], [
          'translateTemplates',
          ['r512', 'dlib128'],
          1,
          [translated.headers.get('crosswalk-map')]
        ])

        const text = (await call(url, 'GET', '/v1/audit', as(admin.key))).bytes.toString()
        assert.ok(!text.includes(examples.templates.r512.slice(0, 40)))
        const page = (await call(url, 'GET', '/v1/audit?after=2&limit=2', as(admin.key))).json
        assert.deepEqual([page.records.map(({ record }: Json) => record.seq), page.next], [[3, 4], 4])
        assert.equal((await call(url, 'GET', '/v1/audit', as(reader.key))).status, 403)
      })
    })

    test('records all decisions soon after their answers by default, and nothing when it is off', async () => {
      await withService(kind, {}, async ({ url }) => {
        const many = 40
        await Promise.all(Array.from({ length: many }, async () => {
          const { status, json } = await call(url, 'POST', '/v1/verifications', { json: pair })
          assert.equal(status, 200, JSON.stringify(json))
        }))
        const records = await eventually(
          `${many} records`,
          async (): Promise<Json[]> => (await call(url, 'GET', '/v1/audit')).json.records,
          records => records.length >= many
        )
        assert.equal(new Set(records.map(({ record }) => record.request)).size, many)
        assert.ok(records.every(({ record }) => record.key === null))
      })
      await withService(kind, { config: { audit: 'off' } }, async ({ url }) => {
        await call(url, 'POST', '/v1/verifications', { json: pair })
        await call(url, 'POST', '/v1/corpora', { json: { name: 'unaudited' } })
        assert.deepEqual((await call(url, 'GET', '/v1/audit')).json.records, [])
      })
    })
  })
}

describe('the audit of a stream', () => {
  test('records its beginning, and how many templates it reached', async () => {
    await withService('postgres', { config: { audit: 'strict' } }, async ({ url }) => {
      const rows = 6000
      const answer = await call(url, 'POST', '/v1/translations?source=r512&target=dlib128', {
        body: new Float32Array(rows * 512).fill(1),
        headers: { 'content-type': 'application/octet-stream', accept: 'application/octet-stream' }
      })
      assert.equal(answer.bytes.length, rows * 128 * 4)
      const records = await recordsOf(url, 'translateTemplates', 2)
      assert.deepEqual(records.map(({ phase, templates, complete }) => [phase, templates, complete]), [[
        'begun',
        rows,
        undefined
      ], ['ended', rows, true]])
    })
  })
})

describe('without the database', () => {
  for (const { audit, status } of [{ audit: 'strict', status: 503 }, { audit: 'prompt', status: 200 }] as const) {
    test(`a decision is answered with ${status} when the audit is ${audit}`, async () => {
      const database = await startDatabase('postgres')
      const proxy = await startTcpProxy(urlOf(database))
      const running = await startService({ config: { database: { url: proxy.url }, audit } })
      try {
        assert.equal((await call(running.url, 'POST', '/v1/verifications', { json: pair })).status, 200)
        proxy.set('cut')
        const answer = await call(running.url, 'POST', '/v1/verifications', { json: pair })
        assert.equal(answer.status, status, answer.bytes.toString())
        if (status === 503) assert.equal(answer.json.code, 'unavailable')
        assert.equal((await call(running.url, 'POST', '/v1/corpora', { json: { name: 'x' } })).status, 503)
      } finally {
        await running.stop()
        await proxy.stop()
        await database.stop()
      }
    })
  }
})
