import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { before, test } from 'node:test'
import type { TemplateMatrix } from '../../../src/science/linear-algebra/matrix.js'
import { createRandom } from '../../../src/science/linear-algebra/random.js'
import { openDatabase } from '../../../src/platform/database/open-database.js'
import { halfvecArray } from '../../../src/features/galleries/store/halfvec.js'
import { migrate } from '../../../src/platform/database/migrations.js'
import { sessionOf } from '../../../src/platform/database/sessions.js'
import { ensureVectorTables } from '../../../src/platform/database/vector-tables.js'
import {
  defaults,
  openVectorIndex,
  searchStatement,
  type IndexedRows,
  type VectorIndex
} from '../../../src/features/galleries/store/vector-index.js'
import { forEachDatabase } from '../../support/databases.js'
import { prepareDataDirectory } from '../../support/prepared.js'
import { storeGallery } from '../../support/stored-fixtures.js'
import { gaussianTemplates } from '../../support/synthetic-pairs.js'

const dimension = 32

forEachDatabase('vector index', store => {
  let index: VectorIndex | undefined

  before(async () => {
    index = await openVectorIndex(store.database)
  })

  /** A test of a database with pgvector; the npm package of real servers has none. */
  function testIndex (name: string, run: (index: VectorIndex) => Promise<void>): void {
    test(name, async t => {
      if (index === undefined) t.skip('the server has no pgvector')
      else await run(index)
    })
  }

  test('exists with pgvector, and the schema is complete without', async () => {
    const { rows: [found] } = await store.database.query<{ available: boolean }>(
      "SELECT EXISTS (SELECT FROM pg_available_extensions WHERE name = 'vector') AS available"
    )
    assert.equal(index !== undefined, found!.available)
    if (store.kind === 'embedded') assert.ok(index !== undefined)
    const { rows: [tables] } = await store.database.query<{ there: boolean }>(
      "SELECT to_regclass('gallery_views') IS NOT NULL AS there"
    )
    assert.equal(tables!.there, found!.available)
    // Again, as with the next start.
    await store.database.dedicated(async client => {
      await ensureVectorTables(sessionOf(client))
    })
  })

  testIndex('changes and the position are stored together, once', async index => {
    const galleryId = await storeGallery(store.database, upTo(50))
    const view = await index.create(galleryId, { key: 'r512', dimension, epoch: 1 })
    assert.deepEqual(view, { galleryId, view: 1, key: 'r512', dimension, epoch: 1, position: 0, state: 'building' })
    assert.deepEqual(await index.create(galleryId, { key: 'r512', dimension, epoch: 1 }), view)
    assert.equal((await index.create(galleryId, { key: 'r512', dimension, epoch: 2 })).view, 2)

    const rows = rowsOf(gaussianTemplates(50, dimension, 1))
    const change = { since: 0, position: 60, added: rows }
    assert.equal(await index.advance(view, change), true)
    assert.equal(await index.advance(view, change), false, 'another replica was there first')
    await index.build(view)
    assert.equal(await index.advance(view, { since: 60, position: 62, removed: [3, 7, 999] }), true)
    assert.deepEqual((await index.views(galleryId)).map(({ view, position, state }) => [view, position, state]), [[
      1,
      62,
      'ready'
    ], [2, 0, 'building']])

    const found = await index.candidates(view, { probes: rows.vectors, limit: 48 })
    for (const candidates of found) {
      assert.equal(new Set(candidates.map(({ ordinal }) => ordinal)).size, 48)
      assert.ok(candidates.every(({ ordinal, subject }) => ![3, 7].includes(ordinal) && subject === subjectOf(ordinal)))
      assert.ok(candidates.every(({ score }, i) => i === 0 || score <= candidates[i - 1]!.score))
    }
    const [first] = found
    assert.equal(first![0]!.ordinal, 1)
    assert.ok(Math.abs(first![0]!.score - scoresOf(rows.vectors, rows.vectors.data.subarray(0, dimension))[0]!) < 0.05)

    await assert.rejects(
      index.advance(view, { since: 62, position: 63, added: { ...rows, vectors: gaussianTemplates(50, 3, 1) } }),
      /expected rows of 32 numbers, received 3/
    )
    await index.drop(view)
    assert.deepEqual((await index.views(galleryId)).map(({ view }) => view), [2])
    assert.deepEqual(await index.candidates(view, { probes: rows.vectors, limit: 5 }), found.map(() => []))
  })

  testIndex('what is deleted from a gallery is deleted from its index', async index => {
    const galleryId = await storeGallery(store.database, upTo(10))
    const view = await index.create(galleryId, { key: 'r512', dimension, epoch: 1 })
    await index.advance(view, { since: 0, position: 10, added: rowsOf(gaussianTemplates(10, dimension, 1)) })
    await index.build(view)
    await store.database.query('DELETE FROM gallery_templates WHERE gallery_id = $1 AND ordinal = 4', [galleryId])
    const [candidates] = await index.candidates(view, { probes: gaussianTemplates(1, dimension, 5), limit: 20 })
    assert.deepEqual(
      candidates!.map(({ ordinal }) => ordinal).sort((a, b) => a - b),
      upTo(10).filter(ordinal => ordinal !== 4)
    )
    // What goes while it is projected is passed over.
    assert.equal(
      await index.advance(view, { since: 10, position: 20, added: rowsOf(gaussianTemplates(2, dimension, 1), 3) }),
      true
    )
    assert.equal(
      (await index.candidates(view, { probes: gaussianTemplates(1, dimension, 5), limit: 20 }))[0]!.length,
      9
    )
  })

  testIndex('galleries and views are kept apart', async index => {
    const views = []
    for (
      const galleryId of [
        await storeGallery(store.database, [0, 1000, 2000, 3000].flatMap(upTo20)),
        await storeGallery(store.database, [0, 1000, 2000, 3000].flatMap(upTo20))
      ]
    ) {
      for (const key of ['one', 'two']) {
        const view = await index.create(galleryId, { key, dimension, epoch: 1 })
        await index.advance(view, {
          since: 0,
          position: 9,
          added: rowsOf(gaussianTemplates(20, dimension, 10 + views.length), 1000 * views.length)
        })
        await index.build(view)
        views.push(view)
      }
    }
    for (const [at, view] of views.entries()) {
      const [candidates] = await index.candidates(view, { probes: gaussianTemplates(1, dimension, 5), limit: 100 })
      assert.deepEqual(
        candidates!.map(({ ordinal }) => ordinal).sort((a, b) => a - b),
        Array.from({ length: 20 }, (_, i) => 1000 * at + i + 1)
      )
    }
  })

  testIndex('a subject filter loses no candidates', async index => {
    const view = await index.create(await storeGallery(store.database, upTo(3000)), {
      key: 'filtered',
      dimension,
      epoch: 1
    })
    const rows = rowsOf(gaussianTemplates(3000, dimension, 2))
    await index.advance(view, { since: 0, position: 3000, added: rows })
    await index.build(view)
    const subjects = Array.from({ length: 30 }, (_, i) => subjectOf(50 * i + 1))
    const [candidates] = await index.candidates(view, {
      probes: gaussianTemplates(1, dimension, 7),
      limit: 20,
      efSearch: 20,
      subjects
    })
    assert.equal(candidates!.length, 20)
    assert.ok(candidates!.every(({ subject }) => subjects.includes(subject)))
  })

  testIndex('a search uses the graph', async index => {
    const view = await index.create(await storeGallery(store.database, upTo(5000)), {
      key: 'planned',
      dimension,
      epoch: 1
    })
    await index.advance(view, { since: 0, position: 5000, added: rowsOf(gaussianTemplates(5000, dimension, 3)) })
    await index.build(view)
    await store.database.query('ANALYZE gallery_projections')
    const { rows: [type] } = await store.database.query<{ oid: number }>("SELECT 'halfvec'::regtype::oid AS oid")
    for (const filtered of [false, true]) {
      const { rows } = await store.database.query<{ 'QUERY PLAN': string }>(
        `EXPLAIN ${searchStatement(view, filtered)}`,
        [
          halfvecArray(gaussianTemplates(2, dimension, 4), type!.oid),
          10,
          ...(filtered
            ? [Array.from({ length: 900 }, (_, i) => i)]
            : [])
        ]
      )
      const plan = rows.map(row => row['QUERY PLAN']).join('\n')
      assert.match(
        plan,
        new RegExp(`Index Scan using gallery_projections_${view.galleryId.replaceAll('-', '')}_1`),
        plan
      )
    }
  })

  testIndex('99 % of the ten best are found at the default breadth', async index => {
    const view = await index.create(await storeGallery(store.database, upTo(6000)), {
      key: 'recall',
      dimension: 64,
      epoch: 1
    })
    const rows = rowsOf(clustered(6000, 64))
    await index.advance(view, { since: 0, position: 6000, added: rows })
    await index.build(view)
    const probes = clustered(50, 64)
    const found = await index.candidates(view, { probes, limit: 10 })
    const all = { rows: 6000, cols: 64, data: rows.vectors.data }
    const hits = found.map((candidates, probe) => {
      const best = new Set(bestOf(all, probes.data.subarray(probe * 64, (probe + 1) * 64), 10))
      return candidates.filter(({ ordinal }) => best.has(ordinal)).length
    })
    const recall = hits.reduce((sum, count) => sum + count, 0) / (10 * probes.rows)
    assert.ok(recall >= 0.99, `recall@10 is ${recall} with efSearch ${defaults.efSearch}`)
  })

  testIndex('invalid dimensions and ids are refused', async index => {
    await assert.rejects(
      index.create('00000000-0000-4000-8000-000000000000', { key: 'wide', dimension: 5000, epoch: 1 }),
      /expected at most 4000 dimensions for an index, received 5000/
    )
    const view = await index.create(await storeGallery(store.database, []), { key: 'r512', dimension, epoch: 1 })
    await assert.rejects(
      index.candidates(view, { probes: gaussianTemplates(1, 3, 1), limit: 1 }),
      /expected probes of 32 numbers, received 3/
    )
    await assert.rejects(
      index.candidates({ ...view, galleryId: "' OR true" }, { probes: gaussianTemplates(1, dimension, 1), limit: 1 }),
      /expected a UUID/
    )
  })
}, { citus: true })

