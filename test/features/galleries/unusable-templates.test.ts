import assert from 'node:assert/strict'
import { test } from 'node:test'
import { exampleMapId, examples } from '../../../src/platform/http/documented-examples.js'
import { bytesOfFloat32 } from '../../../src/science/template/float32.js'
import type { Database } from '../../../src/platform/database/database.js'
import { openDatabase } from '../../../src/platform/database/open-database.js'
import { startDatabase } from '../../support/databases.js'
import { jobIn } from '../../support/jobs.js'
import { call, startService, type Json } from '../../support/service.js'

const { pairs } = examples
/** Rows that are no templates of a space of four dimensions; the constraints of the tables let them in. */
const planted = {
  zero: [0, 0, 0, 0],
  nan: [1, NaN, 1, 1],
  infinite: [Infinity, 1, 1, 1],
  longer: Array.from({ length: 11 }, (_, i) => i + 1)
}

/** A service and a second connection to its database, as somebody has it who writes rows by hand. */
async function open (t: { after(work: () => Promise<void>): void }): Promise<{ url: string, database: Database }> {
  const { config, stop } = await startDatabase('postgres')
  const running = await startService({ config: { database: config as { url: string } } })
  const database = await openDatabase(config)
  t.after(async () => {
    await database.close()
    await running.stop()
    await stop()
  })
  return { url: running.url, database }
}

test('a gallery with invalid rows is searched, described, indexed and migrated without them', async t => {
  const { url, database } = await open(t)
  const { json: { id } } = await call(url, 'POST', '/v1/galleries', { json: { name: 'planted' } })
  const people = pairs.slice(0, 12).map(({ source }, i) => ({
    subject: `person ${i}`,
    attributes: { site: i % 2 === 0 ? 'west' : 'east' },
    vector: source.vector
  }))
  const names = Object.keys(planted)
  const good = [...people, ...names.map(subject => ({ subject, vector: [1, 2, 3, 4] }))]
  assert.equal(
    (await call(url, 'POST', `/v1/galleries/${id}/templates?model=example-a`, { json: { templates: good } })).status,
    200
  )
  const plant = async (subject: string, vector: readonly number[]) =>
    await database.query(
      `UPDATE gallery_templates t SET vector = $3 FROM gallery_subjects s, galleries g
       WHERE $1 IN (g.id, g.shard_of) AND s.gallery_id = g.id AND s.subject = $2 AND t.gallery_id = g.id
         AND t.subject_number = s.number`,
      [id, subject, bytesOfFloat32(Float32Array.from(vector))]
    )
  for (const [subject, vector] of Object.entries(planted)) await plant(subject, vector)

  const search = async (more: object = {}) =>
    await call(url, 'POST', `/v1/galleries/${id}/identifications`, {
      json: { probes: [{ model: 'example-a', vector: people[3]!.vector }], candidates: 100, ...more }
    })
  const found = await search()
  assert.equal(found.status, 200, JSON.stringify(found.json))
  const unusable = ({ json }: { json: Json }) =>
    json.searches.flatMap(({ groups }: Json) => groups).reduce((sum: number, group: Json) => sum + group.unusable, 0)
  assert.equal(unusable(found), 4)
  const again = await search()
  assert.deepEqual(again.json.results, found.json.results)
  assert.deepEqual([unusable(again), again.json.searches[0].groups[0].references], [4, 12])
  assert.deepEqual([again.json.results[0].candidates[0].subject, again.json.results[0].candidates.length], [
    'person 3',
    12
  ])
  assert.deepEqual((await search({ attributes: { site: 'west' } })).json.results[0].candidates.length, 6)
  const across = await call(url, 'POST', `/v1/galleries/${id}/identifications`, {
    json: { probes: [{ model: 'example-b', vector: pairs[3]!.target.vector }] }
  })
  assert.deepEqual([across.status, unusable(across)], [200, 4], JSON.stringify(across.json))

  const gallery = (await call(url, 'GET', `/v1/galleries/${id}`)).json
  assert.deepEqual([gallery.subjects, gallery.templates[0].count, gallery.unusable.count], [16, 16, 4])
  assert.deepEqual(gallery.unusable.templates.map(({ subject }: Json) => subject).sort(), [...names].sort())

  // A template of the same name takes the place of one that is none.
  const { json: anew } = await call(url, 'POST', `/v1/galleries/${id}/templates?model=example-a`, {
    json: { templates: [{ subject: 'zero', vector: [4, 3, 2, 1] }] }
  })
  assert.deepEqual([anew.added, anew.unchanged], [1, 0])
  assert.equal(unusable(await search()), 3)

  // Noticed by a migration first.
  await plant('person 0', planted.zero)
  await plant('person 11', planted.nan)
  const { json: job } = await call(url, 'POST', `/v1/galleries/${id}/migrations`, {
    json: { source: 'example-a', target: 'example-b', map: exampleMapId }
  })
  assert.equal((await jobIn(url, job.id)).state, 'succeeded')
  const { json: committed } = await call(url, 'POST', `/v1/galleries/${id}/migrations/${job.id}/commit`)
  assert.deepEqual([committed.translated, committed.unusable], [11, 5])
  const after = (await call(url, 'GET', `/v1/galleries/${id}`)).json
  assert.deepEqual(after.templates.map(({ model, count }: Json) => [model, count]), [['example-b', 11]])
  const migrated = await call(url, 'POST', `/v1/galleries/${id}/identifications`, {
    json: { probes: [{ model: 'example-b', vector: pairs[3]!.target.vector }], candidates: 100 }
  })
  assert.deepEqual(
    [migrated.status, migrated.json.results[0].candidates.length],
    [200, 11],
    JSON.stringify(migrated.json)
  )
})

