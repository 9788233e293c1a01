import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'
import { exampleMapId } from '../../../src/platform/http/documented-examples.js'
import { openDatabase } from '../../../src/platform/database/open-database.js'
import { createRandom } from '../../../src/science/linear-algebra/random.js'
import { placeOfSubject } from '../../../src/features/galleries/store/shards.js'
import { startDatabase } from '../../support/databases.js'
import { eventually } from '../../support/eventually.js'
import { jobIn } from '../../support/jobs.js'
import { call, forEachService, startService, type Json } from '../../support/service.js'

const shards = 5
const random = createRandom(17)
const vector = () => Array.from({ length: 4 }, () => random.next() - 0.5)
/** Some with a second template, names in no order. */
const people = Array.from({ length: 240 }, (_, i) => ({
  subject: `person ${(i % 200) * 7919 % 1000}`,
  reference: i < 200 ? 'first' : 'second',
  attributes: { site: i % 3 === 0 ? 'west' : 'east' },
  vector: vector()
}))
const probes = Array.from({ length: 20 }, () => ({ model: 'example-a', vector: vector() }))

forEachService('galleries of several shards', running => {
  const create = async (json: object = {}) =>
    await call(running.url, 'POST', '/v1/galleries', { json: { name: 'divided', ...json } })
  const address = (id: string, rest = '') => `/v1/galleries/${id}${rest}`
  const get = async (path: string): Promise<Json> => (await call(running.url, 'GET', path)).json
  const enrol = async (id: string, templates: readonly object[], headers: Record<string, string> = {}) =>
    await call(running.url, 'POST', address(id, '/templates?model=example-a'), { json: { templates }, headers })
  const filled = async (count: number): Promise<string> => {
    const { json: { id } } = await create({ shards: count })
    assert.equal((await enrol(id, people)).status, 200)
    return id
  }
  const search = async (id: string, more: object = {}): Promise<Json> => {
    const { status, json } = await call(running.url, 'POST', address(id, '/identifications'), {
      json: { probes, candidates: 12, fpir: 0.1, ...more }
    })
    assert.equal(status, 200, JSON.stringify(json))
    return json
  }
  const subjectsOf = async (id: string, limit: number): Promise<string[]> => {
    const names: string[] = []
    for (let after = '';;) {
      const { subjects, next } = await get(address(id, `/subjects?limit=${limit}${after}`))
      names.push(...subjects.map(({ subject }: Json) => subject))
      if (next === null) return names
      after = `&after=${encodeURIComponent(next)}`
    }
  }

  test('a gallery says how many shards it has, and takes no number that it cannot have', async () => {
    const { status, json } = await create({ shards })
    assert.deepEqual([status, json.shards], [201, shards])
    assert.equal((await create()).json.shards, Number(process.env['TEST_GALLERY_SHARDS'] ?? 1))
    for (const wrong of [0, 257, 1.5, '4', null]) {
      const refused = await create({ shards: wrong })
      assert.deepEqual([refused.status, refused.json.code], [400, 'request-invalid'], JSON.stringify(wrong))
    }
    assert.ok((await get('/v1/galleries?limit=1000')).galleries.some((gallery: Json) => gallery.id === json.id))
  })

  test('it answers as a gallery of one shard does, by every method', async () => {
    const [one, divided] = [await filled(1), await filled(shards)]
    const expected = await search(one)
    assert.deepEqual(await search(divided), expected)
    for (
      const more of [
        { attributes: { site: 'west' } },
        { attributes: { site: 'nowhere' } },
        { candidates: 300 },
        { candidates: 1, minScore: 0.9 },
        { models: ['example-b'] }
      ]
    ) {
      assert.deepEqual(await search(divided, more), await search(one, more), JSON.stringify(more))
    }
    const { json: job, status } = await call(running.url, 'PUT', address(divided, '/indexes/example-a'))
    if (status === 409) return
    assert.equal((await jobIn(running.url, job.id)).state, 'succeeded')
    assert.deepEqual((await get(address(divided, '/indexes'))).indexes.map(({ state }: Json) => state), ['ready'])
    const indexed = await search(divided, { method: 'index', efSearch: 400 })
    assert.deepEqual(indexed.results, expected.results)
    assert.equal(indexed.searches[0].groups[0].method, 'index')
    assert.equal((await call(running.url, 'DELETE', address(divided, '/indexes'))).status, 204)
    assert.deepEqual((await get(address(divided, '/indexes'))).indexes, [])
  })

  test('its subjects are listed in one order, counted, read, changed and deleted', async () => {
    const [one, divided] = [await filled(1), await filled(shards)]
    assert.deepEqual(await subjectsOf(divided, 7), await subjectsOf(one, 100))
    const { subjects, templates } = await get(address(divided))
    assert.deepEqual([subjects, templates[0].count], [200, 240])

    const subject = people[3]!.subject
    const path = address(divided, `/subjects/${encodeURIComponent(subject)}`)
    const before = (await call(running.url, 'GET', address(divided))).headers.get('etag')
    const patched = await call(running.url, 'PATCH', path, { json: { attributes: { site: 'north' } } })
    assert.deepEqual(patched.json.attributes, { site: 'north' })
    assert.equal((await call(running.url, 'DELETE', `${path}/templates/example-a?reference=first`)).status, 200)
    const replaced = await call(running.url, 'PUT', path, {
      json: { attributes: {}, templates: [{ model: 'example-a', vector: [1, 2, 3, 4] }] }
    })
    assert.equal(replaced.status < 300, true, JSON.stringify(replaced.json))
    assert.equal(
      (await search(divided, { probes: [{ model: 'example-a', vector: [1, 2, 3, 4] }] })).results[0]
        .candidates[0].subject,
      subject
    )
    assert.equal((await call(running.url, 'DELETE', path)).status, 200)
    assert.equal((await call(running.url, 'GET', path)).json.code, 'subject-unknown')
    assert.equal((await get(address(divided))).subjects, 199)

    // The tag is of all shards, and a condition on it is kept by all of them.
    const stale = await enrol(divided, [{ subject: 'late', vector: vector() }], { 'if-match': before! })
    assert.deepEqual([stale.status, stale.json.code], [412, 'precondition-failed'])
    const now = (await call(running.url, 'GET', address(divided))).headers.get('etag')
    assert.equal((await enrol(divided, [{ subject: 'late', vector: vector() }], { 'if-match': now! })).status, 200)
  })

  test('a batch is enrolled in all shards or in none', async () => {
    const id = await filled(shards)
    const batch = Array.from({ length: 50 }, (_, i) => ({ subject: `new ${i}`, vector: vector() }))
    const refused = await enrol(id, [...batch, { ...people[0]!, vector: [9, 9, 9, 9] }])
    assert.deepEqual([refused.status, refused.json.code], [409, 'template-exists'])
    assert.equal((await get(address(id))).subjects, 200)
    assert.deepEqual((await enrol(id, [...batch, people[0]!])).json.added, 50)
  })

  test('it is migrated as a whole: before the commit nothing of it is, after it everything', async () => {
    const [one, id] = [await filled(1), await filled(shards)]
    const migrate = async (gallery: string, dryRun = false) =>
      await call(running.url, 'POST', address(gallery, '/migrations'), {
        json: { target: 'example-b', map: exampleMapId, dryRun }
      })
    const estimate = (await migrate(id, true)).json
    assert.deepEqual([estimate.templates, estimate.shadow.subjects, estimate.shadow.templates], [240, 40, 80])
    const before = await search(id)
    const migrations: string[] = []
    for (const gallery of [one, id]) {
      const { json: job } = await migrate(gallery)
      const { state, result } = await jobIn(running.url, job.id)
      assert.equal(state, 'succeeded')
      migrations.push(result)
    }
    const [ofOne, ofAll] = migrations as [string, string]
    const { translated, state, purged } = await get(ofAll)
    assert.deepEqual([translated, state, purged], [240, 'ready', false])
    assert.deepEqual((await get(address(id, '/migrations'))).migrations.map((each: Json) => each.translated), [240])
    assert.deepEqual(await search(id), before)
    const list = async (gallery: string) => await get(address(gallery, '/reenrolments?model=example-b&limit=20'))
    assert.deepEqual(await list(id), await list(one))

    // What is enrolled meanwhile, the commit translates.
    for (const gallery of [one, id]) await enrol(gallery, [{ subject: 'late', vector: [1, 2, 3, 4] }])
    for (const migration of migrations) {
      assert.equal((await call(running.url, 'POST', `${migration}/commit`)).json.state, 'committed')
    }
    const { templates } = await get(address(id))
    assert.deepEqual(templates.map(({ model, count }: Json) => [model, count]), [['example-b', 241]])
    assert.deepEqual(await search(id), await search(one))
    await eventually('it to be purged', () => get(ofAll), migration => migration.purged === true)
    await eventually('the other to be purged', () => get(ofOne), migration => migration.purged === true)
    assert.equal((await call(running.url, 'POST', `${ofAll}/rollback`)).json.code, 'migration-ended')
    const { json: job } = await call(running.url, 'POST', address(id, '/migrations'), {
      json: { source: 'example-a', target: 'example-b', map: exampleMapId }
    })
    const { result } = await jobIn(running.url, job.id)
    assert.equal((await call(running.url, 'POST', `${result}/rollback`)).json.state, 'rolled-back')
  })

  test('the rows of all shards are deleted with it', async () => {
    const id = await filled(shards)
    await search(id)
    assert.equal((await call(running.url, 'DELETE', address(id))).status, 204)
    assert.equal((await call(running.url, 'GET', address(id))).json.code, 'gallery-unknown')
    assert.ok(!(await get('/v1/galleries?limit=1000')).galleries.some((gallery: Json) => gallery.id === id))
  })
}, { citus: true })

