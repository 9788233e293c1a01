import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { Value } from 'typebox/value'
import { Card } from '../../../src/science/cards/card.js'
import { createRandom } from '../../../src/science/linear-algebra/random.js'
import { gaussian, gaussianMatrix } from '../../support/synthetic-pairs.js'
import { call, describeService, type Json } from '../../support/service.js'

/** Four models of one world, each with noise of its own; `dull` sees hardly anything. */
const models = {
  alpha: { dimension: 12, noise: 0.1 },
  hub: { dimension: 14, noise: 0.1 },
  dull: { dimension: 10, noise: 3 },
  gamma: { dimension: 8, noise: 0.1 }
}
type Name = keyof typeof models

function world (
  identities: number,
  imagesEach: number
): { sample: string, identity: string, templates: Record<Name, number[]> }[] {
  const random = createRandom(3)
  const latent = 10
  const views = Object.fromEntries(
    Object.entries(models).map(([name, { dimension }], k) => [name, gaussianMatrix(latent, dimension, 50 + k)])
  )
  return Array.from({ length: identities }, (_, who) => {
    const centre = Array.from({ length: latent }, () => gaussian(random))
    return Array.from({ length: imagesEach }, (_, image) => {
      const face = centre.map(value => value + 0.3 * gaussian(random))
      const templates = Object.fromEntries(
        Object.entries(models).map(([name, { dimension, noise }]) => [
          name,
          Array.from(
            { length: dimension },
            (_, j) =>
              Math.fround(
                face.reduce(
                  (sum, value, i) => sum + value * views[name]!.data[i * dimension + j]!,
                  noise * gaussian(random)
                )
              )
          )
        ])
      )
      return { sample: `p${who}/${image}`, identity: `p${who}`, templates: templates as Record<Name, number[]> }
    })
  }).flat()
}

const samples = world(60, 4)
const pairs = (source: Name, target: Name, of = samples) =>
  of.map(({ sample, identity, templates }) => ({
    sample,
    identity,
    source: { vector: templates[source] },
    target: { vector: templates[target] }
  }))

