import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { exampleCorpusId, exampleMapId, examples } from '../../../src/platform/http/documented-examples.js'
import { jobIn } from '../../support/jobs.js'
import { call, forEachService, type Json } from '../../support/service.js'

const { pairs } = examples
const template = (k: number, side: 'source' | 'target') => ({
  model: side === 'source' ? 'example-a' : 'example-b',
  ...pairs[k]![side]
})
const both = (k: number) => ({ templates: [template(k, 'source'), template(k, 'target')] })

forEachService('searches with several templates of an image', running => {
  let ensemble: Json
  let gallery: string
  before(async () => {
    ensemble = (await call(running.url, 'POST', '/v1/ensembles', {
      json: { corpus: exampleCorpusId, models: ['example-a', 'example-b'] }
    })).json
    gallery = (await call(running.url, 'POST', '/v1/galleries', { json: { name: 'fused' } })).json.id
    await enrol(
      'example-a',
      pairs.filter((_, k) => k % 2 === 0).map(({ identity, source }) => (
        { subject: identity, ...source }
      ))
    )
  })

  const enrol = async (model: string, templates: readonly object[]) => {
    const { status, json } = await call(running.url, 'POST', `/v1/galleries/${gallery}/templates?model=${model}`, {
      json: { templates }
    })
    assert.equal(status, 200, JSON.stringify(json))
  }
  const search = (json: object) =>
    call(running.url, 'POST', `/v1/galleries/${gallery}/identifications`, { json: { fpir: 0.5, ...json } })
  const found = async (json: object): Promise<Json> => {
    const answer = await search(json)
    assert.equal(answer.status, 200, JSON.stringify(answer.json))
    return answer.json
  }
  const activate = async (path: string) =>
    assert.equal((await call(running.url, 'POST', `${path}/activate`)).status, 200)

  test('without an ensemble the template of the group is compared', async () => {
    const json = await found({ sets: [both(1)] })
    const [group] = json.searches[0].groups
    assert.deepEqual([group.ensemble, group.map, group.comparisonSpace.kind], [undefined, null, 'own'])
    const alone = await found({ probes: [template(1, 'source')] })
    assert.deepEqual(json.results[0].candidates, alone.results[0].candidates)
    assert.deepEqual([json.searches[0].probe, json.searches[0].others].flat().map(({ model }: Json) => model).sort(), [
      'example-a',
      'example-b'
    ])
  })

  test('with one, scores and likelihood ratios are those of verification', async () => {
    await activate(`/v1/ensembles/${ensemble.id}`)
    const json = await found({ sets: [{ id: 'one', ...both(1) }, both(3)], candidates: 20 })
    assert.deepEqual(json.results.map(({ id, search }: Json) => [id, search]), [['one', 0], [undefined, 0]])
    const [group] = json.searches[0].groups
    assert.deepEqual(group.ensemble, { id: ensemble.id, version: ensemble.version })
    assert.equal(group.comparisonSpace.kind, 'fused')
    for (const { subject, score, logLikelihoodRatio } of json.results[0].candidates) {
      const k = pairs.findIndex(({ identity }) => identity === subject)
      const { json: verified } = await call(running.url, 'POST', '/v1/verifications', {
        json: { probe: both(1), reference: { template: template(k, 'source') }, fmr: 0.1 }
      })
      assert.ok(Math.abs(verified.score - score) < 1e-6, `${verified.score}, ${score}`)
      assert.ok(Math.abs(verified.logLikelihoodRatio - logLikelihoodRatio) < 1e-3)
    }
  })

  test('the order of the templates of a set does not matter, and sets may lack some', async () => {
    const turned = { templates: [...both(1).templates].reverse() }
    const json = await found({ sets: [both(1), { templates: [template(5, 'target')] }, turned] })
    assert.deepEqual(json.results[0].candidates, json.results[2].candidates)
    const alone = await found({ probes: [template(5, 'target')] })
    assert.deepEqual(json.results[1].candidates, alone.results[0].candidates)
    assert.equal(json.searches.length, 2)
  })

  test('unusable sets are refused, by name', async () => {
    const refused = async (json: object) => {
      const answer = await search(json)
      return `${answer.status} ${answer.json.code} ${answer.json.detail}`
    }
    const twice = { templates: [template(0, 'source'), template(1, 'source')] }
    assert.match(
      await refused({ sets: [both(0), twice] }),
      /^400 request-invalid sets\[1\]\.templates\[1\]: expected one/
    )
    const zero = { templates: [template(0, 'source'), { model: 'example-b', vector: [0, 0, 0] }] }
    assert.match(await refused({ sets: [zero] }), /^422 template-invalid sets\[0\]\.templates\[1\]/)
    assert.match(await refused({ sets: [both(0)], probes: [template(0, 'source')] }), /^400 .*"probes", "sets"/)
    assert.match(await refused({ sets: [both(0)], aligned: true }), /^400 request-invalid/)
    assert.match(await refused({}), /^400 .*none of them/)
    assert.match(await refused({ sets: [] }), /^400/)
    const many = { templates: Array.from({ length: 1000 }, () => template(0, 'source')) }
    assert.match(await refused({ sets: [many] }), /^400/)
    const unknown = { templates: [template(0, 'source'), { model: 'nobody', vector: [1] }] }
    assert.match(await refused({ sets: [unknown] }), /^404 model-unknown/)
  })

  test('a gallery that is migrated is searched by both until the commit, and by the new model after it', async () => {
    const started = await call(running.url, 'POST', `/v1/galleries/${gallery}/migrations`, {
      json: { target: 'example-b', map: exampleMapId }
    })
    const job = await jobIn(running.url, started.json.id)
    assert.equal(job.state, 'succeeded', JSON.stringify(job))
    // Somebody enrols meanwhile, under the new model.
    await enrol('example-b', [{ subject: 'new', reference: 'later', ...pairs[39]!.target }])
    const during = await found({ sets: [both(1)] })
    assert.deepEqual(
      during.searches[0].groups.map(({ model, provenance, ensemble: used }: Json) => [model, provenance, used?.id])
        .sort(),
      [['example-a', 'native', ensemble.id], ['example-b', 'native', ensemble.id]]
    )
    assert.equal(during.results[0].candidates[0].subject, pairs[1]!.identity)
    const committed = await call(running.url, 'POST', `${job.result}/commit`)
    assert.equal(committed.status, 200, JSON.stringify(committed.json))
    const after = await found({ sets: [both(1)] })
    assert.deepEqual(
      after.searches[0].groups.map(({ model, provenance, ensemble: used }: Json) => [model, provenance, used?.id])
        .sort(),
      [['example-b', 'native', ensemble.id], ['example-b', 'translated', undefined]]
    )
  })

  test('a retired ensemble serves no search', async () => {
    await call(running.url, 'DELETE', `/v1/ensembles/${ensemble.id}`)
    const { searches } = await found({ sets: [both(1)] })
    assert.ok(searches[0].groups.every(({ ensemble: used }: Json) => used === undefined))
  })
}, { citus: true })
