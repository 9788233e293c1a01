import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { exampleCorpusId, exampleMapId, examples } from '../../../src/platform/http/documented-examples.js'
import { call, forEachService, startService, type Json, type RunningService } from '../../support/service.js'

const order = { corpus: exampleCorpusId, models: ['example-a', 'example-b'] }
const template = (k: number, side: 'source' | 'target') => ({
  model: side === 'source' ? 'example-a' : 'example-b',
  ...examples.pairs[k]![side]
})
const both = (k: number) => ({ templates: [template(k, 'source'), template(k, 'target')] })

forEachService('ensembles', running => {
  const fit = (json: object = order, headers: Record<string, string> = {}) =>
    call(running.url, 'POST', '/v1/ensembles', { json, headers })
  const activate = (id: string) => call(running.url, 'POST', `/v1/ensembles/${id}/activate`)
  const verify = (probe: unknown, reference: unknown, rest: object = {}, headers: Record<string, string> = {}) =>
    call(running.url, 'POST', '/v1/verifications', { json: { probe, reference, fmr: 0.1, ...rest }, headers })

  test('several templates take an active ensemble, and the answer names those there are', async () => {
    const { status, json } = await verify(both(0), both(1))
    assert.deepEqual([status, json.code, json.ensembles], [409, 'ensemble-missing', []])
    assert.match(json.detail, /"example-a", "example-b", whose maps are all active, found none/)
  })

  test('the same models in another order make the same ensemble, and a repeated key the first', async () => {
    const first = await fit(order, { 'idempotency-key': 'ensemble once' })
    assert.equal(first.status, 201, JSON.stringify(first.json))
    assert.deepEqual([first.json.models, first.json.state, first.json.serving], [
      ['example-a', 'example-b'],
      'fitted',
      false
    ])
    const again = await fit(order, { 'idempotency-key': 'ensemble once' })
    assert.deepEqual([again.status, again.json.id], [200, first.json.id])
    const other = await fit({ ...order, seed: 1 }, { 'idempotency-key': 'ensemble once' })
    assert.deepEqual([other.status, other.json.code], [409, 'idempotency-conflict'])
    const turned = await fit({ ...order, models: ['example-b', 'example-a'] })
    assert.deepEqual(turned.json.card, first.json.card)
    assert.equal(turned.json.version, first.json.version + 1)
    const read = await call(running.url, 'GET', first.headers.get('location')!)
    assert.deepEqual(read.json, first.json)
    const { json: list } = await call(running.url, 'GET', '/v1/ensembles')
    assert.ok(list.ensembles.some(({ id }: Json) => id === first.json.id))
    assert.equal(list.ensembles[0].card, undefined)
  })

  test('what cannot be fitted is refused', async () => {
    const refused = async (json: object) => {
      const answer = await fit(json)
      return [answer.status, answer.json.code]
    }
    assert.deepEqual(await refused({ ...order, corpus: exampleMapId }), [404, 'corpus-unknown'])
    assert.deepEqual(await refused({ ...order, models: ['example-a', 'nobody'] }), [404, 'model-unknown'])
    assert.deepEqual(await refused({ ...order, models: ['example-a'] }), [400, 'request-invalid'])
    assert.deepEqual(await refused({ ...order, models: ['example-a', 'example-a'] }), [400, 'request-invalid'])
    assert.deepEqual(await refused({ ...order, models: ['example-a', 'r512'] }), [409, 'map-missing'])
    assert.deepEqual(await refused({ ...order, models: ['r512', 'dlib128'] }), [422, 'pairs-insufficient'])
  })

  test('an unknown ensemble is told', async () => {
    const unknown = `/v1/ensembles/${exampleCorpusId}`
    assert.equal((await call(running.url, 'GET', unknown)).json.code, 'ensemble-unknown')
    assert.equal((await call(running.url, 'POST', `${unknown}/activate`)).json.code, 'ensemble-unknown')
    assert.equal((await call(running.url, 'DELETE', unknown)).json.code, 'ensemble-unknown')
  })

  test('a change with a stale tag is refused, and one with the tag that was read is not', async () => {
    const { json, headers } = await fit()
    const path = `/v1/ensembles/${json.id}`
    const stale = await call(running.url, 'POST', `${path}/activate`, { headers: { 'if-match': '"other"' } })
    assert.equal(stale.status, 412)
    const fresh = await call(running.url, 'POST', `${path}/activate`, { headers: { 'if-match': headers.get('etag')! } })
    assert.deepEqual([fresh.status, fresh.json.state, fresh.json.serving], [200, 'active', true])
    const unchanged = await call(running.url, 'GET', path, { headers: { 'if-none-match': fresh.headers.get('etag')! } })
    assert.equal(unchanged.status, 304)
    const retired = await call(running.url, 'DELETE', path, { headers: { 'if-match': fresh.headers.get('etag')! } })
    assert.equal(retired.json.state, 'retired')
    assert.equal((await activate(json.id)).json.code, 'ensemble-retired')
  })
})

