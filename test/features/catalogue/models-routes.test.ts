import assert from 'node:assert/strict'
import { test } from 'node:test'
import { call, forEachService, type Json } from '../../support/service.js'

forEachService('models', running => {
  const blackBox = { id: 'black-box', title: "A vendor's matcher", version: '3.1', dimension: 96 }

  test('the recognisers of the pack are listed with their spaces', async () => {
    const { status, json } = await call(running.url, 'GET', '/v1/models')
    assert.equal(status, 200)
    const recognisers = json.models.filter((model: Json) => model.canEmbed).map(({ id, dimension }: Json) => ({
      id,
      dimension
    }))
    assert.deepEqual(recognisers, [{ id: 'dlib128', dimension: 128 }, { id: 'faceres1024', dimension: 1024 }, {
      id: 'r512',
      dimension: 512
    }])
    for (const model of json.models) assert.match(model.fingerprint!, /^[0-9a-f]{64}$/)
  })

  test('the list has pages, and is complete without paging', async () => {
    const { json: whole } = await call(running.url, 'GET', '/v1/models')
    assert.ok(whole.models.length >= 5)
    assert.equal(whole.next, null)
    const read: Json[] = []
    for (let after = '';;) {
      const { status, json } = await call(running.url, 'GET', `/v1/models?limit=2${after}`)
      assert.equal(status, 200)
      read.push(...json.models)
      if (json.next === null) break
      assert.equal(json.models.length, 2)
      after = `&after=${encodeURIComponent(json.next)}`
    }
    // Of a recogniser that other services of the process use too, a self-test may have ended between two answers.
    const steady = (models: Json[]) => models.map(({ selfTest: _, ...model }) => model)
    assert.deepEqual(steady(read), steady(whole.models))
    for (const cursor of ['x', Buffer.from('Not an id').toString('base64url'), '']) {
      assert.equal((await call(running.url, 'GET', `/v1/models?after=${cursor}`)).json.code, 'request-invalid', cursor)
    }
  })

  test('201 and 200: a black box is registered once', async () => {
    const first = await call(running.url, 'POST', '/v1/models', { json: blackBox })
    assert.equal(first.status, 201)
    assert.equal(first.json.kind, 'template-only')
    assert.equal(first.headers.get('location'), '/v1/models/black-box')
    const second = await call(running.url, 'POST', '/v1/models', { json: blackBox })
    assert.equal(second.status, 200)
    assert.deepEqual(second.json, first.json)
    assert.deepEqual((await call(running.url, 'GET', '/v1/models/black-box')).json, first.json)
  })

  test('409: an id means one space', async () => {
    await call(running.url, 'POST', '/v1/models', { json: blackBox })
    for (
      const changed of [{ ...blackBox, dimension: 97 }, { ...blackBox, version: '4' }, { ...blackBox, id: 'r512' }]
    ) {
      const { status, json } = await call(running.url, 'POST', '/v1/models', { json: changed })
      assert.equal(status, 409)
      assert.equal(json.code, 'model-exists')
    }
  })

  test('404: a model that does not exist', async () => {
    const { status, json } = await call(running.url, 'GET', '/v1/models/nobody')
    assert.equal(status, 404)
    assert.equal(json.code, 'model-unknown')
    assert.match(json.detail, /nobody/)
  })

  test('400: an invalid registration names the member', async () => {
    for (
      const [changed, expected] of [
        [{ ...blackBox, dimension: '96' }, /dimension: expected integer, received "96"/],
        [{ ...blackBox, dimension: 5000 }, /dimension: .*<= 4096, received 5000/],
        [{ ...blackBox, id: '../r512' }, /id: .*received "\.\.\/r512"/],
        [{ ...blackBox, graph: 'http://example.org/x.onnx' }, /received "graph"/],
        [{ id: 'x' }, /expected member "title"/]
      ] as const
    ) {
      const { status, json } = await call(running.url, 'POST', '/v1/models', { json: changed })
      assert.equal(status, 400)
      assert.equal(json.code, 'request-invalid')
      assert.match(json.detail, expected)
    }
  })
})
