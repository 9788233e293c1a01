import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createRandom } from '../../../src/science/linear-algebra/random.js'
import { examples } from '../../../src/platform/http/documented-examples.js'
import { call, forEachService, type Json } from '../../support/service.js'

forEachService('identifications', running => {
  const create = async (): Promise<string> =>
    (await call(running.url, 'POST', '/v1/galleries', { json: { name: 'a gallery' } })).json.id
  const enrol = async (id: string, model: string, templates: readonly object[]) => {
    const { status, json } = await call(running.url, 'POST', `/v1/galleries/${id}/templates?model=${model}`, {
      json: { templates }
    })
    assert.equal(status, 200, JSON.stringify(json))
  }
  const identify = async (id: string, json: object) =>
    await call(running.url, 'POST', `/v1/galleries/${id}/identifications`, { json })
  const subjects = (result: Json) => result.candidates.map(({ subject }: Json) => subject)
  const random = createRandom(5)
  const vectorOf = (dimension: number) => Array.from({ length: dimension }, () => random.next() - 0.5)

  test('200: a probe finds its subject within a model, best first, each subject once', async () => {
    const id = await create()
    const people = Array.from({ length: 50 }, (_, i) => ({ subject: `p${i}`, vector: vectorOf(4) }))
    await enrol(id, 'example-a', people)
    await enrol(
      id,
      'example-a',
      people.slice(0, 5).map(({ subject, vector }) => ({
        subject,
        reference: 'second',
        vector: vector.map(value => value * 2)
      }))
    )
    const { status, json } = await identify(id, {
      probes: [{ id: 'q', model: 'example-a', vector: people[3]!.vector }],
      candidates: 50
    })
    assert.equal(status, 200, JSON.stringify(json))
    const [result] = json.results
    assert.equal(result.id, 'q')
    assert.equal(result.candidates.length, 50)
    assert.equal(new Set(subjects(result)).size, 50)
    assert.equal(result.candidates[0].subject, 'p3')
    assert.ok(Math.abs(result.candidates[0].score - 1) < 1e-6)
    const cosine = (a: number[], b: number[]) => {
      const dot = (x: number[], y: number[]) => x.reduce((sum, value, i) => sum + value * y[i]!, 0)
      return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b))
    }
    const expected = people.map(({ subject, vector }) => [subject, cosine(vector, people[3]!.vector)] as const).sort((
      a,
      b
    ) => b[1] - a[1])
    assert.deepEqual(subjects(result), expected.map(([subject]) => subject))
    assert.deepEqual(result.candidates.map(({ rank }: Json) => rank), expected.map((_, i) => i + 1))
    assert.equal(json.searches[0].groups[0].references, 55)
    assert.equal(json.searches[0].groups[0].comparisonSpace.kind, 'own')
  })

  test("200: a probe of another model finds its subject in the map's comparison space, with a threshold", async () => {
    const id = await create()
    await enrol(
      id,
      'example-a',
      examples.pairs.map(({ sample, source }) => ({ subject: sample, vector: source.vector }))
    )
    const probes = examples.pairs.slice(0, 20).map(({ target }) => ({ model: 'example-b', vector: target.vector }))
    const { json } = await identify(id, { probes, candidates: 5, fpir: 0.5 })
    const [search] = json.searches
    assert.deepEqual([search.probe.model, search.groups[0].model, search.groups[0].references], [
      'example-b',
      'example-a',
      examples.pairs.length
    ])
    assert.equal(search.groups[0].map.source, 'example-a')
    // What is not written by the schema has its members all the same, and no other.
    assert.deepEqual(Object.keys(json.results[0].candidates[0]), [
      'rank',
      'subject',
      'attributes',
      'reference',
      'group',
      'score',
      'logLikelihoodRatio',
      'aboveThreshold',
      'uncertainty'
    ])
    assert.deepEqual(Object.keys(search.groups[0].comparisonSpace).sort(), [
      'dimension',
      'kind',
      'model',
      'normalisation',
      'whitening'
    ])
    assert.deepEqual(Object.keys(search.threshold).sort(), [
      'fnir',
      'interval',
      'logLikelihoodRatio',
      'lowestFpir',
      'support'
    ])
    const ranks = json.results.map((result: Json, i: number) => subjects(result).indexOf(examples.pairs[i]!.sample))
    assert.ok(ranks.filter((rank: number) => rank >= 0).length >= 10, ranks.join())
    assert.ok(['measured', 'extrapolated', 'unsupported'].includes(search.threshold.support))
    for (const { candidates } of json.results) {
      for (const { score, aboveThreshold } of candidates) {
        assert.equal(aboveThreshold, search.groups[0].threshold === null ? null : score >= search.groups[0].threshold)
      }
    }
  })

  test('200: templates of several models are searched in one call, ordered by likelihood ratio', async () => {
    const id = await create()
    const [known, other] = [examples.pairs.slice(0, 20), examples.pairs.slice(20, 40)]
    await enrol(id, 'example-a', known.map(({ sample, source }) => ({ subject: sample, vector: source.vector })))
    await enrol(
      id,
      'example-b',
      other.map(({ sample, target }) => ({ subject: sample, vector: target.vector, attributes: { site: 'new' } }))
    )
    const probes = [{ model: 'example-b', vector: known[0]!.target.vector }, {
      model: 'example-b',
      vector: other[0]!.target.vector
    }, { model: 'example-a', vector: other[0]!.source.vector }]
    const { status, json } = await identify(id, { probes, candidates: 60 })
    assert.equal(status, 200, JSON.stringify(json))
    assert.deepEqual(json.results.map(({ search }: Json) => json.searches[search].probe.model), [
      'example-b',
      'example-b',
      'example-a'
    ])
    for (const result of json.results) {
      assert.equal(new Set(subjects(result)).size, 40)
      const ratios = result.candidates.map(({ logLikelihoodRatio }: Json) => logLikelihoodRatio)
      assert.deepEqual(ratios, [...ratios].sort((a, b) => b - a))
    }
    assert.equal(json.results[1].candidates[0].subject, other[0]!.sample)
    const narrowed = await identify(id, { probes: probes.slice(0, 1), candidates: 60, attributes: { site: 'new' } })
    assert.deepEqual(new Set(subjects(narrowed.json.results[0])), new Set(other.map(({ sample }) => sample)))
    assert.deepEqual(
      narrowed.json.searches[0].groups.map(({ references }: Json) => references).sort((a: number, b: number) => a - b),
      [0, 20]
    )
    const ofModel = await identify(id, { probes: probes.slice(0, 1), candidates: 60, models: ['example-a'] })
    assert.deepEqual(new Set(subjects(ofModel.json.results[0])), new Set(known.map(({ sample }) => sample)))
  })

  test("200: candidates below the threshold, or below a score of the caller's choice, can be left out", async () => {
    const id = await create()
    await enrol(
      id,
      'example-a',
      examples.pairs.slice(0, 6).map(({ sample, source }) => ({ subject: sample, vector: source.vector }))
    )
    const probes = examples.pairs.slice(0, 20).map(({ target }) => ({ model: 'example-b', vector: target.vector }))
    const search = async (more: object) => await identify(id, { probes, candidates: 6, fpir: 0.5, ...more })
    const candidates = ({ json }: { json: Json }): Json[][] => json.results.map((result: Json) => result.candidates)
    const all = await search({})
    const above = await search({ belowThreshold: false })
    assert.equal(above.status, 200, JSON.stringify(above.json))
    assert.deepEqual(
      candidates(above),
      candidates(all).map(list => list.filter(({ aboveThreshold }) => aboveThreshold))
    )
    assert.ok(candidates(above).some(list => list.length > 0) && candidates(above).some(list => list.length < 6))
    assert.deepEqual(
      candidates(await search({ minScore: 0.2 })),
      candidates(all).map(list => list.filter(({ score }) => score >= 0.2))
    )

    const refused = await search({ fpir: 1e-6, belowThreshold: false })
    assert.deepEqual([refused.status, refused.json.code], [409, 'threshold-unsupported'], JSON.stringify(refused.json))
    assert.match(refused.json.detail, /received 0\.000001: without a threshold no candidate is above or below it/)
    const empty = await identify(await create(), { probes, fpir: 1e-6, belowThreshold: false })
    assert.deepEqual([empty.status, empty.json.results[0].candidates], [200, []])
  })

  test('a long answer is streamed, and equals the short ones', async () => {
    const id = await create()
    await enrol(
      id,
      'example-a',
      Array.from({ length: 400 }, (_, i) => ({ subject: `p${i}`, attributes: { site: 'west' }, vector: vectorOf(4) }))
    )
    const probes = Array.from({ length: 250 }, (_, i) => ({ id: `q${i}`, model: 'example-a', vector: vectorOf(4) }))
    const long = await identify(id, { probes, candidates: 400 })
    assert.deepEqual([long.status, long.headers.get('content-length'), long.headers.get('transfer-encoding')], [
      200,
      null,
      'chunked'
    ], long.bytes.subarray(0, 500).toString())
    for (const at of [0, 40, 249]) {
      const short = await identify(id, { probes: [probes[at]], candidates: 40 })
      assert.ok(Number(short.headers.get('content-length')) > 0)
      assert.deepEqual({
        ...long.json,
        results: [{ ...long.json.results[at], candidates: long.json.results[at].candidates.slice(0, 40) }],
        guard: null
      }, { ...short.json, guard: null })
    }
  })

  test('422: probes times candidates is bounded, and the problem says what would fit', async () => {
    const id = await create()
    const { status, json } = await identify(id, {
      probes: Array.from({ length: 1000 }, () => ({ model: 'example-a', vector: [1, 2, 3, 4] })),
      candidates: 101
    })
    assert.deepEqual([status, json.code, json.limit], [422, 'answer-too-large', 100_000])
    assert.match(
      json.detail,
      /received 1000 x 101 = 101000: send at most 990 probes at once, or ask for at most 100 candidates/
    )
  })

  test('enrolments, replacements and deletions take effect with the next search', async () => {
    const id = await create()
    const probe = { model: 'example-a', vector: [1, 0, 0, 0] }
    const best = async () =>
      (await identify(id, { probes: [probe] })).json.results[0].candidates.map(({ subject, score }: Json) =>
        `${subject} ${score.toFixed(2)}`
      )
    assert.deepEqual(await best(), [])
    await enrol(id, 'example-a', [{ subject: 'x', vector: [1, 1, 0, 0] }])
    assert.deepEqual(await best(), ['x 0.71'])
    await enrol(id, 'example-a', [{ subject: 'y', vector: [1, 0, 0, 0] }, {
      subject: 'x',
      reference: '2',
      vector: [1, 0.1, 0, 0]
    }])
    assert.deepEqual(await best(), ['y 1.00', 'x 1.00'])
    await call(running.url, 'DELETE', `/v1/galleries/${id}/subjects/y`)
    assert.deepEqual(await best(), ['x 1.00'])
    await call(running.url, 'PUT', `/v1/galleries/${id}/subjects/x`, {
      json: { templates: [{ model: 'example-a', vector: [0, 1, 0, 0] }] }
    })
    assert.deepEqual(await best(), ['x 0.00'])
  })

  test('200: an image is embedded with the model of the gallery and searched', async () => {
    const id = await create()
    await call(running.url, 'POST', `/v1/galleries/${id}/images?subject=drawn&models=dlib128`, {
      json: { image: examples.face }
    })
    const { status, json } = await identify(id, { image: examples.face })
    assert.deepEqual([status, json.searches[0].probe.model, subjects(json.results[0])], [200, 'dlib128', ['drawn']])
    const across = await identify(id, { image: examples.face, model: 'r512' })
    assert.deepEqual([
      across.json.searches[0].probe.model,
      across.json.searches[0].groups[0].map.target !== undefined,
      subjects(across.json.results[0])
    ], ['r512', true, ['drawn']])
  })

  test('a gallery with templates of a space without a model is searched among the models that are named', async t => {
    const id = await create()
    await enrol(id, 'example-a', [{ subject: 'old', vector: [1, 2, 3, 4] }])
    await enrol(id, 'example-b', [{ subject: 'new', vector: [1, 2, 3] }])
    const { catalogue } = running.service
    const spaces = catalogue.spaces().map(space =>
      space.model === 'example-a' ? { ...space, fingerprint: '0'.repeat(64) } : space
    )
    t.mock.method(catalogue, 'spaces', () => spaces)
    const probes = [{ model: 'example-b', vector: [1, 2, 3] }]
    const all = await identify(id, { probes })
    assert.deepEqual([all.status, all.json.code], [409, 'map-missing'])
    assert.match(all.json.detail, /which no longer belongs to a model.*List the models to search in "models"/)
    const { status, json } = await identify(id, { probes, models: ['example-b'] })
    assert.deepEqual([status, subjects(json.results[0])], [200, ['new']], JSON.stringify(json))
    assert.deepEqual(subjects((await identify(id, { probes, models: ['example-a'] })).json.results[0]), [])
  })

  test('4xx: invalid searches are refused with the reason', async () => {
    const id = await create()
    const vector = [1, 2, 3, 4]
    await enrol(id, 'example-a', [{ subject: 'a', vector }])
    const probe = { model: 'example-a', vector }
    const cases: [object, number, string, RegExp][] = [
      [{}, 400, 'request-invalid', /received none of them/],
      [{ probes: [probe], image: 'AAAA' }, 400, 'request-invalid', /received "probes", "image"/],
      [{ probes: [probe], model: 'r512' }, 400, 'request-invalid', /received "probes", "model"/],
      [{ probes: [{ model: 'example-a', vector: [1] }] }, 422, 'template-invalid', /probes\[0\]: expected 4 numbers/],
      [{ probes: [probe], fpir: 0 }, 400, 'request-invalid', /fpir/],
      [{ probes: [probe], models: ['nobody'] }, 404, 'model-unknown', /nobody/],
      [
        { probes: [{ model: 'r512', vector: Array.from({ length: 512 }, (_, i) => i + 1) }] },
        409,
        'map-missing',
        /r512/
      ]
    ]
    for (const [json, status, code, detail] of cases) {
      const answer = await identify(id, json)
      assert.deepEqual([answer.status, answer.json.code], [status, code], JSON.stringify(answer.json))
      assert.match(answer.json.detail, detail)
    }
    assert.equal(
      (await identify('00000000-0000-4000-8000-ffffffffffff', { probes: [probe] })).json.code,
      'gallery-unknown'
    )
  })
}, { citus: true })