test('an index survives reopening the folder of the embedded database', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'crosswalk-index-'))
  try {
    const rows = rowsOf(gaussianTemplates(40, dimension, 8))
    await prepareDataDirectory(folder)
    const first = await openDatabase({ dataDir: folder })
    await migrate(first)
    const galleryId = await storeGallery(first, upTo(40))
    const index = (await openVectorIndex(first))!
    const view = await index.create(galleryId, { key: 'r512', dimension, epoch: 1 })
    await index.advance(view, { since: 0, position: 40, added: rows })
    await index.build(view)
    const found = await index.candidates(view, { probes: rows.vectors, limit: 5 })
    await first.close()

    const second = await openDatabase({ dataDir: folder })
    await migrate(second)
    const again = (await openVectorIndex(second))!
    const [kept] = await again.views(galleryId)
    assert.deepEqual(await again.candidates(kept!, { probes: rows.vectors, limit: 5 }), found)
    await second.close()
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
})

const upTo = (count: number, offset = 0): number[] => Array.from({ length: count }, (_, i) => offset + i + 1)
const upTo20 = (offset: number): number[] => upTo(20, offset)
const subjectOf = (ordinal: number): number => Math.ceil(ordinal / 2)

function rowsOf (vectors: TemplateMatrix, offset = 0): IndexedRows {
  const ordinals = Float64Array.from({ length: vectors.rows }, (_, i) => offset + i + 1)
  return { vectors, ordinals, subjects: ordinals.map(subjectOf) }
}

