import assert from 'node:assert/strict'
import { test } from 'node:test'
import { exampleMapId, examples } from '../../../src/platform/http/documented-examples.js'
import { eventually } from '../../support/eventually.js'
import { jobIn } from '../../support/jobs.js'
import { call, forEachService, type Json } from '../../support/service.js'

forEachService('migrations of galleries', running => {
  const create = async (): Promise<string> =>
    (await call(running.url, 'POST', '/v1/galleries', { json: { name: 'a gallery' } })).json.id
  const enrol = async (id: string, model: string, templates: readonly object[]) => {
    const { status, json } = await call(running.url, 'POST', `/v1/galleries/${id}/templates?model=${model}`, {
      json: { templates }
    })
    assert.equal(status, 200, JSON.stringify(json))
    return json
  }
  const migrate = async (id: string, json: object = {}, headers = {}) =>
    await call(running.url, 'POST', `/v1/galleries/${id}/migrations`, {
      json: { target: 'example-b', map: exampleMapId, ...json },
      headers
    })
  const post = async (address: string) => await call(running.url, 'POST', address)
  const search = async (id: string, vector: readonly number[], models?: string[]): Promise<Json> => {
    const { status, json } = await call(running.url, 'POST', `/v1/galleries/${id}/identifications`, {
      json: { probes: [{ model: 'example-b', vector }], candidates: 40, ...(models === undefined ? {} : { models }) }
    })
    assert.equal(status, 200, JSON.stringify(json))
    return json
  }
  const templatesOf = async (id: string) =>
    (await call(running.url, 'GET', `/v1/galleries/${id}`)).json.templates.map(({ model, provenance, count }: Json) =>
      `${model} ${provenance} ${count}`
    )
  const pairs = examples.pairs
  /** A gallery with a template of every pair under example-a, two each for its people. */
  const filled = async () => {
    const id = await create()
    await enrol(
      id,
      'example-a',
      pairs.map(({ sample, identity, source }) => ({ subject: identity, reference: sample, vector: source.vector }))
    )
    return id
  }
  const ready = async (id: string) => {
    const { status, json, headers } = await migrate(id)
    assert.equal(status, 202, JSON.stringify(json))
    assert.equal(headers.get('location'), `/v1/jobs/${json.id}`)
    const job = await jobIn(running.url, json.id)
    assert.deepEqual(
      [job.state, job.result],
      ['succeeded', `/v1/galleries/${id}/migrations/${job.id}`],
      JSON.stringify(job)
    )
    return { job: job.id as string, address: job.result as string }
  }
  const purged = async (address: string) =>
    await eventually(
      'it to be purged',
      async () => (await call(running.url, 'GET', address)).json,
      migration => migration.purged === true
    )

  test('200: the list is paged, oldest first', async () => {
    const id = await filled()
    const made: string[] = []
    for (let i = 0; i < 3; i++) {
      const { job, address } = await ready(id)
      assert.equal((await post(`${address}/rollback`)).status, 200)
      made.push(job)
    }
    const page = async (query: string) =>
      (await call(running.url, 'GET', `/v1/galleries/${id}/migrations${query}`)).json
    const ids = ({ migrations }: Json) => migrations.map((migration: Json) => migration.id)
    const [whole, first] = [await page(''), await page('?limit=2')]
    assert.deepEqual([ids(whole), whole.next], [made, null])
    assert.deepEqual(ids(first), made.slice(0, 2))
    const second = await page(`?limit=2&after=${first.next}`)
    assert.deepEqual([ids(second), second.next], [made.slice(2), null])
    assert.equal((await page('?after=x')).code, 'request-invalid')
  })

  test('202: a gallery is migrated: originals serve until the commit, translated templates after it', async () => {
    const id = await filled()
    const before = await search(id, pairs[0]!.target.vector)
    const { address } = await ready(id)
    const migration = (await call(running.url, 'GET', address)).json
    assert.deepEqual([migration.state, migration.source, migration.target, migration.translated], [
      'ready',
      'example-a',
      'example-b',
      pairs.length
    ])
    assert.deepEqual(await search(id, pairs[0]!.target.vector), before)
    assert.deepEqual(await templatesOf(id), [`example-a native ${pairs.length}`])

    const committed = await post(`${address}/commit`)
    assert.deepEqual([committed.status, committed.json.state], [200, 'committed'])
    assert.deepEqual(await templatesOf(id), [`example-b translated ${pairs.length}`])
    const after = await search(id, pairs[0]!.target.vector)
    assert.deepEqual(
      after.searches[0].groups.map((
        { model, provenance, translatedBy, references }: Json
      ) => [model, provenance, translatedBy, references]),
      [['example-b', 'translated', exampleMapId, pairs.length]]
    )
    assert.equal(after.results[0].candidates.length, 20)
    await purged(address)
    assert.equal((await post(`${address}/rollback`)).json.code, 'migration-ended')
    assert.equal((await post(`${address}/commit`)).status, 200)
    assert.deepEqual(
      (await call(running.url, 'GET', `/v1/galleries/${id}/migrations`)).json.migrations.map(({ state }: Json) =>
        state
      ),
      ['committed']
    )
  })

  test('a migrated template equals its translation', async () => {
    const id = await filled()
    const { address } = await ready(id)
    await post(`${address}/commit`)
    const translated = await call(running.url, 'POST', '/v1/translations', {
      json: { target: 'example-b', templates: [{ model: 'example-a', vector: pairs[5]!.source.vector }] }
    })
    const { results: [{ candidates: [best] }] } = await search(id, translated.json.templates[0].vector)
    assert.deepEqual([best.subject, best.reference, best.score.toFixed(5)], [
      pairs[5]!.identity,
      pairs[5]!.sample,
      '1.00000'
    ])
  })

  test('a rollback leaves everything as it was, and another migration can follow', async () => {
    const id = await filled()
    const before = await search(id, pairs[1]!.target.vector)
    const first = await ready(id)
    assert.equal((await migrate(id)).json.code, 'migration-open')
    const rolledBack = await post(`${first.address}/rollback`)
    assert.deepEqual([rolledBack.status, rolledBack.json.state], [200, 'rolled-back'])
    assert.deepEqual(await search(id, pairs[1]!.target.vector), before)
    assert.equal((await post(`${first.address}/commit`)).json.code, 'migration-ended')
    const second = await ready(id)
    await post(`${second.address}/commit`)
    assert.deepEqual(await templatesOf(id), [`example-b translated ${pairs.length}`])
  })

  test('enrolments, re-enrolments and deletions while it runs are kept', async () => {
    const id = await filled()
    const { address } = await ready(id)
    await enrol(id, 'example-a', [{ subject: 'late', vector: [1, 2, 3, 4] }])
    const native = await enrol(id, 'example-b', [{
      subject: pairs[0]!.identity,
      reference: pairs[0]!.sample,
      vector: pairs[0]!.target.vector
    }])
    assert.deepEqual([native.added, native.replaced], [1, 1])
    await call(running.url, 'DELETE', `/v1/galleries/${id}/subjects/${pairs[39]!.identity}`)
    const gone = pairs.filter(({ identity }) => identity === pairs[39]!.identity).length
    assert.equal((await post(`${address}/commit`)).status, 200)
    assert.deepEqual(await templatesOf(id), [
      'example-b native 1',
      `example-b translated ${pairs.length - gone - 1 + 1}`
    ])
    const { templates } = (await call(running.url, 'GET', `/v1/galleries/${id}/subjects/late`)).json
    assert.deepEqual(templates.map(({ model, provenance, map }: Json) => [model, provenance, map]), [[
      'example-b',
      'translated',
      exampleMapId
    ]])
    const { results: [{ candidates }] } = await search(id, pairs[0]!.target.vector)
    assert.deepEqual([candidates[0].subject, candidates[0].score.toFixed(5)], [pairs[0]!.identity, '1.00000'])
    // Enrolling the old model once more is nothing that a migration of before has to do with.
    await enrol(id, 'example-a', [{ subject: 'late', vector: [1, 2, 3, 4] }])
    assert.ok((await templatesOf(id)).includes('example-a native 1'))
  })

  test('200: the re-enrolment list exists before the commit, and a native template takes a subject off it', async () => {
    const id = await filled()
    const list = async () =>
      (await call(running.url, 'GET', `/v1/galleries/${id}/reenrolments?model=example-b&limit=30`)).json
    assert.deepEqual(await list(), { total: 0, subjects: [], curve: [] })
    await ready(id)
    const people = new Set(pairs.map(({ identity }) => identity))
    const before = await list()
    assert.deepEqual([before.total, new Set(before.subjects.map(({ subject }: Json) => subject))], [
      people.size,
      people
    ])
    const { subject } = before.subjects[0]
    await enrol(id, 'example-b', [{ subject, reference: 'anew', vector: [1, 2, 3] }])
    const after = await list()
    assert.deepEqual([after.total, after.subjects.some((one: Json) => one.subject === subject)], [
      people.size - 1,
      false
    ])
  })

  test('every translated template says how uncertain it is, where the profile of its model is known', async () => {
    const id = await create()
    await enrol(id, 'r512', [{ subject: 'drawn', data: examples.templates.r512 }, {
      subject: 'noise',
      vector: Array.from({ length: 512 }, (_, i) => Math.sin(i * i))
    }])
    const { status, json } = await migrate(id, { target: 'dlib128', map: undefined })
    assert.equal(status, 202, JSON.stringify(json))
    await jobIn(running.url, json.id)
    await post(`/v1/galleries/${id}/migrations/${json.id}/commit`)
    const of = async (subject: string) =>
      (await call(running.url, 'GET', `/v1/galleries/${id}/subjects/${subject}`)).json.templates[0].uncertainty
    assert.ok(await of('drawn') > 0 && await of('noise') < 1)
    const { subjects, curve } = (await call(running.url, 'GET', `/v1/galleries/${id}/reenrolments?model=dlib128`)).json
    assert.deepEqual(
      subjects.map(({ subject }: Json) => subject),
      await of('noise') > await of('drawn') ? ['noise', 'drawn'] : ['drawn', 'noise']
    )
    assert.equal(curve.at(-1).uncertainty, 1)
  })

  test('200: a dry run estimates what would be lost, and changes nothing', async () => {
    const id = await filled()
    const { status, json } = await migrate(id, { dryRun: true })
    assert.equal(status, 200, JSON.stringify(json))
    assert.deepEqual([json.source, json.target, json.map.id, json.templates], [
      'example-a',
      'example-b',
      exampleMapId,
      pairs.length
    ])
    assert.deepEqual([json.shadow.subjects, json.shadow.templates], [20, 40])
    assert.ok(json.shadow.before.rank1 >= 0 && json.shadow.after.rank1 >= 0)
    assert.deepEqual((await call(running.url, 'GET', `/v1/galleries/${id}/migrations`)).json.migrations, [])
    const few = await create()
    await enrol(few, 'example-a', [{ subject: 'only', vector: [1, 2, 3, 4] }])
    assert.equal((await migrate(few, { dryRun: true })).json.shadow, null)
  })

  test('a call repeated with its idempotency key starts one migration', async () => {
    const id = await filled()
    const headers = { 'idempotency-key': `migrate ${id}` }
    const [first, second] = [await migrate(id, {}, headers), await migrate(id, {}, headers)]
    assert.equal(first.json.id, second.json.id)
    await jobIn(running.url, first.json.id)
    assert.equal((await migrate(id, {}, headers)).json.id, first.json.id)
    assert.equal((await call(running.url, 'GET', `/v1/galleries/${id}/migrations`)).json.migrations.length, 1)
    const other = await migrate(id, {}, { 'idempotency-key': `another ${id}` })
    assert.deepEqual([other.status, other.json.code, other.json.migration], [409, 'migration-open', first.json.id])
  })

  test('4xx: invalid migrations are refused with the reason', async () => {
    const id = await create()
    assert.match((await migrate(id)).json.detail, /the gallery has no templates of a model other than "example-b"/)
    await enrol(id, 'example-a', [{ subject: 'a', vector: [1, 2, 3, 4] }])
    const cases: [object, number, string][] = [
      [{ target: 'nobody' }, 404, 'model-unknown'],
      [{ target: 'example-a', source: 'example-a', map: undefined }, 400, 'request-invalid'],
      [{ target: 'r512', map: undefined }, 409, 'map-missing'],
      [{ target: 'r512' }, 400, 'request-invalid'],
      [{ map: '00000000-0000-4000-8000-ffffffffffff' }, 404, 'map-unknown'],
      [{ speed: 'fast' }, 400, 'request-invalid']
    ]
    for (const [json, status, code] of cases) {
      const answer = await migrate(id, json)
      assert.deepEqual([answer.status, answer.json.code], [status, code], JSON.stringify(answer.json))
    }
    assert.equal((await post(`/v1/galleries/${id}/migrations/${id}/commit`)).json.code, 'migration-unknown')
  })

  test('200: probes of the old model are translated as the gallery was, under a calibration of that', async () => {
    const searched = async (id: string) => {
      const { status, json } = await call(running.url, 'POST', `/v1/galleries/${id}/identifications`, {
        json: { probes: [{ model: 'example-a', vector: pairs[5]!.source.vector }], candidates: 40, fpir: 0.5 }
      })
      assert.equal(status, 200, JSON.stringify(json))
      return json
    }
    // The shipped example map has no calibration of translations against each other.
    const old = await filled()
    await post(`${(await ready(old)).address}/commit`)
    const uncalibrated = await searched(old)
    assert.deepEqual([uncalibrated.searches[0].threshold.support, uncalibrated.searches[0].groups[0].threshold], [
      'unsupported',
      null
    ])
    assert.equal(uncalibrated.results[0].candidates[0].subject, pairs[5]!.identity)

    const fitted = await call(running.url, 'POST', '/v1/maps', {
      json: {
        source: 'example-a',
        target: 'example-b',
        method: 'procrustes',
        pairs,
        activateUnfit: true,
        activate: true
      }
    })
    assert.equal(fitted.status, 201, JSON.stringify(fitted.json))
    const id = await filled()
    const started = await migrate(id, { map: fitted.json.id })
    const { result } = await jobIn(running.url, started.json.id)
    await post(`${result}/commit`)
    const { searches: [{ groups: [group] }], results: [{ candidates: [best] }] } = await searched(id)
    assert.deepEqual([group.comparisonSpace.kind, group.map.id, group.calibration.id], [
      'own',
      fitted.json.id,
      fitted.json.id
    ])
    assert.deepEqual([best.reference, best.score.toFixed(5)], [pairs[5]!.sample, '1.00000'])
  })
}, { citus: true })