test('shards have rows of their own, which no caller can address and a deletion takes along', async t => {
  const { config, stop } = await startDatabase('postgres')
  const running = await startService({ config: { database: config as { url: string }, galleryShards: 3 } })
  const database = await openDatabase(config)
  t.after(async () => {
    await database.close()
    await running.stop()
    await stop()
  })
  const { json: { id, shards: made } } = await call(running.url, 'POST', '/v1/galleries', {
    json: { name: 'of three' }
  })
  assert.equal(made, 3)
  const templates = Array.from({ length: 60 }, (_, i) => ({ subject: `s${i}`, vector: vector() }))
  await call(running.url, 'POST', `/v1/galleries/${id}/templates?model=example-a`, { json: { templates } })
  const { rows } = await database.query<{ id: string, subjects: number }>(
    `SELECT g.id, (SELECT count(*)::integer FROM gallery_subjects s WHERE s.gallery_id = g.id) AS subjects
     FROM galleries g WHERE $1 IN (g.id, g.shard_of) ORDER BY place`,
    [id]
  )
  const expected = [0, 1, 2].map(place =>
    templates.filter(({ subject }) => placeOfSubject(subject, 3) === place).length
  )
  assert.deepEqual(rows.map(({ subjects }) => subjects), expected)
  const further = rows[1]!.id
  for (
    const [method, path, json] of [
      ['GET', ''],
      ['DELETE', ''],
      ['GET', '/subjects'],
      ['GET', '/indexes'],
      ['GET', '/migrations'],
      ['POST', '/templates?model=example-a', { templates }],
      ['POST', '/identifications', { probes }],
      ['POST', '/migrations', { target: 'example-b', map: exampleMapId }]
    ] as const
  ) {
    const { status, json: problem } = await call(
      running.url,
      method,
      `/v1/galleries/${further}${path}`,
      json === undefined ? {} : { json }
    )
    assert.deepEqual([status, problem.code], [404, 'gallery-unknown'], `${method} ${path}`)
  }

  // As in a cluster, where a commit becomes visible on one node after the other.
  const source = (await call(running.url, 'GET', `/v1/galleries/${id}`)).json.templates[0].fingerprint
  const { rows: [{ fingerprint: target } = { fingerprint: '' }] } = await database.query<{ fingerprint: string }>(
    "SELECT fingerprint FROM models WHERE id = 'example-b'"
  )
  const migration = '00000000-0000-4000-8000-00000000abcd'
  await database.query(
    `INSERT INTO gallery_migrations (gallery_id, id, source_fingerprint, target_fingerprint, map_id, state, committed_position, ended_at)
     VALUES ($1, $2, $3, $4, $5, 'committed', 0, now())`,
    [further, migration, source, target, exampleMapId]
  )
  const identify = async () =>
    await call(running.url, 'POST', `/v1/galleries/${id}/identifications`, { json: { probes } })
  const unsettled = await identify()
  assert.deepEqual([unsettled.status, unsettled.json.code], [503, 'unavailable'])
  assert.match(unsettled.json.detail, /is being committed/)
  await database.query('DELETE FROM gallery_migrations WHERE id = $1', [migration])
  assert.equal((await identify()).status, 200)

  assert.equal((await call(running.url, 'DELETE', `/v1/galleries/${id}`)).status, 204)
  for (const table of ['galleries', 'gallery_heads', 'gallery_subjects', 'gallery_templates']) {
    const { rows: left } = await database.query(
      `SELECT FROM ${table} WHERE ${table === 'galleries' ? 'id' : 'gallery_id'} = ANY ($1::uuid[])`,
      [rows.map(row => row.id)]
    )
    assert.equal(left.length, 0, table)
  }
})

