import assert from 'node:assert/strict'
import { createSecretKey, randomBytes } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { createRandom } from '../../../src/science/linear-algebra/random.js'
import { exampleMapId, examples } from '../../../src/platform/http/documented-examples.js'
import { eventually } from '../../support/eventually.js'
import { jobIn } from '../../support/jobs.js'
import { call, forEachService, startService, type Json } from '../../support/service.js'

const random = createRandom(9)
const people = Array.from(
  { length: 300 },
  (_, i) => ({ subject: `p${i}`, vector: Array.from({ length: 4 }, () => random.next() - 0.5) })
)

forEachService('indexes of galleries', running => {
  const filled = async (): Promise<string> => {
    const { id } = (await call(running.url, 'POST', '/v1/galleries', { json: { name: 'indexed' } })).json
    assert.equal(
      (await call(running.url, 'POST', `/v1/galleries/${id}/templates?model=example-a`, {
        json: { templates: people }
      })).status,
      200
    )
    return id
  }
  const put = async (id: string, model = 'example-a') =>
    await call(running.url, 'PUT', `/v1/galleries/${id}/indexes/${model}`)
  const search = async (id: string, json: object) =>
    await call(running.url, 'POST', `/v1/galleries/${id}/identifications`, { json })
  const subjects = (json: Json) => json.results[0].candidates.map(({ subject }: Json) => subject)

  test('with pgvector in the database, a gallery is indexed and searched by the index', async t => {
    if (
      running.kind === 'postgres' &&
      (await running.service.indexing.list('00000000-0000-4000-8000-0000000000d0')).length === 0 &&
      (await put(await filled())).status === 409
    ) {
      const id = await filled()
      const { status, json } = await put(id)
      assert.deepEqual([status, json.code], [409, 'index-unavailable'])
      assert.match(json.detail, /lacks pgvector/)
      assert.equal(
        (await search(id, { probes: [{ model: 'example-a', vector: people[0]!.vector }], method: 'index' })).json.code,
        'index-unavailable'
      )
      assert.deepEqual((await call(running.url, 'GET', `/v1/galleries/${id}/indexes`)).json.indexes, [])
      return t.diagnostic('the server has no pgvector: what was tested is that it says so')
    }
    const id = await filled()
    const probe = { model: 'example-a', vector: people[7]!.vector }
    assert.equal((await search(id, { probes: [probe], method: 'index' })).json.code, 'index-unavailable')
    const { status, json: job } = await put(id)
    assert.equal(status, 202)
    assert.equal((await jobIn(running.url, job.id)).state, 'succeeded')
    assert.deepEqual(
      (await call(running.url, 'GET', `/v1/galleries/${id}/indexes`)).json.indexes.map((
        { state, dimension, map }: Json
      ) => [state, dimension, map]),
      [['ready', 4, null]]
    )
    const exact = await search(id, { probes: [probe], method: 'exact', candidates: 10 })
    const indexed = await search(id, { probes: [probe], method: 'index', candidates: 10, efSearch: 200 })
    assert.deepEqual([exact.json.searches[0].groups[0].method, indexed.json.searches[0].groups[0].method], [
      'exact',
      'index'
    ])
    assert.deepEqual(indexed.json.results, exact.json.results)

    // What changes is found, and not found, by the next search.
    await call(running.url, 'DELETE', `/v1/galleries/${id}/subjects/p7`)
    await call(running.url, 'POST', `/v1/galleries/${id}/templates?model=example-a`, {
      json: { templates: [{ subject: 'new', vector: people[7]!.vector }] }
    })
    const after = await search(id, { probes: [probe], method: 'index', candidates: 10, efSearch: 200 })
    assert.equal(subjects(after.json)[0], 'new')
    assert.ok(!subjects(after.json).includes('p7'))

    // Another model's probes are compared elsewhere, by an index of its own.
    const other = { model: 'example-b', vector: examples.pairs[0]!.target.vector }
    assert.equal((await search(id, { probes: [other], method: 'index' })).json.code, 'index-unavailable')
    assert.equal((await jobIn(running.url, (await put(id, 'example-b')).json.id)).state, 'succeeded')
    const across = [
      await search(id, { probes: [other], method: 'exact', candidates: 5 }),
      await search(id, { probes: [other], method: 'index', candidates: 5, efSearch: 300 })
    ]
    assert.deepEqual(across[1]!.json.results, across[0]!.json.results)

    assert.equal((await call(running.url, 'DELETE', `/v1/galleries/${id}/indexes`)).status, 204)
    assert.deepEqual((await call(running.url, 'GET', `/v1/galleries/${id}/indexes`)).json.indexes, [])
    assert.equal((await put(id)).status, 202)
    assert.equal((await call(running.url, 'DELETE', `/v1/galleries/${id}`)).status, 204)
  })

  const indexesOf = async (id: string) =>
    (await call(running.url, 'GET', `/v1/galleries/${id}/indexes`)).json.indexes.map((
      { state, migration, dimension }: Json
    ) => [state, migration === null ? 'native' : 'translated', dimension])
  /** Translates a gallery of example-a. @returns the address of its migration, which is ready */
  const migrated = async (id: string): Promise<string> => {
    const { json: job } = await call(running.url, 'POST', `/v1/galleries/${id}/migrations`, {
      json: { target: 'example-b', map: exampleMapId }
    })
    const { state, result } = await jobIn(running.url, job.id)
    assert.equal(state, 'succeeded')
    return result
  }

  test('a migration of an indexed gallery indexes what it translates, and its commit swaps the indexes', async t => {
    const id = await filled()
    if ((await put(id)).status === 409) {
      // Nothing is indexed, and nothing is asked for.
      assert.equal((await call(running.url, 'POST', `${await migrated(id)}/commit`)).status, 200)
      return t.diagnostic('the server has no pgvector: what was tested is that a migration needs none')
    }
    await eventually('the index', () => indexesOf(id), indexes => indexes[0]?.[0] === 'ready')
    const address = await migrated(id)
    assert.deepEqual(await indexesOf(id), [['ready', 'native', 4], ['awaiting', 'translated', 3]])
    // Until then the originals are searched, by their index.
    const probe = { model: 'example-a', vector: people[7]!.vector }
    const before = await search(id, { probes: [probe], method: 'index', candidates: 10 })
    assert.equal(before.json.searches[0].groups[0].model, 'example-a')
    // What is enrolled meanwhile, and what leaves, the commit brings along.
    await call(running.url, 'POST', `/v1/galleries/${id}/templates?model=example-a`, {
      json: { templates: [{ subject: 'late', vector: people[7]!.vector }] }
    })
    await call(running.url, 'DELETE', `/v1/galleries/${id}/subjects/p9`)
    assert.equal((await call(running.url, 'POST', `${address}/commit`)).status, 200)
    for (const model of ['example-a', 'example-b']) {
      const probes = [{ model, vector: model === 'example-a' ? people[7]!.vector : [0.3, -0.2, 0.9] }]
      const [indexed, exact] = await Promise.all(
        ['index', 'exact'].map(async method =>
          (await search(id, { probes, method, candidates: 50, efSearch: 400 })).json
        )
      )
      assert.equal(indexed.searches[0].groups[0].method, 'index')
      assert.deepEqual(indexed.results, exact.results)
    }
    const found = subjects((await search(id, { probes: [probe], method: 'index', candidates: 50 })).json)
    assert.ok(found.includes('late') && found.includes('p7') && !found.includes('p9'))
    await eventually('the old index to go', () => indexesOf(id), indexes => indexes.length === 1)
    assert.deepEqual(await indexesOf(id), [['ready', 'translated', 3]])
  })

  test('a rollback deletes the index of what was translated, and leaves the other', async t => {
    const id = await filled()
    if ((await put(id)).status === 409) return t.skip('the server has no pgvector')
    await eventually('the index', () => indexesOf(id), indexes => indexes[0]?.[0] === 'ready')
    const first = await migrated(id)
    assert.equal((await call(running.url, 'POST', `${first}/rollback`)).status, 200)
    await eventually('its index to go', () => indexesOf(id), indexes => indexes.length === 1)
    assert.deepEqual(await indexesOf(id), [['ready', 'native', 4]])
    // Another migration of the same gallery begins the epoch that the first would have begun.
    assert.equal((await call(running.url, 'POST', `${await migrated(id)}/commit`)).status, 200)
    const { json } = await search(id, { probes: [{ model: 'example-b', vector: [1, 2, 3] }], method: 'index' })
    assert.equal(json.searches[0].groups[0].method, 'index')
  })

  test('4xx: galleries and models that cannot be indexed are refused', async () => {
    assert.equal((await put('00000000-0000-4000-8000-ffffffffffff')).json.code, 'gallery-unknown')
    const { status, json } = await put(await filled(), 'r512')
    assert.equal(status, 409)
    assert.ok(['map-missing', 'index-unavailable'].includes(json.code))
  })
}, { citus: true })

