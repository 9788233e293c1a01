import assert from 'node:assert/strict'
import { test } from 'node:test'
import { exampleCorpusId, examples } from '../../../src/platform/http/documented-examples.js'
import { call, describeService, type Json } from '../../support/service.js'

describeService('maps from pairs of other images', running => {
  /** An old template of the first image of everybody, and a new one of the second. */
  const old = examples.pairs.filter((_, i) => i % 2 === 0)
    .map(({ sample, identity, source }) => ({ sample, identity, ...source }))
  const recent = examples.pairs.filter((_, i) => i % 2 === 1)
    .map(({ sample, identity, target }) => ({ sample, identity, verification: `request of ${sample}`, ...target }))

  const create = async (body: object): Promise<Json> =>
    (await call(running.url, 'POST', '/v1/corpora', { json: { name: 'people who come back', ...body } })).json
  const add = (corpus: Json, model: string, templates: object[]) =>
    call(running.url, 'POST', `/v1/corpora/${corpus.id}/templates?model=${model}`, { json: { templates } })
  const fit = (corpus: Json, changes: object = {}) =>
    call(running.url, 'POST', '/v1/maps', {
      json: { source: 'example-a', target: 'example-b', corpus: corpus.id, ...changes }
    })

  test('a corpus whose pairs are people fits a map where one whose pairs are images has none', async () => {
    const images = await create({})
    assert.equal(images.pairing, 'image')
    await add(images, 'example-a', old)
    await add(images, 'example-b', recent)
    assert.deepEqual([(await fit(images)).json.code], ['pairs-one-sided'])

    const people = await create({ pairing: 'identity' })
    assert.equal(people.pairing, 'identity')
    await add(people, 'example-a', old)
    // One by one, as they come from a running service.
    for (const template of recent) assert.equal((await add(people, 'example-b', [template])).json.added, 1)
    const { status, json } = await fit(people)
    assert.equal(status, 201, JSON.stringify(json))
    assert.equal(json.card.pairs.pairing, 'identity')
    assert.equal(json.card.pairs.pairs, 20)
    assert.equal(json.card.evaluation.crossModel.matedComparisons, 20)
    const page = await call(running.url, 'GET', `/v1/maps/${json.id}/card`)
    assert.equal(page.status, 200)
    const read = (await call(running.url, 'GET', `/v1/corpora/${people.id}`)).json
    assert.equal(read.fromVerification, 20)
    assert.equal((await call(running.url, 'GET', `/v1/corpora/${exampleCorpusId}`)).json.fromVerification, 0)
  })

  test('a corpus that grew says whether to fit again, and the new map has the active one in its shadow', async () => {
    const people = await create({})
    const named = examples.pairs.map(({ sample, identity, source, target }) => ({
      source: { sample, identity, ...source },
      target: { sample, identity, ...target }
    }))
    await add(people, 'example-a', named.map(({ source }) => source))
    await add(people, 'example-b', named.slice(0, 28).map(({ target }) => target))
    const first = (await fit(people, { activate: true, activateUnfit: true })).json
    assert.equal(first.card.split.training.identities, 14)
    const advice = async (corpus: string) =>
      (await call(running.url, 'GET', `/v1/maps/${first.id}/refit?corpus=${corpus}`)).json
    const before = await advice(people.id)
    assert.deepEqual([before.suggested, before.before, before.now], [false, 14, 14])
    assert.match(before.reason, /14 people are fewer than 18/)

    await add(people, 'example-b', named.slice(28).map(({ target }) => target))
    const grown = await advice(people.id)
    assert.equal(grown.now, 20)
    assert.equal(typeof grown.suggested, 'boolean')
    const apart = await create({ pairing: 'identity' })
    await add(apart, 'example-a', old)
    await add(apart, 'example-b', recent.slice(0, 15))
    assert.equal((await advice(apart.id)).now, 15)

    const { card } = (await fit(people)).json
    assert.equal(card.shadow.map, first.id)
    assert.equal(card.shadow.sharesPeople, true)
    const { tmr, difference, finding } = card.shadow
    assert.ok(Math.abs(tmr.own - tmr.serving - difference.tmr) < 1e-9)
    assert.equal(finding, difference.lower > 0 ? 'better' : difference.upper < 0 ? 'worse' : 'alike')
    await call(running.url, 'DELETE', `/v1/maps/${first.id}`)
  })

  test('without a name nobody is in a pair, and a composition takes pairs of images', async () => {
    const people = await create({ pairing: 'identity' })
    await add(people, 'example-a', old.map(({ identity: _, ...template }) => template))
    await add(people, 'example-b', recent)
    const nobody = await fit(people)
    assert.deepEqual([nobody.status, nobody.json.code], [422, 'pairs-one-sided'])
    assert.match(
      nobody.json.detail,
      /received 20 templates under the first and 20 under the second without such a pair/
    )
  })
})
