import assert from 'node:assert/strict'
import { createSecretKey, randomBytes } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, afterEach, before, describe, test } from 'node:test'
import { createRandom } from '../../../src/science/linear-algebra/random.js'
import { exampleMapId, examples } from '../../../src/platform/http/documented-examples.js'
import { eventually } from '../../support/eventually.js'
import { jobIn } from '../../support/jobs.js'
import { startQdrantDouble, type QdrantDouble } from '../../support/qdrant/qdrant-double.js'
import { call, startService, type Json, type RunningService } from '../../support/service.js'

const random = createRandom(11)
const people = Array.from(
  { length: 60 },
  (_, i) => ({ subject: `p${i}`, vector: Array.from({ length: 4 }, () => random.next() - 0.5) })
)
const settings = { apiKey: 'the-key', replicas: 1, shards: undefined, quantisation: 'int8' } as const

/** As Qdrant's documentation says that it answers; no Qdrant is asked. */
describe('indexes of galleries in Qdrant, against its documented answers', () => {
  let double: QdrantDouble
  let running: RunningService
  before(async () => {
    double = await startQdrantDouble()
    running = await startService({ config: { vectorEngine: { ...settings, url: double.url } } })
  })
  after(async () => {
    await running.stop()
    await double.close()
  })

  afterEach(() => {
    double.onRequest = () => {}
  })

  const api = async (method: 'GET' | 'PUT' | 'POST' | 'DELETE', path: string, json?: object) =>
    await call(running.url, method, `/v1/galleries${path}`, json === undefined ? {} : { json })
  async function filled (): Promise<string> {
    const { id } = (await api('POST', '', { name: 'indexed' })).json
    assert.equal((await api('POST', `/${id}/templates?model=example-a`, { templates: people })).status, 200)
    return id
  }
  async function indexed (id: string, model = 'example-a'): Promise<void> {
    const { status, json } = await api('PUT', `/${id}/indexes/${model}`)
    assert.equal(status, 202, JSON.stringify(json))
    const job = await jobIn(running.url, json.id)
    assert.equal(job.state, 'succeeded', JSON.stringify(job))
  }
  const search = async (id: string, method: string, probe: Json = { model: 'example-a', vector: people[7]!.vector }) =>
    await api('POST', `/${id}/identifications`, { probes: [probe], method, candidates: 10 })
  const methodOf = ({ json }: { json: Json }) => json.searches[0].groups[0].method
  const subjects = ({ json }: { json: Json }) => json.results[0].candidates.map(({ subject }: Json) => subject)
  const ofGallery = (id: string) =>
    [...double.collections].filter(([name]) => name.includes(id)).map(([, { points }]) => points)
  const waiting = async (what: string) => {
    const text = await (await fetch(`${running.url}/metrics`)).text()
    return Number(new RegExp(`^crosswalk_vector_engine_waiting\\{what="${what}"\\} (\\d+)$`, 'm').exec(text)![1])
  }
  /** Everything is answered with 503 until the returned function is called. */
  function sendAway (): () => void {
    double.onRequest = () => {
      throw new Error('away')
    }
    return () => {
      double.onRequest = () => {}
    }
  }

  test('a gallery is searched by its index as exactly, for probes of either model, and follows changes', async () => {
    const id = await filled()
    assert.equal((await search(id, 'index')).json.code, 'index-unavailable')
    await indexed(id)
    const { indexes } = (await api('GET', `/${id}/indexes`)).json
    assert.deepEqual(indexes.map(({ state, dimension, map }: Json) => [state, dimension, map]), [['ready', 4, null]])
    const [exact, byIndex] = [await search(id, 'exact'), await search(id, 'index')]
    assert.deepEqual([methodOf(exact), methodOf(byIndex)], ['exact', 'index'])
    assert.deepEqual(byIndex.json.results, exact.json.results)
    assert.ok(double.requests.every(({ key }) => key === 'the-key'))

    await api('POST', `/${id}/templates?model=example-a`, {
      templates: [{ subject: 'new', vector: people[7]!.vector }]
    })
    await api('DELETE', `/${id}/subjects/p7`)
    assert.equal(ofGallery(id)[0]!.size, 59)
    const after = await search(id, 'index')
    assert.equal(subjects(after)[0], 'new')
    assert.equal(ofGallery(id)[0]!.size, 60)
    assert.deepEqual(after.json.results, (await search(id, 'exact')).json.results)

    const other = { model: 'example-b', vector: examples.pairs[0]!.target.vector }
    await indexed(id, 'example-b')
    assert.deepEqual((await search(id, 'index', other)).json.results, (await search(id, 'exact', other)).json.results)
    assert.equal(ofGallery(id).length, 2)
    await api('DELETE', `/${id}/subjects/p8/templates/example-a`)
    assert.deepEqual(ofGallery(id).map(({ size }) => size), [59, 59])
    assert.equal((await api('DELETE', `/${id}/indexes`)).status, 204)
    assert.deepEqual(ofGallery(id), [])
  })

  test('what Qdrant has and the database has not is not found', async () => {
    const id = await filled()
    await indexed(id)
    const points = ofGallery(id)[0]! as Map<string, { id: string }>
    const [first] = points.values()
    points.set('999999', { ...first!, id: '999999' })
    assert.deepEqual((await search(id, 'index')).json.results, (await search(id, 'exact')).json.results)
  })

  test('while Qdrant is away searches are exact, and what is erased leaves it once it is back', async () => {
    const id = await filled()
    await indexed(id)
    const back = sendAway()
    assert.equal((await api('DELETE', `/${id}/subjects/p7`)).status, 200)
    const found = await search(id, 'auto')
    assert.deepEqual([found.status, methodOf(found)], [200, 'exact'])
    assert.ok(!subjects(found).includes('p7'))
    const { status, json } = await search(id, 'index')
    assert.deepEqual([status, json.code], [503, 'unavailable'])
    assert.equal((await call(running.url, 'GET', '/health/ready')).status, 200)
    assert.equal(await waiting('templates'), 1)
    assert.equal(ofGallery(id)[0]!.size, 60)
    // A gallery that is deleted meanwhile is gone for everybody but Qdrant.
    const other = await filled()
    back()
    await eventually('the erasure', () => ofGallery(id)[0]!.size === 59)
    await indexed(other)
    const again = sendAway()
    assert.equal((await api('DELETE', `/${other}`)).status, 204)
    assert.equal(await waiting('collections'), 1)
    again()
    await eventually('the collection to go', () => ofGallery(other).length === 0)
    assert.equal(await waiting('collections') + await waiting('templates'), 0)
    await eventually('searches by the index', async () => (await search(id, 'index')).status === 200)
  })

  test('a migration indexes what it translates, its commit swaps the collections, and an erasure reaches both', async () => {
    const id = await filled()
    await indexed(id)
    const { json: job } = await api('POST', `/${id}/migrations`, { target: 'example-b', map: exampleMapId })
    const { state, result } = await jobIn(running.url, job.id)
    assert.equal(state, 'succeeded')
    assert.deepEqual(ofGallery(id).map(({ size }) => size), [60, 60])
    await api('DELETE', `/${id}/subjects/p9`)
    assert.deepEqual(ofGallery(id).map(({ size }) => size), [59, 59])
    assert.equal((await call(running.url, 'POST', `${result}/commit`)).status, 200)
    const found = await search(id, 'index')
    assert.equal(methodOf(found), 'index')
    assert.deepEqual(found.json.results, (await search(id, 'exact')).json.results)
    await eventually('the old collection to go', () => ofGallery(id).length === 1)
  })

  test('a collection that somebody deletes is no index any more, and PUT makes another', async () => {
    const id = await filled()
    await indexed(id)
    const [name] = [...double.collections.keys()].filter(each => each.includes(id))
    await fetch(`${double.url}/collections/${name}`, { method: 'DELETE' })
    assert.equal((await search(id, 'index')).status, 503)
    assert.equal((await search(id, 'index')).json.code, 'index-unavailable')
    assert.equal(methodOf(await search(id, 'auto')), 'exact')
    await indexed(id)
    assert.equal(methodOf(await search(id, 'index')), 'index')
  })
})