test('a gallery of only invalid rows has no candidates', async t => {
  const { url, database } = await open(t)
  const { json: { id } } = await call(url, 'POST', '/v1/galleries', { json: { name: 'nothing' } })
  await call(url, 'POST', `/v1/galleries/${id}/templates?model=example-a`, {
    json: { templates: [{ subject: 'a', vector: [1, 2, 3, 4] }, { subject: 'b', vector: [1, 2, 3, 4] }] }
  })
  await database.query(
    'UPDATE gallery_templates SET vector = $2 WHERE gallery_id IN (SELECT g.id FROM galleries g WHERE $1 IN (g.id, g.shard_of))',
    [id, Buffer.alloc(16)]
  )
  for (let round = 0; round < 2; round++) {
    const { status, json } = await call(url, 'POST', `/v1/galleries/${id}/identifications`, {
      json: { probes: [{ model: 'example-a', vector: [1, 2, 3, 4] }] }
    })
    assert.deepEqual(
      [status, json.searches[0].groups[0].unusable, json.results[0]?.candidates],
      [200, 2, []],
      JSON.stringify(json)
    )
  }
})

test('a corpus with invalid rows is fitted and evaluated without them, and says so', async t => {
  const { url, database } = await open(t)
  const { json: { id } } = await call(url, 'POST', '/v1/corpora', { json: { name: 'planted' } })
  for (const [model, side] of [['example-a', 'source'], ['example-b', 'target']] as const) {
    const templates = pairs.map(pair => ({ sample: pair.sample, identity: pair.identity, vector: pair[side].vector }))
    assert.equal(
      (await call(url, 'POST', `/v1/corpora/${id}/templates?model=${model}`, { json: { templates } })).status,
      200
    )
  }
  const names = Object.keys(planted)
  for (const [i, vector] of Object.values(planted).entries()) {
    await database.query(
      'UPDATE sample_templates SET vector = $3 WHERE corpus_id = $1 AND sample = $2 AND dimension = 4',
      [id, pairs[i]!.sample, bytesOfFloat32(Float32Array.from(vector))]
    )
  }
  const evaluation = await call(url, 'POST', '/v1/evaluations', {
    json: { corpus: id, models: ['example-a', 'example-b'], method: 'procrustes', fmr: 0.1 }
  })
  assert.equal(evaluation.status, 201, JSON.stringify(evaluation.json))
  const warnings: string[] = evaluation.json.result?.warnings ?? evaluation.json.warnings
  assert.ok(
    warnings.some(warning => /4 samples have a stored template that cannot be read/.test(warning)),
    JSON.stringify(evaluation.json).slice(0, 400)
  )
  const fit = await call(url, 'POST', '/v1/maps', {
    json: { source: 'example-a', target: 'example-b', corpus: id, method: 'procrustes' }
  })
  assert.equal(fit.status, 201, JSON.stringify(fit.json))
  assert.equal(fit.json.card.pairs.pairs, pairs.length - names.length)
  assert.ok(
    fit.json.card.warnings.some((warning: string) =>
      /^4 images have a stored template that cannot be read/.test(warning)
    )
  )
  const again = await call(url, 'POST', `/v1/corpora/${id}/templates?model=example-a`, {
    json: { templates: [{ sample: pairs[0]!.sample, vector: pairs[0]!.source.vector }] }
  })
  assert.deepEqual(again.json, { added: 1, unchanged: 0 })
})
