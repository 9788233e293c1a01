import assert from 'node:assert/strict'
import { createSecretKey, randomBytes } from 'node:crypto'
import { afterEach, before, beforeEach, test } from 'node:test'
import { applyEncryption } from '../../../src/platform/encryption/apply.js'
import { createVault } from '../../../src/platform/encryption/vault.js'
import type { Database } from '../../../src/platform/database/database.js'
import { createLogger } from '../../../src/logger.js'
import type { TemplateMatrix } from '../../../src/science/linear-algebra/matrix.js'
import { changeShard } from '../../../src/features/galleries/store/head.js'
import { openChannels } from '../../../src/features/galleries/store/qdrant/channel.js'
import { createCollectionRows } from '../../../src/features/galleries/store/qdrant/collection-rows.js'
import { createQdrantEngine, type QdrantEngine } from '../../../src/features/galleries/store/qdrant/engine.js'
import { createGalleryRepository } from '../../../src/features/galleries/store/galleries.js'
import { removeTemplates } from '../../../src/features/galleries/store/removal.js'
import { EngineAway } from '../../../src/features/galleries/store/vector-engine.js'
import type { IndexedRows, IndexedView } from '../../../src/features/galleries/store/vector-index.js'
import { forEachDatabase } from '../../support/databases.js'
import { eventually } from '../../support/eventually.js'
import { startQdrantDouble, type QdrantDouble } from '../../support/qdrant/qdrant-double.js'
import { storeGallery } from '../../support/stored-fixtures.js'
import { gaussianTemplates } from '../../support/synthetic-pairs.js'

const dimension = 8
const settings = { replicas: 3, shards: 2, quantisation: 'int8' } as const
const vault = createVault([])
const never = new AbortController().signal

/**
 * What is known here of Qdrant is its documented interface: the server answers as its documentation says, and refuses
 * what that does not have. No Qdrant has been asked.
 */
