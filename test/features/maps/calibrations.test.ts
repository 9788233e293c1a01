import assert from 'node:assert/strict'
import { test } from 'node:test'
import { exampleCorpusId, examples } from '../../../src/platform/http/documented-examples.js'
import { call, forEachService, type Json } from '../../support/service.js'

forEachService('calibrations of a map', running => {
  const templates = examples.pairs.flatMap(({ sample, identity, source, target }) => [
    { sample, identity, model: 'example-a', ...source },
    { sample, identity, model: 'example-b', ...target }
  ])
  const fit = async (): Promise<Json> =>
    (await call(running.url, 'POST', '/v1/maps', {
      json: {
        source: 'example-a',
        target: 'example-b',
        method: 'ridge',
        lambda: 0.1,
        corpus: exampleCorpusId,
        activate: true,
        activateUnfit: true
      }
    })).json
  const calibrate = (map: Json, json: object, headers: Record<string, string> = {}) =>
    call(running.url, 'POST', `/v1/maps/${map.id}/calibrations`, { json, headers })
  const verify = async (fmr = 0.1): Promise<Json> =>
    (await call(running.url, 'POST', '/v1/verifications', {
      json: {
        probe: { template: { model: 'example-a', ...examples.pairs[0]!.source } },
        reference: { template: { model: 'example-b', ...examples.pairs[1]!.target } },
        fmr
      }
    })).json

  test('a corpus and the same templates inline give the same calibration', async () => {
    const map = await fit()
    const inline = await calibrate(map, { templates })
    assert.equal(inline.status, 201)
    const corpus = await calibrate(map, { corpus: exampleCorpusId })
    assert.equal(corpus.status, 201)
    assert.deepEqual(corpus.json.result, inline.json.result)
    assert.deepEqual([inline.json.version, corpus.json.version], [1, 2])
    assert.equal(inline.json.corpusId, null)
    assert.equal(corpus.json.corpusId, exampleCorpusId)
    assert.equal(corpus.json.state, 'stored')
    const path = inline.headers.get('location')!
    const read = await call(running.url, 'GET', path)
    const { guard: _, ...document } = inline.json
    assert.deepEqual(read.json, document)
    const list = await call(running.url, 'GET', `/v1/maps/${map.id}/calibrations`)
    assert.deepEqual(list.json.calibrations.map(({ id }: Json) => id), [inline.json.id, corpus.json.id])
  })

  test('what is activated decides, and what is retired no longer does', async () => {
    const map = await fit()
    const before = await verify()
    assert.equal(before.calibration.own, null)
    // Half of the people, so that the thresholds differ.
    const some = templates.map((template, i) =>
      i < 40 ? template : { ...template, vector: [...template.vector].reverse() }
    )
    const { json: calibration } = await calibrate(map, { templates: some })
    assert.deepEqual((await verify()).threshold, before.threshold)

    const path = `/v1/maps/${map.id}/calibrations/${calibration.id}`
    const activated = await call(running.url, 'POST', `${path}/activate`)
    assert.equal(activated.json.state, 'active')
    const during = await verify()
    assert.deepEqual(during.calibration.own, { id: calibration.id, version: 1 })
    const { comparison, crossModel } = calibration.result.calibration
    const grid = (comparison ?? crossModel).grid
    assert.equal(during.threshold, grid[0].threshold)
    assert.notEqual(during.threshold, before.threshold)

    const stale = await call(running.url, 'DELETE', path, { headers: { 'if-match': '"another"' } })
    assert.equal(stale.status, 412)
    assert.equal((await call(running.url, 'DELETE', path)).json.state, 'retired')
    const after = await verify()
    assert.deepEqual([after.threshold, after.score, after.calibration.own], [before.threshold, before.score, null])
    const again = await call(running.url, 'POST', `${path}/activate`)
    assert.deepEqual([again.status, again.json.code], [409, 'calibration-retired'])
  })

  test('one calibration of a map is active', async () => {
    const map = await fit()
    const [first, second] = [
      (await calibrate(map, { templates })).json,
      (await calibrate(map, { templates, means: 'kept' })).json
    ]
    const activate = ({ id }: Json) => call(running.url, 'POST', `/v1/maps/${map.id}/calibrations/${id}/activate`)
    await activate(first)
    await activate(second)
    const { json } = await call(running.url, 'GET', `/v1/maps/${map.id}/calibrations`)
    assert.deepEqual(json.calibrations.map(({ state }: Json) => state), ['stored', 'active'])
    assert.equal((await activate(first)).json.state, 'active')
  })

  test('a search decides by the active calibration, and projects again where it has other means', async () => {
    const map = await fit()
    const { json: gallery } = await call(running.url, 'POST', '/v1/galleries', {
      json: { name: `own ${running.kind}` }
    })
    const lines = examples.pairs.map(({ identity, sample, target }) =>
      JSON.stringify({ subject: identity, reference: sample, ...target })
    ).join('\n')
    await call(running.url, 'POST', `/v1/galleries/${gallery.id}/templates?model=example-b`, {
      body: lines,
      headers: { 'content-type': 'application/x-ndjson' }
    })
    const search = async (): Promise<Json> =>
      (await call(running.url, 'POST', `/v1/galleries/${gallery.id}/identifications`, {
        json: { probes: [{ model: 'example-a', ...examples.pairs[0]!.source }], fpir: 0.5 }
      })).json
    const before = await search()
    const shifted = templates.map(({ vector, ...template }) => ({
      ...template,
      vector: vector.map(value => value + 0.3)
    }))
    const { json: calibration } = await calibrate(map, { templates: shifted })
    await call(running.url, 'POST', `/v1/maps/${map.id}/calibrations/${calibration.id}/activate`)
    const after = await search()
    assert.equal(before.searches[0].groups[0].ownCalibration, null)
    assert.equal(after.searches[0].groups[0].ownCalibration.id, calibration.id)
    const { json: verified } = await call(running.url, 'POST', '/v1/verifications', {
      json: {
        probe: { template: { model: 'example-a', ...examples.pairs[0]!.source } },
        reference: {
          template: {
            model: 'example-b',
            ...examples.pairs.find(({ sample }) => sample === after.results[0].candidates[0].reference)!.target
          }
        },
        fmr: 0.1
      }
    })
    assert.ok(Math.abs(verified.score - after.results[0].candidates[0].score) < 1e-6)
    if (calibration.result.means === 'own') {
      assert.notEqual(after.results[0].candidates[0].score, before.results[0].candidates[0].score)
    }
  })

  test('200: a repetition with the same Idempotency-Key returns the first calibration', async () => {
    const map = await fit()
    const headers = { 'idempotency-key': `calibration ${running.kind}` }
    const first = await calibrate(map, { templates }, headers)
    const again = await calibrate(map, { templates }, headers)
    assert.deepEqual([first.status, again.status], [201, 200])
    assert.equal(again.json.id, first.json.id)
    const other = await calibrate(map, { templates, means: 'kept' }, headers)
    assert.deepEqual([other.status, other.json.code], [409, 'idempotency-conflict'])
  })

  test('what is refused says what was expected', async () => {
    const map = await fit()
    const refused = async (json: object, status: number, code: string, detail: RegExp) => {
      const answer = await calibrate(map, json)
      assert.deepEqual([answer.status, answer.json.code], [status, code], JSON.stringify(answer.json))
      assert.match(answer.json.detail, detail)
    }
    await refused({}, 400, 'request-invalid', /exactly one of "corpus" and "templates", received neither/)
    await refused({ templates, corpus: exampleCorpusId }, 400, 'request-invalid', /received both/)
    await refused(
      { templates: [{ model: 'r512', vector: [1] }] },
      400,
      'request-invalid',
      /templates\[0\].model: expected "example-a" or "example-b", the models of the map, received "r512"/
    )
    await refused(
      { templates: [{ model: 'example-a', vector: [1, 2, 3] }] },
      422,
      'template-invalid',
      /expected 4 numbers/
    )
    await refused({ templates: templates.slice(0, 20) }, 422, 'pairs-insufficient', /at least 20 people.*received 5/)
    await refused(
      { templates: [...templates, { ...templates[0]!, identity: 'another' }] },
      400,
      'request-invalid',
      /one template of model "example-a" of each image/
    )
    await refused(
      { templates: [templates[0], { ...templates[1]!, identity: 'another' }] },
      400,
      'request-invalid',
      /templates\[1\].identity: expected "person 1"/
    )
    await refused({ corpus: '00000000-0000-4000-8000-00000000ffff' }, 404, 'corpus-unknown', /no corpus/)
    const nowhere = await call(running.url, 'GET', `/v1/maps/${map.id}/calibrations/${map.id}`)
    assert.deepEqual([nowhere.status, nowhere.json.code], [404, 'calibration-unknown'])
    await call(running.url, 'DELETE', `/v1/maps/${map.id}`)
    await refused({ templates }, 409, 'map-retired', /retired/)
  })

  test('the audit has who calibrated and activated', async () => {
    const map = await fit()
    const { json: { id } } = await calibrate(map, { templates })
    await call(running.url, 'POST', `/v1/maps/${map.id}/calibrations/${id}/activate`)
    const { json } = await call(running.url, 'GET', '/v1/audit?limit=1000')
    const operations = json.records.filter(({ record }: Json) => record.params?.id === map.id)
      .map(({ record }: Json) => record.operation)
    assert.ok(operations.includes('calibrateMap') && operations.includes('activateMapCalibration'), operations.join())
  })
})