test('409: the templates of an encrypted gallery are never indexed in the clear', async t => {
  const folder = await mkdtemp(join(tmpdir(), 'crosswalk-keys-'))
  t.after(() => rm(folder, { recursive: true }))
  await writeFile(join(folder, 'keys'), `k ${createSecretKey(randomBytes(32)).export().toString('base64')}\n`)
  const { url, stop } = await startService({ kind: 'embedded', config: { encryptionKeysFile: join(folder, 'keys') } })
  t.after(stop)
  const { id, encrypted } = (await call(url, 'POST', '/v1/galleries', { json: { name: 'sealed' } })).json
  assert.equal(encrypted, true)
  await call(url, 'POST', `/v1/galleries/${id}/templates?model=example-a`, { json: { templates: people } })
  const { status, json } = await call(url, 'PUT', `/v1/galleries/${id}/indexes/example-a`)
  assert.deepEqual([status, json.code], [409, 'index-unavailable'])
  assert.match(json.detail, /encrypted/)
  const found = await call(url, 'POST', `/v1/galleries/${id}/identifications`, {
    json: { probes: [{ model: 'example-a', vector: people[4]!.vector }] }
  })
  assert.deepEqual([found.json.searches[0].groups[0].method, found.json.results[0].candidates[0].subject], [
    'exact',
    'p4'
  ])
})