forEachService('verification with several templates', running => {
  let ensemble: Json
  before(async () => {
    ensemble = (await call(running.url, 'POST', '/v1/ensembles', { json: order })).json
    assert.equal((await call(running.url, 'POST', `/v1/ensembles/${ensemble.id}/activate`)).status, 200)
  })
  const verify = (probe: unknown, reference: unknown, rest: object = {}, headers: Record<string, string> = {}) =>
    call(running.url, 'POST', '/v1/verifications', { json: { probe, reference, fmr: 0.1, ...rest }, headers })

  test('the score is the weighted sum of the scores of the parts', async () => {
    const { status, json } = await verify(both(0), both(1))
    assert.equal(status, 200, JSON.stringify(json))
    const { parts, id } = json.ensemble
    assert.equal(id, ensemble.id)
    assert.equal(parts.length, 4)
    let [sum, weights] = [0, 0]
    for (const { probe, reference, weight, score } of parts) {
      const side = (model: string, k: number) => ({
        template: template(k, model === 'example-a' ? 'source' : 'target')
      })
      const single = await verify(side(probe.model, 0), side(reference.model, 1))
      assert.ok(Math.abs(single.json.score - score) < 1e-6)
      assert.equal(single.json.ensemble, undefined)
      sum += weight * score
      weights += weight
    }
    assert.ok(Math.abs(json.score - sum) < 1e-9)
    assert.ok(Math.abs(weights - 1) < 1e-9)
    assert.deepEqual([json.map, json.calibration, json.comparisonSpace.kind], [null, null, 'fused'])
    assert.deepEqual([json.probe.model, json.support], ['example-a', 'measured'])
    assert.equal(json.decision, json.score >= json.threshold ? 'match' : 'non-match')
    assert.equal(typeof json.logLikelihoodRatio, 'number')
  })

  test('templates may be missing on either side, in any order, and the sides may be exchanged', async () => {
    const turned = { templates: [...both(0).templates].reverse() }
    const one = { template: template(1, 'source') }
    const [straight, back, reversed] = [
      (await verify(both(0), one)).json,
      (await verify(one, both(0))).json,
      (await verify(turned, { templates: [template(1, 'source')] })).json
    ]
    assert.equal(straight.ensemble.parts.length, 2)
    assert.ok(Math.abs(straight.score - back.score) < 1e-9)
    assert.ok(Math.abs(straight.score - reversed.score) < 1e-9)
    assert.equal(straight.threshold, back.threshold)
    assert.notEqual(straight.threshold, (await verify(both(0), { template: template(1, 'target') })).json.threshold)
    const alone = await verify({ templates: [template(0, 'source')] }, one)
    assert.deepEqual([alone.status, alone.json.ensemble], [200, undefined])
  })

  test('mates match and strangers do not', async () => {
    let [mates, strangers] = [0, 0]
    for (let person = 0; person < 20; person++) {
      mates += Number((await verify(both(2 * person), both(2 * person + 1))).json.decision === 'match')
      strangers += Number((await verify(both(2 * person), both((2 * person + 3) % 40))).json.decision === 'match')
    }
    assert.ok(mates >= 17 && strangers <= 5, `${mates} mates, ${strangers} strangers`)
  })

  test('a named ensemble decides, and another one is refused', async () => {
    assert.equal((await verify(both(0), both(1), { ensemble: ensemble.id })).status, 200)
    const other = await verify(both(0), both(1), { ensemble: exampleCorpusId })
    assert.deepEqual([other.status, other.json.code], [409, 'ensemble-missing'])
    assert.deepEqual(other.json.ensembles, [{ id: ensemble.id, version: 1 + 2, models: order.models }])
  })

  test('two templates of one model, too many, unusable ones and models of no ensemble are refused', async () => {
    const refused = async (probe: unknown) => {
      const { status, json } = await verify(probe, both(1))
      return [status, json.code, json.detail] as const
    }
    const twice = await refused({ templates: [template(0, 'source'), template(0, 'source')] })
    assert.deepEqual(twice.slice(0, 2), [400, 'request-invalid'])
    assert.match(twice[2], /probe.templates\[1\]: expected one template of each model/)
    const many = { templates: Array.from({ length: 1000 }, () => template(0, 'source')) }
    assert.deepEqual((await refused(many)).slice(0, 2), [400, 'request-invalid'])
    assert.deepEqual((await refused({ templates: [] })).slice(0, 2), [400, 'request-invalid'])
    const zero = await refused({ templates: [template(0, 'source'), { model: 'example-b', vector: [0, 0, 0] }] })
    assert.deepEqual(zero.slice(0, 2), [422, 'template-invalid'])
    assert.match(zero[2], /probe.templates\[1\]/)
    const r512 = { model: 'r512', data: examples.templates.r512 }
    assert.deepEqual((await refused({ templates: [template(0, 'source'), r512] })).slice(0, 2), [
      409,
      'ensemble-missing'
    ])
    const wrong = { ...r512, model: 'example-b' }
    assert.deepEqual((await refused({ templates: [template(0, 'source'), wrong] })).slice(0, 2), [
      422,
      'template-invalid'
    ])
    assert.deepEqual((await refused({ ...both(0), template: template(0, 'source') })).slice(0, 2), [
      400,
      'request-invalid'
    ])
  })

  test('an image is embedded by several models', async () => {
    const probe = { image: examples.face, models: ['r512', 'dlib128'] }
    const { status, json } = await verify(probe, { template: { model: 'r512', data: examples.templates.r512 } })
    assert.deepEqual([status, json.code], [409, 'ensemble-missing'])
    assert.match(json.detail, /"r512", "dlib128"/)
    const two = await verify({ ...probe, model: 'r512' }, probe)
    assert.deepEqual([two.status, two.json.code], [400, 'request-invalid'])
  })

  test('it serves no longer when its map does not, and not when it is retired', async () => {
    const refit = await call(running.url, 'POST', '/v1/maps', {
      json: {
        source: 'example-a',
        target: 'example-b',
        method: 'ridge',
        lambda: 0.1,
        corpus: exampleCorpusId,
        activate: true,
        activateUnfit: true
      }
    })
    assert.equal(refit.status, 201, JSON.stringify(refit.json))
    assert.equal((await verify(both(0), both(1))).json.code, 'ensemble-missing')
    const path = `/v1/ensembles/${ensemble.id}`
    const { json: read } = await call(running.url, 'GET', path)
    assert.deepEqual([read.state, read.serving], ['active', false])
    const refused = await call(running.url, 'POST', `${path}/activate`)
    assert.deepEqual([refused.status, refused.json.code], [409, 'map-missing'])
    await call(running.url, 'POST', `/v1/maps/${exampleMapId}/activate`)
    assert.equal((await verify(both(0), both(1))).status, 200)
    assert.equal((await call(running.url, 'DELETE', path)).json.state, 'retired')
    assert.equal((await verify(both(0), both(1))).json.code, 'ensemble-missing')
  })
})

