import assert from 'node:assert/strict'
import { test } from 'node:test'
import { exampleCorpusId, exampleEvaluationId, examples } from '../../../src/platform/http/documented-examples.js'
import { contentSecurityPolicy } from '../../../src/platform/pages/style.js'
import { call, describeService, type Json } from '../../support/service.js'

describeService('evaluations', running => {
  const request = { corpus: exampleCorpusId, models: ['example-a', 'example-b'], fmr: 0.1 }
  const evaluate = (changes: object = {}, headers: Record<string, string> = {}) =>
    call(running.url, 'POST', '/v1/evaluations', { json: { ...request, ...changes }, headers })

  /** A corpus with templates of the example spaces, changed or left out as `vectorOf` says. */
  const corpusOf = async (
    name: string,
    sides: readonly ('source' | 'target')[],
    count = examples.pairs.length
  ): Promise<string> => {
    const { json: { id } } = await call(running.url, 'POST', '/v1/corpora', { json: { name } })
    for (const side of sides) {
      const templates = examples.pairs.slice(0, count).map(({ sample, identity, [side]: { vector } }) => ({
        sample: `other ${sample}`,
        identity,
        vector: vector.map((value, k) => value + 0.01 * k)
      }))
      const { status } = await call(
        running.url,
        'POST',
        `/v1/corpora/${id}/templates?model=${side === 'source' ? 'example-a' : 'example-b'}`,
        { json: { templates } }
      )
      assert.equal(status, 200)
    }
    return id as string
  }

  test('201: the matrix of the models of a corpus, stored', async () => {
    const { status, json, headers } = await evaluate({ seed: 7 })
    assert.equal(status, 201)
    assert.equal(headers.get('location'), `/v1/evaluations/${json.id}`)
    assert.equal(json.corpusId, exampleCorpusId)
    assert.deepEqual(json.request, {
      ...request,
      testCorpus: null,
      method: 'ridge',
      seed: 7,
      heldOutFraction: 0.3,
      analyses: ['similarity', 'families']
    })
    assert.deepEqual(Object.keys(json.result.analyses), ['similarity', 'families'])
    const { result } = json
    assert.deepEqual(result.models, [{ model: 'example-a', dimension: 4 }, { model: 'example-b', dimension: 3 }])
    assert.deepEqual(result.within.matrix.pairs.map(({ source, target }: Json) => [source, target]), [[
      'example-a',
      'example-b'
    ], ['example-b', 'example-a']])
    const [{ aligned, unaligned }] = result.within.matrix.pairs
    assert.ok(aligned.rank1 > unaligned.rank1)
    assert.equal(result.within.clustering.merges.length, 1)
    assert.equal(result.within.asymmetry.length, 2)
    assert.equal(result.training.identities + result.within.matrix.identities, 20)
    assert.equal(result.across, null)
    assert.deepEqual((await call(running.url, 'GET', `/v1/evaluations/${json.id}`)).json, json)
  })

  test('201: all models of the corpus when none are named, and the same request gives the same figures', async () => {
    const named = (await evaluate()).json
    const all = (await evaluate({ models: undefined })).json
    assert.deepEqual(all.request, named.request)
    assert.deepEqual(all.result, named.result)
    assert.equal(all.corpusHash, named.corpusHash)
  })

  test('the example stored at startup equals what the service computes', async () => {
    const { json: stored } = await call(running.url, 'GET', `/v1/evaluations/${exampleEvaluationId}`)
    const { json: made } = await evaluate()
    assert.equal(stored.corpusHash, made.corpusHash)
    assert.deepEqual(stored.request, made.request)
    // Products differ in their last bits between processors.
    assert.deepEqual(rounded(stored.result), rounded(made.result))
  })

  test('a test corpus is measured with the same maps, side by side', async () => {
    const testCorpus = await corpusOf('another', ['source', 'target'])
    const { status, json } = await evaluate({ testCorpus })
    assert.equal(status, 201)
    assert.equal(json.testCorpusId, testCorpus)
    assert.match(json.testCorpusHash, /^[0-9a-f]{64}$/)
    const { across, within, generalisation } = json.result
    assert.equal(across.matrix.samples, examples.pairs.length)
    assert.deepEqual(within, (await evaluate()).json.result.within)
    for (const { within, across, change } of [...generalisation.alone, ...generalisation.pairs]) {
      assert.equal(change, across - within)
    }
    const page = (await call(running.url, 'GET', `/v1/evaluations/${json.id}/page`)).bytes.toString()
    assert.match(page, /From one corpus to the other/)
  })

  test('each estimator can be named', async () => {
    for (
      const [method, chosen] of [['procrustes', /^procrustes$/], ['linear', /^linear$/], ['ridge', /^ridge$/], [
        'auto',
        /./
      ]] as const
    ) {
      const { status, json } = await evaluate({ method })
      assert.equal(status, 201, JSON.stringify(json))
      for (const map of json.result.maps) assert.match(map.method, chosen)
    }
  })

  test('analyses are those asked for', async () => {
    const all = ['similarity', 'families', 'dataEfficiency', 'ridgeSensitivity', 'quadratic']
    const { status, json } = await evaluate({ analyses: all })
    assert.equal(status, 201, JSON.stringify(json))
    assert.deepEqual(Object.keys(json.result.analyses).sort(), [...all].sort())
    const page = (await call(running.url, 'GET', `/v1/evaluations/${json.id}/page`)).bytes.toString()
    assert.match(page, /Does a linear map suffice/)
    const none = (await evaluate({ analyses: [] })).json
    assert.equal(none.result.analyses, undefined)
    assert.deepEqual(none.result.within, json.result.within)
  })

  test('200: a repetition with the same Idempotency-Key returns the first evaluation, also while it runs', async () => {
    const headers = { 'idempotency-key': `evaluation-${running.kind}` }
    const answers = await Promise.all([evaluate({}, headers), evaluate({}, headers)])
    assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 201])
    const again = await evaluate({}, headers)
    assert.equal(again.status, 200)
    assert.deepEqual(new Set([...answers, again].map(({ json }) => json.id)).size, 1)
    const other = await evaluate({ seed: 8 }, headers)
    assert.equal(other.status, 409)
    assert.equal(other.json.code, 'idempotency-conflict')
  })

  test('the page shows the matrix, carries nothing foreign, and is cached by its ETag', async () => {
    const { status, headers, bytes } = await call(running.url, 'GET', `/v1/evaluations/${exampleEvaluationId}/page`)
    assert.equal(status, 200)
    assert.match(headers.get('content-type')!, /^text\/html/)
    assert.equal(headers.get('content-security-policy'), contentSecurityPolicy)
    const html = bytes.toString()
    for (
      const text of [
        'example-a',
        'before alignment',
        'after alignment',
        'Clusters of models',
        'Asymmetry',
        exampleCorpusId
      ]
    ) assert.ok(html.includes(text), text)
    assert.doesNotMatch(html, /<script|\ssrc=|url\(/)
    const unchanged = await call(running.url, 'GET', `/v1/evaluations/${exampleEvaluationId}/page`, {
      headers: { 'if-none-match': headers.get('etag')! }
    })
    assert.equal(unchanged.status, 304)
  })

  test('the list is read in pages, without figures', async () => {
    const all = (await call(running.url, 'GET', '/v1/evaluations')).json.evaluations
    assert.equal(all[0].id, exampleEvaluationId)
    assert.ok(all.every((evaluation: Json) => evaluation.result === undefined))
    const first = (await call(running.url, 'GET', '/v1/evaluations?limit=1')).json
    assert.deepEqual(first.evaluations, all.slice(0, 1))
    const second = (await call(running.url, 'GET', `/v1/evaluations?limit=1&after=${first.next}`)).json
    assert.deepEqual(second.evaluations, all.slice(1, 2))
  })

  test('an evaluation outlives its corpus', async () => {
    const corpus = await corpusOf('short-lived', ['source', 'target'])
    const { json } = await evaluate({ corpus })
    assert.equal((await call(running.url, 'DELETE', `/v1/corpora/${corpus}`)).status, 204)
    const { json: read } = await call(running.url, 'GET', `/v1/evaluations/${json.id}`)
    assert.equal(read.corpusId, null)
    assert.equal(read.corpusHash, json.corpusHash)
    assert.deepEqual(read.result, json.result)
    assert.match(
      (await call(running.url, 'GET', `/v1/evaluations/${json.id}/page`)).bytes.toString(),
      /which is deleted/
    )
  })

  test('4xx: what cannot be evaluated is refused with the reason', async () => {
    const oneModel = await corpusOf('one model', ['source'])
    const small = await corpusOf('small', ['source', 'target'], 6)
    const empty = await corpusOf('empty', [])
    for (
      const [changes, status, code, detail] of [
        [{ corpus: 'nothing' }, 404, 'corpus-unknown', /nothing/],
        [{ testCorpus: 'nothing' }, 404, 'corpus-unknown', /nothing/],
        [{ models: ['example-a', 'nobody'] }, 404, 'model-unknown', /received "nobody"/],
        [{ models: ['example-a'] }, 400, 'request-invalid', /models/],
        [{ models: ['example-a', 'example-a'] }, 400, 'request-invalid', /models/],
        [{ testCorpus: exampleCorpusId }, 400, 'request-invalid', /testCorpus: expected a corpus other than/],
        [{ analyses: ['everything'] }, 400, 'request-invalid', /analyses/],
        [{ analyses: ['families', 'families'] }, 400, 'request-invalid', /analyses/],
        [{ method: 'magic' }, 400, 'request-invalid', /method/],
        [{ fmr: 0 }, 400, 'request-invalid', /fmr/],
        [
          { models: ['example-a', 'r512'] },
          422,
          'pairs-insufficient',
          /expected models with templates in the corpus, which are "example-a", "example-b", received "r512"/
        ],
        [
          { testCorpus: oneModel },
          422,
          'pairs-insufficient',
          /in the testCorpus, which are "example-a", received "example-b"/
        ],
        [
          { corpus: oneModel, models: undefined },
          422,
          'pairs-insufficient',
          /expected templates of at least 2 models in common, received only those of "example-a"/
        ],
        [{ corpus: empty, models: undefined }, 422, 'pairs-insufficient', /at least 2 models in common, received none/],
        [
          { corpus: small },
          422,
          'pairs-insufficient',
          /corpus: expected at least 20 samples with a template under every one of "example-a", "example-b", received 6/
        ],
        [{ testCorpus: small }, 422, 'pairs-insufficient', /testCorpus: expected at least 20 samples/]
      ] as const
    ) {
      const { status: received, json } = await evaluate(changes)
      assert.equal(received, status, `${JSON.stringify(changes)}: ${JSON.stringify(json)}`)
      assert.equal(json.code, code)
      assert.match(json.detail, detail)
    }
    const unknown = '00000000-0000-4000-8000-000000000000'
    for (const path of [unknown, `${unknown}/page`]) {
      const { status, json } = await call(running.url, 'GET', `/v1/evaluations/${path}`)
      assert.equal(status, 404)
      assert.equal(json.code, 'evaluation-unknown')
    }
    assert.equal((await call(running.url, 'GET', '/v1/evaluations/nothing')).status, 400)
  })
})

const rounded = (result: Json): Json =>
  JSON.parse(
    JSON.stringify(result, (_, value: unknown) => typeof value === 'number' ? Number(value.toFixed(4)) : value)
  )