forEachDatabase('the index in Qdrant, against its documented answers', store => {
  let double: QdrantDouble
  let owner: string
  let clock = 0
  const lines: string[] = []
  const log = createLogger('info', {
    write: line => {
      lines.push(line)
    }
  })
  const open = (url = double.url, apiKey?: string): QdrantEngine =>
    createQdrantEngine(store.database, openChannels({ url, apiKey }, log, () => clock), settings, owner)
  const nameOf = ({ galleryId, view }: IndexedView) => `crosswalk-${owner}-${galleryId}-${view}`
  const pointsOf = (view: IndexedView) => [...double.collections.get(nameOf(view))!.points.keys()].map(Number)
  const remove = async (galleryId: string, ordinals: readonly number[]) =>
    await changeShard(store.database, vault, galleryId, async (session, shard) => {
      await removeTemplates(session, shard, ordinals)
    })
  /** A gallery of templates 1 to `count`, and a ready view of them. */
  async function indexed (engine: QdrantEngine, count: number): Promise<{ view: IndexedView, rows: IndexedRows }> {
    const view = await engine.patient.create(await storeGallery(store.database, upTo(count)), {
      key: 'a view',
      dimension,
      epoch: 0
    })
    const rows = rowsOf(gaussianTemplates(count, dimension, 1))
    assert.equal(await engine.patient.advance(view, { since: 0, position: count, added: rows }), true)
    await engine.patient.build(view)
    return { view, rows }
  }

  before(async () => {
    owner = await createCollectionRows(store.database).owner()
  })
  beforeEach(async () => {
    double = await startQdrantDouble()
    lines.length = 0
    clock += 1e6
  })
  afterEach(() => double.close())
  afterEach(async () => {
    await store.database.query('DELETE FROM gallery_collections')
  })

  test('a view is a collection with the settings of the configuration, and is searched by inner products', async () => {
    const engine = open()
    const { view, rows } = await indexed(engine, 40)
    const { config, indexes } = double.collections.get(nameOf(view))!
    assert.deepEqual(config.params, {
      on_disk_payload: true,
      vectors: { size: dimension, distance: 'Dot', on_disk: true },
      replication_factor: 3,
      write_consistency_factor: 2,
      shard_number: 2
    })
    assert.deepEqual(config.quantization_config, { scalar: { type: 'int8', quantile: 0.99, always_ram: true } })
    assert.deepEqual([...indexes.keys()], ['subject'])
    assert.deepEqual((await engine.quick.views(view.galleryId)).map(({ position, state }) => [position, state]), [[
      40,
      'ready'
    ]])

    const probes = gaussianTemplates(3, dimension, 9)
    const found = await engine.quick.candidates(view, { probes, limit: 5 })
    assert.deepEqual(
      found.map(list => list.map(({ ordinal }) => ordinal)),
      rowsOfMatrix(probes).map(probe => bestOf(rows.vectors, probe, 5))
    )
    const subjects = [2, 5, 11]
    const [some] = await engine.quick.candidates(view, {
      probes: gaussianTemplates(1, dimension, 9),
      limit: 20,
      subjects
    })
    assert.deepEqual(
      some!.map(({ ordinal }) => ordinal).sort((a, b) => a - b),
      upTo(40).filter(ordinal => subjects.includes(subjectOf(ordinal)))
    )
    await assert.rejects(engine.quick.candidates(view, { probes: gaussianTemplates(1, 3, 1), limit: 1 }), RangeError)
    await assert.rejects(engine.quick.create(view.galleryId, { key: 'wide', dimension: 70_000, epoch: 0 }), RangeError)
  })

  test('the same page twice is stored once, and what was removed before it is not', async () => {
    const engine = open()
    const galleryId = await storeGallery(store.database, upTo(10))
    const view = await engine.patient.create(galleryId, { key: 'k', dimension, epoch: 0 })
    await remove(galleryId, [4])
    const change = { since: 0, position: 10, added: rowsOf(gaussianTemplates(10, dimension, 1)) }
    assert.equal(await engine.patient.advance(view, change), true)
    assert.equal(await engine.patient.advance(view, change), false)
    assert.deepEqual(pointsOf(view), upTo(10).filter(ordinal => ordinal !== 4))
    assert.deepEqual(await engine.patient.create(galleryId, { key: 'k', dimension, epoch: 0 }), {
      ...view,
      position: 10
    })
  })

  test('a page that was interrupted is written again, without what has left meanwhile', async () => {
    const engine = open()
    const galleryId = await storeGallery(store.database, upTo(10))
    const view = await engine.patient.create(galleryId, { key: 'k', dimension, epoch: 0 })
    const change = { since: 0, position: 10, added: rowsOf(gaussianTemplates(10, dimension, 1)) }
    // Qdrant has stored the points, and nobody learns of it: as if the process ended here.
    double.onRequest = operation => {
      if (operation !== 'PUT /collections/{collection_name}/points') return
      for (const ordinal of upTo(10)) {
        const point = { id: String(ordinal), payload: '{}', vectors: new Map([['', new Float32Array(dimension)]]) }
        ;(double.collections.get(nameOf(view))!.points as Map<string, typeof point>).set(point.id, point)
      }
      throw new Error('the connection is lost')
    }
    await assert.rejects(engine.quick.advance(view, change), EngineAway)
    double.onRequest = () => {}
    assert.equal(pointsOf(view).length, 10)
    assert.equal((await engine.quick.views(galleryId))[0]!.position, 0)
    await remove(galleryId, [4, 5])
    const next = open()
    assert.equal(await next.patient.advance(view, change), true)
    assert.deepEqual(await next.waiting(), { templates: 2, collections: 0 })
    await next.sweep(never)
    assert.deepEqual(pointsOf(view), upTo(10).filter(ordinal => ![4, 5].includes(ordinal)))
    assert.deepEqual(await next.waiting(), { templates: 0, collections: 0 })
  })

  test('an erasure that the database has and Qdrant has not is carried out by the next process', async () => {
    const { view } = await indexed(open(), 10)
    // The process ends after the commit.
    await remove(view.galleryId, [3])
    await remove(view.galleryId, [7, 8])
    const next = open()
    assert.deepEqual(await next.waiting(), { templates: 3, collections: 0 })
    // The first of its attempts is carried out by Qdrant, and nobody learns of it either.
    double.faults.push({ operation: 'POST /collections/{collection_name}/points/delete', status: 503 })
    await assert.rejects(next.sweep(never), EngineAway)
    assert.deepEqual(await next.waiting(), { templates: 3, collections: 0 })
    await next.sweep(never)
    assert.deepEqual(pointsOf(view), [1, 2, 4, 5, 6, 9, 10])
    assert.deepEqual(await next.waiting(), { templates: 0, collections: 0 })
    await next.quick.erase!(view.galleryId)
    assert.equal(pointsOf(view).length, 7)
  })

  test('a removal waits for the page that has the template, and is then followed', async () => {
    // Whoever waits for a lock is seen on the node that has the gallery.
    if (store.kind !== 'postgres') return
    const engine = open()
    const galleryId = await storeGallery(store.database, upTo(10))
    const view = await engine.patient.create(galleryId, { key: 'k', dimension, epoch: 0 })
    let removal: Promise<void> | undefined
    let removed = false
    const waits = async () =>
      (await store.database.query(
        "SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
      )).rowCount > 0
    double.onRequest = async operation => {
      if (operation !== 'PUT /collections/{collection_name}/points') return
      removal = remove(galleryId, [6]).then(() => {
        removed = true
      })
      await eventually('the removal to wait', async () => removed || await waits())
      assert.equal(removed, false)
    }
    await engine.patient.advance(view, { since: 0, position: 10, added: rowsOf(gaussianTemplates(10, dimension, 1)) })
    assert.deepEqual(pointsOf(view), upTo(10))
    await removal
    await engine.quick.erase!(galleryId)
    assert.deepEqual(pointsOf(view), upTo(10).filter(ordinal => ordinal !== 6))
  })

  test('collections go with their gallery and their epoch, also when Qdrant is away at first', async () => {
    const engine = open()
    const [deleted, outdated, kept] = [await indexed(engine, 5), await indexed(engine, 5), await indexed(engine, 5)]
    const away = open('http://127.0.0.1:9')
    await createGalleryRepository(store.database, vault).remove(deleted.view.galleryId, undefined, async () => {
      await away.quick.drop(deleted.view)
    })
    assert.deepEqual(await away.quick.views(deleted.view.galleryId), [])
    assert.deepEqual(await away.waiting(), { templates: 0, collections: 1 })
    await store.database.query('UPDATE gallery_heads SET epoch = epoch + 1 WHERE gallery_id = $1', [
      outdated.view.galleryId
    ])
    assert.equal((await away.quick.outdated())?.view, outdated.view.view)
    await away.quick.drop(outdated.view)
    assert.equal(await away.quick.outdated(), undefined)
    assert.equal(double.collections.size, 3)
    await engine.sweep(never)
    assert.deepEqual([...double.collections.keys()], [nameOf(kept.view)])
    assert.deepEqual(await engine.waiting(), { templates: 0, collections: 0 })
  })

  test('what remains of all collections is found by as many statements for forty as for two', async () => {
    const statements: string[] = []
    const counting: Database = {
      ...store.database,
      query: async (text, values) => {
        statements.push(text)
        return await store.database.query(text, values)
      }
    }
    const engine = createQdrantEngine(
      counting,
      openChannels({ url: double.url, apiKey: undefined }, log, () => clock),
      settings,
      owner
    )
    const looks = async () => {
      statements.length = 0
      await engine.sweep(never)
      assert.equal(await engine.quick.outdated(), undefined)
      const waiting = await engine.waiting()
      return { waiting, count: statements.length }
    }
    const views = [(await indexed(engine, 5)).view, (await indexed(engine, 5)).view]
    const few = await looks()
    assert.deepEqual(few.waiting, { templates: 0, collections: 0 })
    const rows = createCollectionRows(store.database)
    for (let i = 0; i < 38; i++) {
      const galleryId = await storeGallery(store.database, upTo(3))
      views.push({ ...await rows.create(galleryId, { key: 'a view', dimension, epoch: 0 }), state: 'ready' })
    }
    assert.deepEqual(await looks(), few)

    // Two views of one gallery, one of which has followed more than the other.
    const { galleryId } = views[0]!
    await remove(galleryId, [2])
    await engine.quick.erase!(galleryId)
    const second = await rows.create(galleryId, { key: 'another view', dimension, epoch: 0 })
    await store.database.query('UPDATE gallery_collections SET erased = 0 WHERE id = $1', [second.view])
    await remove(galleryId, [4])
    await remove(views[1]!.galleryId, [1, 2, 3])
    assert.deepEqual(await engine.waiting(), { templates: 1 + 2 + 3, collections: 0 })
    await store.database.query('UPDATE gallery_heads SET epoch = epoch + 1 WHERE gallery_id = $1', [
      views[1]!.galleryId
    ])
    assert.deepEqual(await engine.waiting(), { templates: 1 + 2, collections: 1 })
    assert.equal((await engine.quick.outdated())?.view, views[1]!.view)
  })

  test('collections that the database knows nothing of are deleted, and those of others are not', async () => {
    const engine = open()
    const { view } = await indexed(engine, 5)
    const others = ['members', 'crosswalk_connect', nameOf(view).replace(owner, '0123456789ab')]
    const make = async (name: string) => {
      const answer = await fetch(`${double.url}/collections/${name}`, {
        method: 'PUT',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ vectors: { size: 4, distance: 'Dot' } })
      })
      assert.equal(answer.status, 200)
    }
    for (const name of [...others, `${nameOf(view)}0`]) await make(name)
    await engine.sweepUnknown(never)
    assert.deepEqual([...double.collections.keys()].sort(), [nameOf(view), ...others].sort())
  })

  test('a collection that somebody has deleted is missing, and is made again', async () => {
    const engine = open()
    const { view, rows } = await indexed(engine, 5)
    const lose = (lost: IndexedView) => (double.collections as Map<string, unknown>).delete(nameOf(lost))
    lose(view)
    await assert.rejects(
      engine.quick.candidates(view, { probes: gaussianTemplates(1, dimension, 2), limit: 3 }),
      (error: EngineAway) => error instanceof EngineAway && error.code === 'unavailable'
    )
    assert.deepEqual(await engine.quick.views(view.galleryId), [])
    const again = await engine.patient.create(view.galleryId, { key: view.key, dimension, epoch: 0 })
    assert.ok(again.view > view.view && again.position === 0)
    assert.equal(await engine.patient.advance(again, { since: 0, position: 5, added: rows }), true)
    assert.deepEqual(pointsOf(again), upTo(5))
    // Also when a job is the first to notice, or an erasure.
    lose(again)
    const third = await engine.patient.create(view.galleryId, { key: view.key, dimension, epoch: 0 })
    assert.ok(third.view > again.view && third.position === 0)
    lose(third)
    await remove(view.galleryId, [2])
    await engine.sweep(never)
    assert.deepEqual(await engine.quick.views(view.galleryId), [])
  })

  test('a Qdrant that cannot be used is asked once in a while, and the log says why', async () => {
    const { view } = await indexed(open(), 5)
    const query = { probes: gaussianTemplates(1, dimension, 2), limit: 3 }
    const warnings = () => lines.map(line => JSON.parse(line) as { msg: string }).map(({ msg }) => msg)

    double.version = '1.11.3'
    const engine = open()
    const requests = () => double.requests.length
    await assert.rejects(engine.quick.candidates(view, query), EngineAway)
    const before = requests()
    await assert.rejects(engine.quick.candidates(view, query), EngineAway)
    assert.equal(requests(), before)
    assert.deepEqual(warnings().length, 1)
    assert.match(warnings()[0]!, /searched exactly .* expected Qdrant 1\.12 to 1\.19, found 1\.11\.3/)
    double.version = '1.19.0'
    clock += 10_000
    assert.equal((await engine.quick.candidates(view, query))[0]!.length, 3)
    assert.match(warnings()[1]!, /are used again/)

    const search = 'POST /collections/{collection_name}/points/query/batch'
    for (const [status, expected] of [[429, /429/], [503, /503/], [401, /401.*QDRANT_API_KEY/]] as const) {
      lines.length = 0
      clock += 10_000
      double.faults.push({ operation: search, status, headers: { 'retry-after': '60' } })
      await assert.rejects(engine.quick.candidates(view, query), EngineAway)
      assert.match(warnings()[0]!, expected)
      // Work in the background does not wait, and ends the pause.
      assert.equal((await engine.patient.candidates(view, query))[0]!.length, 3)
      assert.equal((await engine.quick.candidates(view, query))[0]!.length, 3)
    }
  })

  test('a request waits for a Qdrant that does not answer no longer than it may', async () => {
    const engine = open()
    const { view } = await indexed(engine, 5)
    double.onRequest = () => new Promise(() => {})
    await assert.rejects(
      engine.quick.candidates(view, { probes: gaussianTemplates(1, dimension, 2), limit: 3 }),
      EngineAway
    )
    await remove(view.galleryId, [1])
    await assert.rejects(engine.quick.erase!(view.galleryId), EngineAway)
    assert.deepEqual(await engine.waiting(), { templates: 1, collections: 0 })
  })

  test('an address that cannot be used is refused at the start', () => {
    for (const url of ['http://user:password@127.0.0.1:6333', 'ftp://127.0.0.1', 'qdrant']) {
      assert.throws(
        () => open(url),
        (error: Error) =>
          /^VECTOR_ENGINE_URL: expected an address/.test(error.message) && !/password@/.test(error.message)
      )
    }
  })

  test('the key is sent, and a change that Qdrant only acknowledges counts as none', async () => {
    const engine = open(double.url, 'the-key')
    const galleryId = await storeGallery(store.database, upTo(3))
    const view = await engine.patient.create(galleryId, { key: 'k', dimension, epoch: 0 })
    assert.deepEqual([...new Set(double.requests.map(({ key }) => key))], ['the-key'])
    double.faults.push({
      operation: 'PUT /collections/{collection_name}/points',
      status: 200,
      text: '{"result":{"operation_id":1,"status":"acknowledged"},"status":"ok","time":0}'
    })
    const change = { since: 0, position: 3, added: rowsOf(gaussianTemplates(3, dimension, 1)) }
    await assert.rejects(engine.quick.advance(view, change), EngineAway)
    assert.equal((await engine.quick.views(galleryId))[0]!.position, 0)
    assert.equal(await engine.quick.advance(view, change), true)
  })

  test('a page is tried again in the background, and a graph is waited for', async () => {
    const engine = open()
    const galleryId = await storeGallery(store.database, upTo(3))
    const view = await engine.patient.create(galleryId, { key: 'k', dimension, epoch: 0 })
    double.faults.push({ operation: 'PUT /collections/{collection_name}/points', status: 503 })
    const added = rowsOf(gaussianTemplates(3, dimension, 1))
    assert.equal(await engine.patient.advance(view, { since: 0, position: 3, added }), true)
    double.collections.get(nameOf(view))!.statuses.push('grey')
    await engine.patient.build(view)
    assert.ok(double.requests.some(({ operation }) => operation.startsWith('PATCH')))
    assert.equal((await engine.quick.views(galleryId))[0]!.state, 'ready')
    double.collections.get(nameOf(view))!.statuses.push('red')
    await assert.rejects(engine.quick.build(view), EngineAway)
  })

  test('a gallery that is encrypted leaves Qdrant', async () => {
    const engine = open()
    const { view } = await indexed(engine, 5)
    const keys = createVault([{ id: 'k', secret: createSecretKey(randomBytes(32)) }], { plaintext: 'admit' })
    await keys.registerKeys(store.database)
    await applyEncryption(store.database, keys, () => {})
    assert.deepEqual(await engine.quick.views(view.galleryId), [])
    await engine.sweep(never)
    assert.equal(double.collections.size, 0)
    assert.deepEqual(await engine.waiting(), { templates: 0, collections: 0 })
  })
}, { citus: true })

const upTo = (count: number): number[] => Array.from({ length: count }, (_, i) => i + 1)
const subjectOf = (ordinal: number): number => Math.ceil(ordinal / 2)

function rowsOf (vectors: TemplateMatrix): IndexedRows {
  const ordinals = Float64Array.from({ length: vectors.rows }, (_, i) => i + 1)
  return { vectors, ordinals, subjects: ordinals.map(subjectOf) }
}

const rowsOfMatrix = ({ rows, cols, data }: TemplateMatrix): Float32Array[] =>
  Array.from({ length: rows }, (_, row) => data.subarray(row * cols, (row + 1) * cols))

/** Ordinals of the best rows. */
const bestOf = (references: TemplateMatrix, probe: Float32Array, best: number): number[] =>
  rowsOfMatrix(references).map((row, i) => ({
    ordinal: i + 1,
    score: row.reduce((sum, value, k) => sum + value * probe[k]!, 0)
  })).sort((a, b) => b.score - a.score).slice(0, best).map(({ ordinal }) => ordinal)