function scoresOf ({ rows, cols, data }: TemplateMatrix, probe: Float32Array): number[] {
  return Array.from({ length: rows }, (_, row) => {
    let sum = 0
    for (let i = 0; i < cols; i++) sum += probe[i]! * data[row * cols + i]!
    return sum
  })
}

/** Ordinals of the best rows. */
function bestOf (references: TemplateMatrix, probe: Float32Array, best: number): number[] {
  return scoresOf(references, probe).map((score, row) => ({ ordinal: row + 1, score }))
    .sort((a, b) => b.score - a.score).slice(0, best).map(({ ordinal }) => ordinal)
}

const clusters = gaussianTemplates(1500, 64, 20)
const random = createRandom(21)

/** Unit rows around the directions of people, as templates are. */
function clustered (rows: number, cols: number): TemplateMatrix {
  const noise = gaussianTemplates(rows, cols, 22 + random.integer(1000)).data
  const data = new Float32Array(rows * cols)
  for (let row = 0; row < rows; row++) {
    const centre = random.integer(clusters.rows) * cols
    let squares = 0
    for (let i = 0; i < cols; i++) {
      squares += (data[row * cols + i] = clusters.data[centre + i]! + 0.6 * noise[row * cols + i]!) ** 2
    }
    for (let i = 0; i < cols; i++) data[row * cols + i]! /= Math.sqrt(squares)
  }
  return { rows, cols, data }
}
