import assert from 'node:assert/strict'
import { test } from 'node:test'
import { exampleCorpusId, examples } from '../../../src/platform/http/documented-examples.js'
import { call, describeService, type Json } from '../../support/service.js'

describeService('maps', running => {
  const fitRequest = { source: 'example-a', target: 'example-b', pairs: examples.pairs }
  const fit = (changes: object = {}, headers: Record<string, string> = {}) =>
    call(running.url, 'POST', '/v1/maps', { json: { ...fitRequest, ...changes }, headers })

  test('201: a map is fitted from inline pairs and carries its card', async () => {
    const { status, json, headers } = await fit({ seed: 7 })
    assert.equal(status, 201)
    assert.equal(json.state, 'fitted')
    assert.equal(json.source.model, 'example-a')
    assert.equal(json.card.pairs.pairs, examples.pairs.length)
    assert.equal(json.card.seed, 7)
    assert.equal(headers.get('location'), `/v1/maps/${json.id}`)
    const read = await call(running.url, 'GET', `/v1/maps/${json.id}`)
    assert.deepEqual(read.json, json)
    assert.equal(read.headers.get('etag'), headers.get('etag'))
  })

  test('201: a corpus and the same pairs inline give the same map', async () => {
    const inline = await fit({ method: 'ridge', lambda: 0.1 })
    const corpus = exampleCorpusId
    const { status, json } = await call(running.url, 'POST', '/v1/maps', {
      json: { source: 'example-a', target: 'example-b', method: 'ridge', lambda: 0.1, corpus }
    })
    assert.equal(status, 201)
    assert.equal(json.corpusId, corpus)
    assert.equal(json.sha256, inline.json.sha256)
    assert.equal(json.corpusHash, inline.json.corpusHash)
  })

  test('pairs with groups have their figures broken down by group', async () => {
    const pairs = examples.pairs.map((pair, i) => i % 2 === 0 ? { ...pair, group: 'even' } : pair)
    const { status, json } = await fit({ pairs })
    assert.equal(status, 201)
    assert.deepEqual(json.card.groups.rows.map(({ group }: Json) => group), ['even'])
    assert.ok(json.card.groups.unlabelled > 0)
    assert.equal((await fit()).json.card.groups, null)
  })

  test('each estimator can be named', async () => {
    for (const method of ['procrustes', 'linear', 'ridge', 'low-rank-ridge']) {
      const { status, json } = await fit({ method })
      assert.equal(status, 201)
      assert.equal(json.method, method)
    }
  })

  test('a requested rank and penalty are those of the map', async () => {
    const { status, json } = await fit({ method: 'low-rank-ridge', rank: 2, lambda: 0.1 })
    assert.equal(status, 201)
    assert.deepEqual(json.parameters, { lambda: 0.1, rank: 2, spread: 'fitted' })
    assert.deepEqual(json.card.parameters, { lambda: 0.1, rank: 2, spread: 'fitted' })
    assert.match(json.card.selection.reason, /the caller named low-rank-ridge with lambda 0.1 and rank 2/)
  })

  test('200: a repetition with the same Idempotency-Key returns the first map', async () => {
    const headers = { 'idempotency-key': `fit-${running.kind}` }
    const first = await fit({}, headers)
    assert.equal(first.status, 201)
    const again = await fit({}, headers)
    assert.equal(again.status, 200)
    assert.equal(again.json.id, first.json.id)
    const other = await fit({ seed: 8 }, headers)
    assert.equal(other.status, 409)
    assert.equal(other.json.code, 'idempotency-conflict')
  })

  test('one map of a pair is active, and the previous one can be reactivated', async () => {
    const first = (await fit()).json
    const second = (await fit()).json
    const activate = (map: Json) => call(running.url, 'POST', `/v1/maps/${map.id}/activate`)
    const active = async () =>
      (await call(running.url, 'GET', '/v1/maps?source=example-a&target=example-b&state=active')).json.maps.map((
        map: Json
      ) => map.id)
    assert.equal((await activate(first)).json.state, 'active')
    assert.deepEqual(await active(), [first.id])
    assert.equal((await activate(second)).json.state, 'active')
    assert.deepEqual(await active(), [second.id])
    assert.equal((await activate(first)).status, 200)
    assert.deepEqual(await active(), [first.id])
  })

  test('a map serves from its activation to its retirement', async () => {
    const { json: map } = await fit({ seed: 11 })
    const translate = () =>
      call(running.url, 'POST', '/v1/translations', {
        json: { target: 'example-b', templates: [{ model: 'example-a', ...examples.pairs[0]!.source }] }
      })
    await call(running.url, 'POST', `/v1/maps/${map.id}/activate`)
    assert.equal((await translate()).json.maps[0].id, map.id)
    const retired = await call(running.url, 'DELETE', `/v1/maps/${map.id}`)
    assert.equal(retired.status, 200)
    assert.equal(retired.json.state, 'retired')
    const after = await translate()
    assert.equal(after.status, 409)
    assert.equal(after.json.code, 'map-missing')
    const back = await call(running.url, 'POST', `/v1/maps/${map.id}/activate`)
    assert.equal(back.status, 409)
    assert.equal(back.json.code, 'map-retired')
    assert.equal((await call(running.url, 'GET', `/v1/maps/${map.id}`)).json.state, 'retired')
  })

  test('304 and 412: the ETag follows the state', async () => {
    const { json: map, headers } = await fit()
    const etag = headers.get('etag')!
    assert.equal(
      (await call(running.url, 'GET', `/v1/maps/${map.id}`, { headers: { 'if-none-match': etag } })).status,
      304
    )
    assert.equal(
      (await call(running.url, 'POST', `/v1/maps/${map.id}/activate`, { headers: { 'if-match': etag } })).status,
      200
    )
    assert.equal(
      (await call(running.url, 'GET', `/v1/maps/${map.id}`, { headers: { 'if-none-match': etag } })).status,
      200
    )
    const stale = await call(running.url, 'DELETE', `/v1/maps/${map.id}`, { headers: { 'if-match': etag } })
    assert.equal(stale.status, 412)
    assert.equal(stale.json.code, 'precondition-failed')
  })

  test('422: data that do not support a fit are refused with the reason', async () => {
    const cases = [
      [{ pairs: examples.pairs.slice(0, 3) }, 'pairs-insufficient', /3/],
      [
        { pairs: examples.pairs.map(({ target, ...pair }, i) => i === 4 ? pair : { ...pair, target }) },
        'pairs-one-sided',
        /pairs\[4\].*none under the target/
      ],
      [
        { pairs: examples.pairs.map((pair, i) => i === 2 ? { ...pair, source: { vector: [1, 2, 3] } } : pair) },
        'template-invalid',
        /pairs\[2\]\.source: expected 4 numbers for model "example-a", received 3/
      ],
      [
        { pairs: examples.pairs.map(pair => ({ ...pair, source: examples.pairs[0]!.source })) },
        'pairs-rank-deficient',
        /source/
      ],
      [
        { pairs: examples.pairs.map(pair => ({ ...pair, source: { vector: [0, 0, 0, 0] } })) },
        'template-invalid',
        /norm zero/
      ]
    ] as const
    for (const [changes, code, detail] of cases) {
      const { status, json } = await fit(changes)
      assert.equal(status, 422, code)
      assert.equal(json.code, code)
      assert.match(json.detail, detail)
    }
  })

  test('400 and 404: invalid requests are refused', async () => {
    for (
      const [changes, status, detail] of [
        [{ pairs: undefined }, 400, /exactly one of "corpus" and "pairs", received neither/],
        [{ corpus: 'x' }, 400, /received both/],
        [{ method: 'magic' }, 400, /expected one of "auto", "dual"/],
        [{ lambda: 1 }, 400, /expected only with method "ridge"/],
        [{ rank: 2 }, 400, /rank: expected only with method "low-rank-ridge"/],
        [{ method: 'low-rank-ridge', rank: 0 }, 400, /rank/],
        [{ method: 'low-rank-ridge', rank: 4000 }, 400, /rank: expected at most \d+, the smaller of .*received 4000/],
        [{ target: 'example-a' }, 400, /expected a model other/],
        [
          { pairs: [...examples.pairs, examples.pairs[3]] },
          400,
          /pairs\[40\]\.sample: expected a unique name.*pairs\[3\]/
        ],
        [{ source: 'nobody' }, 404, /nobody/],
        [{ pairs: undefined, corpus: 'nothing' }, 404, /nothing/]
      ] as const
    ) {
      const answer = await fit(changes)
      assert.equal(answer.status, status, JSON.stringify(answer.json))
      assert.match(answer.json.detail, detail)
    }
    assert.equal((await call(running.url, 'GET', '/v1/maps/00000000-0000-4000-8000-000000000000')).status, 404)
    assert.equal((await call(running.url, 'GET', '/v1/maps/nothing')).status, 400)
    assert.equal((await call(running.url, 'GET', '/v1/maps?limit=0')).status, 400)
  })

  test('the list is read in pages', async () => {
    const all = (await call(running.url, 'GET', '/v1/maps')).json.maps.map((map: Json) => map.id)
    const pages: unknown[] = []
    let after: string | null = null
    do {
      const { json }: { json: Json } = await call(
        running.url,
        'GET',
        `/v1/maps?limit=3${after === null ? '' : `&after=${after}`}`
      )
      pages.push(...json.maps.map((map: Json) => map.id))
      after = json.next as string | null
    } while (after !== null)
    assert.deepEqual(pages, all)
  })
})