test('who enrols in one shard does not wait for another', async t => {
  const { config, stop } = await startDatabase('postgres')
  const { url: databaseUrl } = config as { url: string }
  const running = await startService({ config: { database: { url: databaseUrl } } })
  const client = new pg.Client({ connectionString: databaseUrl })
  await client.connect()
  t.after(async () => {
    await client.end()
    await running.stop()
    await stop()
  })
  const { json: { id } } = await call(running.url, 'POST', '/v1/galleries', { json: { name: 'of two', shards: 2 } })
  const enrol = async (subject: string) =>
    await call(running.url, 'PUT', `/v1/galleries/${id}/subjects/${subject}`, {
      json: { templates: [{ model: 'example-a', vector: vector() }] }
    })
  const [ofFirst, ofSecond] = [0, 1].map(place =>
    Array.from({ length: 100 }, (_, i) => `s${i}`).find(subject => placeOfSubject(subject, 2) === place)!
  )
  await client.query('BEGIN')
  await client.query('SELECT FROM gallery_heads WHERE gallery_id = $1 FOR UPDATE', [id])
  const waiting = enrol(ofFirst!)
  assert.equal((await enrol(ofSecond!)).status, 201)
  assert.equal(await Promise.race([waiting.then(() => 'enrolled'), delay(300, 'waits')]), 'waits')
  await client.query('COMMIT')
  assert.equal((await waiting).status, 201)
})
