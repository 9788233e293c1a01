import assert from 'node:assert/strict'
import { test } from 'node:test'
import { exampleMapId } from '../../../src/platform/http/documented-examples.js'
import { jobIn } from '../../support/jobs.js'
import { call, forEachService, type Json } from '../../support/service.js'

forEachService('changes of a subject', running => {
  const vector = [0.1, 0.2, 0.3, 0.4]
  const create = async (): Promise<string> =>
    (await call(running.url, 'POST', '/v1/galleries', { json: { name: 'changes' } })).json.id
  const enrol = async (id: string, model: string, templates: readonly object[]) => {
    const { status, json } = await call(running.url, 'POST', `/v1/galleries/${id}/templates?model=${model}`, {
      json: { templates }
    })
    assert.equal(status, 200, JSON.stringify(json))
    return json
  }
  const address = (id: string, subject = 'ann') => `/v1/galleries/${id}/subjects/${encodeURIComponent(subject)}`
  const patch = async (id: string, json: object, type = 'application/merge-patch+json') =>
    await call(running.url, 'PATCH', address(id), { body: JSON.stringify(json), headers: { 'content-type': type } })
  const qualities = ({ templates }: Json) =>
    templates.map(({ model, reference, quality }: Json) => [model, reference, quality])
  const read = async (id: string) => (await call(running.url, 'GET', address(id))).json
  const candidates = async (id: string, models?: string[]) =>
    (await call(running.url, 'POST', `/v1/galleries/${id}/identifications`, {
      json: { probes: [{ model: 'example-a', vector }], models }
    })).json.results[0].candidates
  const filled = async () => {
    const id = await create()
    await enrol(id, 'example-a', [
      { subject: 'ann', vector, quality: 0.25, attributes: { site: 'west', floor: 2 } },
      { subject: 'ann', reference: 'side', vector: [4, 3, 2, 1] },
      { subject: 'bob', vector: [1, 0, 0, 0] }
    ])
    await enrol(id, 'example-b', [{ subject: 'ann', vector: [1, 2, 3] }])
    return id
  }

  test('200: a corrected quality is stored for an unchanged template, and an omitted one stays', async () => {
    const id = await filled()
    const { added, unchanged, corrected } = await enrol(id, 'example-a', [{ subject: 'ann', vector, quality: 0.5 }, {
      subject: 'bob',
      vector: [1, 0, 0, 0]
    }])
    assert.deepEqual([added, unchanged, corrected], [0, 2, 1])
    assert.equal((await enrol(id, 'example-a', [{ subject: 'ann', vector }])).corrected, 0)
    assert.deepEqual(qualities(await read(id)), [['example-a', '1', 0.5], ['example-a', 'side', null], [
      'example-b',
      '1',
      null
    ]])
  })

  test('200: a patch changes the members it names, and null removes', async () => {
    const id = await filled()
    const merged = await patch(id, { attributes: { floor: null, staff: true } })
    assert.deepEqual(
      [merged.status, merged.json.attributes],
      [200, { site: 'west', staff: true }],
      JSON.stringify(merged.json)
    )
    assert.equal(merged.json.templates.length, 3)
    assert.deepEqual((await patch(id, { attributes: { site: 'east' } }, 'application/json')).json.attributes, {
      site: 'east',
      staff: true
    })
    assert.deepEqual(
      (await patch(id, { quality: { 'example-a': { side: 0.75 }, 'example-b': 1 } })).json.templates.map((
        { quality }: Json
      ) => quality),
      [0.25, 0.75, 1]
    )
    assert.deepEqual((await patch(id, { quality: null })).json.templates.map(({ quality }: Json) => quality), [
      null,
      null,
      null
    ])
    assert.deepEqual((await patch(id, { attributes: null })).json.attributes, {})
    assert.equal((await candidates(id))[0].subject, 'ann')
  })

  test('4xx: an invalid patch changes nothing', async () => {
    const id = await filled()
    const many = (from: number) => Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`a${from + i}`, i]))
    assert.equal((await patch(id, { attributes: many(0) })).status, 200)
    const before = await read(id)
    for (
      const [body, code] of [
        [{ attributes: many(20), quality: 1 }, 'request-invalid'],
        [{ attributes: { floor: 1 }, quality: { 'example-a': { front: 1 } } }, 'template-unknown'],
        [{ attributes: { floor: 1 }, quality: { r512: 1 } }, 'template-unknown'],
        [{}, 'request-invalid'],
        [{ templates: [] }, 'request-invalid'],
        [{ quality: 'good' }, 'request-invalid'],
        [{ attributes: { '1': 2 } }, 'request-invalid']
      ] as const
    ) assert.equal((await patch(id, body)).json.code, code, JSON.stringify(body))
    assert.equal(
      (await call(running.url, 'PATCH', address(id), {
        body: '{"quality":1}',
        headers: { 'content-type': 'text/plain' }
      })).json.code,
      'media-type-unsupported'
    )
    assert.equal(
      (await call(running.url, 'PATCH', address(id, 'nobody'), { json: { quality: 1 } })).json.code,
      'subject-unknown'
    )
    assert.deepEqual(await read(id), before)
  })

  test('200: one template, or all of a model, are deleted, the subject with the last; the audit does not name it', async () => {
    const id = await filled()
    const remove = async (query: string) =>
      (await call(running.url, 'DELETE', `${address(id)}/templates/${query}`)).json
    assert.deepEqual(await remove('example-a?reference=1'), { templates: 1, subjects: 0 })
    assert.deepEqual(qualities(await read(id)).map(([model, reference]: Json) => `${model} ${reference}`), [
      'example-a side',
      'example-b 1'
    ])
    assert.ok(
      (await candidates(id, ['example-a'])).every(({ subject, reference }: Json) =>
        subject !== 'ann' || reference === 'side'
      )
    )
    assert.equal((await remove('example-a?reference=1')).code, 'template-unknown')
    assert.equal((await remove('r512')).code, 'template-unknown')
    assert.deepEqual(await remove('example-b'), { templates: 1, subjects: 0 })
    assert.deepEqual(await remove('example-a'), { templates: 1, subjects: 1 })
    assert.equal((await call(running.url, 'GET', address(id))).json.code, 'subject-unknown')
    const { bytes, json } = await call(running.url, 'GET', '/v1/audit?limit=1000')
    assert.ok(!bytes.toString().includes('"ann"'))
    const deleted = json.records.map(({ record }: Json) => record).filter((
      { operation, phase, params, status }: Json
    ) => operation === 'deleteSubjectTemplate' && phase === 'ended' && params.id === id && status === 200)
    assert.deepEqual(deleted.map((record: Json) => record.deleted), [{ templates: 1, subjects: 0 }, {
      templates: 1,
      subjects: 0
    }, { templates: 1, subjects: 1 }])
  })

  test('a translation in an open migration is deleted with its template, and follows its quality', async () => {
    const id = await create()
    await enrol(id, 'example-a', [{ subject: 'ann', vector }, {
      subject: 'ann',
      reference: 'side',
      vector: [4, 3, 2, 1]
    }])
    const { json: job } = await call(running.url, 'POST', `/v1/galleries/${id}/migrations`, {
      json: { target: 'example-b', map: exampleMapId }
    })
    await jobIn(running.url, job.id)
    assert.equal((await patch(id, { quality: { 'example-a': { side: 0.5 } } })).status, 200)
    assert.deepEqual((await call(running.url, 'DELETE', `${address(id)}/templates/example-a?reference=1`)).json, {
      templates: 2,
      subjects: 0
    })
    assert.equal((await call(running.url, 'POST', `/v1/galleries/${id}/migrations/${job.id}/commit`)).status, 200)
    assert.deepEqual(qualities(await read(id)), [['example-b', 'side', 0.5]])
  })
}, { citus: true })