test('the templates of an encrypted gallery are never sent to Qdrant', async t => {
  const folder = await mkdtemp(join(tmpdir(), 'crosswalk-keys-'))
  t.after(() => rm(folder, { recursive: true }))
  await writeFile(join(folder, 'keys'), `k ${createSecretKey(randomBytes(32)).export().toString('base64')}\n`)
  const double = await startQdrantDouble()
  t.after(() => double.close())
  const { url, stop } = await startService({
    config: { encryptionKeysFile: join(folder, 'keys'), vectorEngine: { ...settings, url: double.url } }
  })
  t.after(stop)
  const { id, encrypted } = (await call(url, 'POST', '/v1/galleries', { json: { name: 'sealed' } })).json
  assert.equal(encrypted, true)
  await call(url, 'POST', `/v1/galleries/${id}/templates?model=example-a`, { json: { templates: people } })
  const { status, json } = await call(url, 'PUT', `/v1/galleries/${id}/indexes/example-a`)
  assert.deepEqual([status, json.code], [409, 'index-unavailable'])
  assert.match(json.detail, /encrypted/)
  const probe = { model: 'example-a', vector: people[4]!.vector }
  const found = await call(url, 'POST', `/v1/galleries/${id}/identifications`, { json: { probes: [probe] } })
  assert.equal(found.json.results[0].candidates[0].subject, 'p4')
  assert.equal(double.collections.size, 0)
})

test('the service starts and is ready without its Qdrant, and the log says so', async t => {
  const lines: string[] = []
  const { url, stop } = await startService({
    config: { vectorEngine: { ...settings, url: 'http://127.0.0.1:9' } },
    log: {
      write: line => {
        lines.push(line)
      }
    }
  })
  t.after(stop)
  assert.equal((await call(url, 'GET', '/health/ready')).status, 200)
  await eventually(
    'the log',
    () => lines.some(line => /searched exactly without their indexes: .*127\.0\.0\.1:9/.test(line))
  )
})