describe('keys and several templates', () => {
  let running: RunningService
  before(async () => {
    running = await startService({ config: { apiKeysRequired: true } })
    const headers = await keyWith({ scopes: ['fit', 'admin'] })
    const { json } = await call(running.url, 'POST', '/v1/ensembles', { json: order, headers })
    assert.equal((await call(running.url, 'POST', `/v1/ensembles/${json.id}/activate`, { headers })).status, 200)
  })
  after(() => running.stop())

  const keyWith = async (request: Omit<Parameters<RunningService['service']['access']['issue']>[0], 'name'>) => (
    { authorization: `Bearer ${(await running.service.access.issue({ name: 'test', ...request })).key}` }
  )
  const verify = (headers: Record<string, string>) =>
    call(running.url, 'POST', '/v1/verifications', { json: { probe: both(0), reference: both(1), fmr: 0.1 }, headers })

  test('a key that is not told scores is told none of the parts, and pays for each of them', async () => {
    const key = await keyWith({ scopes: ['verify'], scores: 'none', templatesPerDay: 6 })
    const { json } = await verify(key)
    assert.equal(json.score, null)
    assert.equal(json.threshold, null)
    assert.ok(json.ensemble.parts.length === 4 && json.ensemble.parts.every(({ score }: Json) => score === null))
    const more = await verify(key)
    assert.deepEqual([more.status, more.json.code], [429, 'budget-exhausted'])
  })

  test('a key for one pair of models does not compare others', async () => {
    const key = await keyWith({ scopes: ['verify'], translatePairs: [{ source: 'example-a', target: 'example-b' }] })
    const { status, json } = await verify(key)
    assert.deepEqual([status, json.code], [403, 'pair-forbidden'])
  })

  test('fitting takes the scope "fit", and activating "admin"', async () => {
    const key = await keyWith({ scopes: ['verify', 'fit'] })
    const { json } = await call(running.url, 'POST', '/v1/ensembles', { json: order, headers: key })
    const activated = await call(running.url, 'POST', `/v1/ensembles/${json.id}/activate`, { headers: key })
    assert.deepEqual([activated.status, activated.json.code], [403, 'scope-missing'])
    const other = await call(running.url, 'POST', '/v1/ensembles', {
      json: order,
      headers: await keyWith({ scopes: ['verify'] })
    })
    assert.deepEqual([other.status, other.json.code], [403, 'scope-missing'])
  })
})