describeService('composition', running => {
  const post = (path: string, json: unknown) => call(running.url, 'POST', path, { json })
  const compose = (changes: object = {}) =>
    post('/v1/maps', {
      source: 'alpha',
      target: 'gamma',
      method: 'composition',
      pairs: pairs('alpha', 'gamma'),
      ...changes
    })
  const translate = () =>
    post('/v1/translations', { target: 'gamma', templates: [{ model: 'alpha', vector: samples[0]!.templates.alpha }] })
  const verify = (probe: Name, reference: Name) =>
    post('/v1/verifications', {
      probe: { template: { model: probe, vector: samples[0]!.templates[probe] } },
      reference: { template: { model: reference, vector: samples[1]!.templates[reference] } },
      fmr: 0.01
    })
  const legs: Record<string, string> = {}

  async function leg (source: Name, target: Name): Promise<void> {
    const { status, json } = await post('/v1/maps', {
      source,
      target,
      method: 'ridge',
      lambda: 0.01,
      pairs: pairs(source, target)
    })
    assert.equal(status, 201, JSON.stringify(json))
    await post(`/v1/maps/${json.id}/activate`, undefined)
    legs[`${source} ${target}`] = json.id
  }

  before(async () => {
    for (const [id, { dimension }] of Object.entries(models)) {
      const { status, json } = await post('/v1/models', { id, dimension, title: id, version: '1', licence: 'none' })
      assert.equal(status, 201, JSON.stringify(json))
    }
  })

  test('409: no route yet, and the answer names the existing legs', async () => {
    const none = await compose()
    assert.equal(none.status, 409)
    assert.equal(none.json.code, 'map-missing')
    assert.match(
      none.json.detail,
      /expected active maps from "alpha" to a model that both have a map with and from there to "gamma", found none/
    )
    await leg('alpha', 'hub')
    const half = await compose({ via: 'hub' })
    assert.equal(half.status, 409)
    assert.match(half.json.detail, /from "alpha" to "hub" and from there to "gamma", found "alpha" to "hub"$/)
    assert.deepEqual(half.json.maps, [{ id: legs['alpha hub'], source: 'alpha', target: 'hub' }])
    assert.deepEqual((await translate()).json.routes, [])
  })

  test('409: a translation without a map is told the routes', async () => {
    await leg('hub', 'gamma')
    const { status, json } = await translate()
    assert.equal(status, 409)
    assert.equal(json.code, 'map-missing')
    const route = { source: 'alpha', via: 'hub', target: 'gamma', maps: [legs['alpha hub'], legs['hub gamma']] }
    assert.deepEqual(json.routes, [route])
    assert.match(
      json.detail,
      /POST \/v1\/maps with method "composition" composes one from two: "alpha" to "gamma" via "hub"/
    )
    // A verification can use a map of either direction.
    for (const answer of [await verify('alpha', 'gamma'), await verify('gamma', 'alpha')]) {
      assert.equal(answer.status, 409)
      assert.deepEqual(answer.json.routes, [route])
    }
  })

  test('201: the best route is composed, evaluated on these pairs, and serves; retiring a leg changes nothing', async () => {
    await leg('alpha', 'dull')
    await leg('dull', 'gamma')
    const { status, json: map } = await compose()
    assert.equal(status, 201, JSON.stringify(map))
    const best = [legs['alpha hub'], legs['hub gamma']]
    assert.equal(map.method, 'composition')
    assert.deepEqual(map.parameters, { lambda: null, rank: null, via: 'hub', legs: best })
    assert.deepEqual([...Value.Errors(Card, map.card)], [])
    const { composition, evaluation, calibration } = map.card
    assert.deepEqual(composition.routes.map((route: Json) => [route.via, route.legs]), [['hub', best], ['dull', [
      legs['alpha dull'],
      legs['dull gamma']
    ]]])
    assert.ok(composition.routes[0].score > composition.routes[1].score + 0.1, JSON.stringify(composition.routes))
    assert.match(map.card.selection.reason, /via "hub", .* scored best of 2 routes/)
    assert.equal(map.card.learningCurve, undefined)
    // Five folds of 12 people with 4 images: its own figures, and those of direct maps on the same comparisons.
    assert.equal(calibration.crossModel.nonMatedComparisons, 5 * 48 * 44)
    assert.equal(composition.direct.metrics.nonMatedComparisons, 5 * 48 * 44)
    const tmr = (metrics: Json) => metrics.operatingPoints[0].tmr
    const [own, direct] = [tmr(evaluation.crossModel), tmr(composition.direct.metrics)]
    assert.ok(own > 0.8 && Math.abs(own - direct) < 0.1, `TMR ${own}, of a direct map ${direct}`)

    await post(`/v1/maps/${map.id}/activate`, undefined)
    const before = await translate()
    assert.equal(before.status, 200)
    assert.equal(before.json.maps[0].id, map.id)
    const { json: verification } = await verify('alpha', 'gamma')
    assert.equal(verification.calibration.map.id, map.id)
    assert.notEqual(verification.decision, null)
    await call(running.url, 'DELETE', `/v1/maps/${legs['hub gamma']}`)
    assert.deepEqual((await translate()).json, before.json)
    assert.equal((await verify('gamma', 'alpha')).json.map.id, map.id)
  })

  test('201: via names the route', async () => {
    const { status, json } = await compose({ via: 'dull', seed: 5 })
    assert.equal(status, 201, JSON.stringify(json))
    assert.equal(json.card.composition.via, 'dull')
    assert.equal(json.card.composition.routes.length, 1)
    assert.match(json.card.selection.reason, /via "dull", .* is the only route/)
    assert.equal(json.card.seed, 5)
    assert.ok(
      json.card.warnings.some((warning: string) =>
        /a direct map of these pairs, .* fit it with method "auto"/.test(warning)
      ),
      json.card.warnings.join('\n')
    )
  })

  test('200: a repetition with the same Idempotency-Key returns the first map', async () => {
    const few = { pairs: pairs('alpha', 'gamma', samples.slice(0, 48)), via: 'dull' }
    const headers = { 'idempotency-key': `composition-${running.kind}` }
    const send = () =>
      call(running.url, 'POST', '/v1/maps', {
        json: { source: 'alpha', target: 'gamma', method: 'composition', ...few },
        headers
      })
    const first = await send()
    assert.equal(first.status, 201, JSON.stringify(first.json))
    const again = await send()
    assert.equal(again.status, 200)
    assert.equal(again.json.id, first.json.id)
  })

  test('a corpus that fitted the legs with another split raises a warning, with the same split it does not', async () => {
    const { json: corpus } = await post('/v1/corpora', { name: 'world' })
    for (const model of ['alpha', 'dull', 'gamma'] as const) {
      const lines = samples.map(({ sample, identity, templates }) =>
        JSON.stringify({ sample, identity, vector: templates[model] }) + '\n'
      )
      const added = await call(running.url, 'POST', `/v1/corpora/${corpus.id}/templates?model=${model}`, {
        body: lines.join(''),
        headers: { 'content-type': 'application/x-ndjson' }
      })
      assert.equal(added.status, 200, JSON.stringify(added.json))
    }
    for (const [source, target] of [['alpha', 'dull'], ['dull', 'gamma']] as const) {
      const { json } = await post('/v1/maps', {
        source,
        target,
        method: 'ridge',
        lambda: 0.01,
        corpus: corpus.id,
        heldOutFraction: 0.3
      })
      await post(`/v1/maps/${json.id}/activate`, undefined)
    }
    const doubts = async (more: object) =>
      (await compose({ pairs: undefined, corpus: corpus.id, via: 'dull', ...more })).json.card.warnings
        .filter((warning: string) => warning.includes('another split')).length
    assert.equal(await doubts({ seed: 42, heldOutFraction: 0.3 }), 0)
    assert.equal(await doubts({ seed: 43, heldOutFraction: 0.3 }), 1)
    assert.equal(await doubts({ seed: 42 }), 1, 'cross-fitting evaluates on everybody, the training part among them')
  })

  test('400, 404: invalid compositions are refused', async () => {
    for (
      const [changes, status, detail] of [
        [{ lambda: 0.1 }, 400, /lambda: expected only with an estimator that has one/],
        [{ rank: 2 }, 400, /rank: expected only/],
        [{ via: 'alpha' }, 400, /via: expected a model other than source and target, received "alpha"/],
        [
          { method: 'auto', via: 'hub' },
          400,
          /via: expected only with method "composition", received with method "auto"/
        ],
        [{ via: 'nobody' }, 404, /nobody/]
      ] as const
    ) {
      const answer = await compose(changes)
      assert.equal(answer.status, status, JSON.stringify(answer.json))
      assert.match(answer.json.detail, detail)
    }
  })
})
