import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { syntheticPairs } from '../../support/synthetic-pairs.js'
import { call, describeService, type Json } from '../../support/service.js'

describeService('hubs', running => {
  const post = (path: string, json?: unknown) => call(running.url, 'POST', path, { json })
  const models = { one: 10, two: 12, three: 8 }
  let corpus: string

  before(async () => {
    for (const [id, dimension] of Object.entries(models)) {
      assert.equal((await post('/v1/models', { id, dimension, title: id, version: '1' })).status, 201)
    }
    corpus = (await post('/v1/corpora', { name: 'world' })).json.id
    const { samples, identities, source, target } = syntheticPairs({
      identities: 60,
      imagesEach: 4,
      dSource: 10,
      dTarget: 12,
      spread: 0.3
    })
    const row = (
      templates: typeof source,
      i: number
    ) => [...templates.data.subarray(i * templates.cols, (i + 1) * templates.cols)]
    // The third model sees some of what the second does.
    const templates = {
      one: (i: number) => row(source, i),
      two: (i: number) => row(target, i),
      three: (i: number) => row(target, i).slice(0, 8).map(Math.fround)
    }
    for (const [model, vectorOf] of Object.entries(templates)) {
      const body = samples.map((sample, i) =>
        JSON.stringify({ sample, identity: identities[i], vector: vectorOf(i) }) + '\n'
      ).join('')
      const { status, json } = await call(running.url, 'POST', `/v1/corpora/${corpus}/templates?model=${model}`, {
        body,
        headers: { 'content-type': 'application/x-ndjson' }
      })
      assert.equal(status, 200, JSON.stringify(json))
    }
  })

  const make = (changes: object = {}) =>
    post('/v1/hubs', { id: 'hub', title: 'Hub', models: Object.keys(models), corpus, ...changes })

  test('201: a hub becomes a model with templates of the corpus, and 200 on repetition', async () => {
    const { status, json, headers } = await make()
    assert.equal(status, 201, JSON.stringify(json))
    assert.equal(headers.get('location'), '/v1/models/hub')
    assert.ok(
      json.dimension >= 8 && json.dimension <= 12 && json.agreement.length === json.dimension,
      JSON.stringify(json)
    )
    assert.ok(json.agreement.every((value: number, k: number) => value > 0 && value <= (json.agreement[k - 1] ?? 2)))
    const { json: model } = await call(running.url, 'GET', '/v1/models/hub')
    assert.equal(model.fingerprint, json.fingerprint)
    assert.deepEqual(model.manifest.hub.models.map((part: Json) => part.model), ['one', 'two', 'three'])
    const { json: contents } = await call(running.url, 'GET', `/v1/corpora/${corpus}`)
    assert.equal(contents.templates.find((part: Json) => part.model === 'hub').count, 240)
    const again = await make()
    assert.equal(again.status, 200, JSON.stringify(again.json))
    assert.deepEqual(again.json, json)
  })

  test('maps to and from the hub serve pairs without a direct map, and the card says what that loses', async () => {
    for (const [source, target] of [['one', 'hub'], ['hub', 'three']]) {
      const { status, json } = await post('/v1/maps', {
        source,
        target,
        corpus,
        method: 'ridge',
        lambda: 0.01,
        heldOutFraction: 0.3
      })
      assert.equal(status, 201, JSON.stringify(json))
      assert.equal((await post(`/v1/maps/${json.id}/activate`)).status, 200)
    }
    const { status, json } = await post('/v1/maps', {
      source: 'one',
      target: 'three',
      corpus,
      method: 'composition',
      via: 'hub',
      heldOutFraction: 0.3
    })
    assert.equal(status, 201, JSON.stringify(json))
    const tmr = (metrics: Json) => metrics.operatingPoints[0].tmr
    const [own, direct] = [tmr(json.card.evaluation.crossModel), tmr(json.card.composition.direct.metrics)]
    assert.ok(own > 0.8 && own > direct - 0.1, `TMR ${own}, of a direct map ${direct}`)
    assert.ok(
      !json.card.warnings.some((warning: string) => warning.includes('another split')),
      json.card.warnings.join('\n')
    )
  })

  test('400, 404, 409, 422: invalid hubs are refused', async () => {
    for (
      const [changes, status, code, detail] of [
        [{ models: ['one', 'one'] }, 400, 'request-invalid', /received one twice/],
        [{ models: ['one'] }, 400, 'request-invalid', /models/],
        [{ models: ['one', 'nobody'] }, 404, 'model-unknown', /nobody/],
        [{ corpus: '00000000-0000-4000-8000-000000000000' }, 404, 'corpus-unknown', /./],
        [{ id: 'two' }, 409, 'model-exists', /two/],
        [{ seed: 7 }, 409, 'model-exists', /hub/],
        [
          { models: ['one', 'example-a'] },
          422,
          'pairs-insufficient',
          /expected at least 20 samples of 10 identities .* received 0 of 0/
        ]
      ] as const
    ) {
      const answer = await make(changes)
      assert.equal(answer.status, status, JSON.stringify(answer.json))
      assert.equal(answer.json.code, code)
      assert.match(answer.json.detail, detail)
    }
  })
})
