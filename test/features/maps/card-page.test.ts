import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { test } from 'node:test'
import { projectRoot } from '../../../src/config.js'
import type { Card } from '../../../src/science/cards/card.js'
import { linkabilityOf } from '../../../src/science/cards/linkability.js'
import { exampleMapId, examples } from '../../../src/platform/http/documented-examples.js'
import { readMapFolder } from '../../../src/features/maps/map-files.js'
import { renderCardPage } from '../../../src/features/maps/card-page.js'
import { createPageCache } from '../../../src/platform/pages/page-cache.js'
import { call, describeService } from '../../support/service.js'

const hostile = '<script>alert("1")</script>\'&<img src=x onerror=alert(1)>'

async function shippedMap (changes: Partial<Card> = {}) {
  const map = (await readMapFolder(join(projectRoot, 'maps'))).find(({ id }) => id === exampleMapId)!
  const space = (side: typeof map.source) => ({ ...side, current: true })
  return {
    id: map.id,
    version: 1,
    source: space(map.source),
    target: space(map.target),
    method: map.card.method,
    parameters: map.card.parameters,
    seed: map.card.seed,
    corpusId: null,
    corpusHash: map.corpusHash,
    sha256: map.sha256,
    card: { ...map.card, ...changes },
    state: 'active' as const,
    etag: '"1"',
    createdAt: '2026-01-01T00:00:00.000Z',
    activatedAt: null,
    retiredAt: null
  }
}

describeService('the page of a card', running => {
  const page = (id: string, headers: Record<string, string> = {}) =>
    call(running.url, 'GET', `/v1/maps/${id}/card`, { headers })

  test('200: every map has one, with the figures of its card', async () => {
    for (const { id } of (await call(running.url, 'GET', '/v1/maps')).json.maps) {
      const { card } = (await call(running.url, 'GET', `/v1/maps/${id}`)).json
      const { status, headers, bytes } = await page(id)
      assert.equal(status, 200)
      assert.equal(headers.get('content-type'), 'text/html; charset=utf-8')
      const html = bytes.toString()
      assert.ok(html.includes(card.pairs.corpusHash))
      for (const { fmr, tmr, interval } of card.evaluation.crossModel.operatingPoints) {
        if (tmr === null) continue
        const cell = fmr >= 1e-3 ? String(fmr) : fmr.toExponential().replace('-', '−')
        assert.ok(
          html.includes(
            `<th scope="row">${cell}</th><td>${tmr.toFixed(3)}</td><td>${interval.lower.toFixed(3)} to ${
              interval.upper.toFixed(3)
            }</td>`
          ),
          `${id} at ${fmr}`
        )
      }
      const linkable = linkabilityOf(card)
      assert.equal(html.includes('>Linkability</h2>'), linkable !== null)
      if (linkable !== null) assert.ok(html.includes(linkable.translated.toFixed(3)))
      if (card.verdict !== undefined) assert.ok(html.includes(`<strong class="${card.verdict.verdict}">`))
      for (
        const [title, has] of [['Detection error trade-off', card.evaluation.crossModel.det?.length > 0], [
          'Cumulative match characteristic',
          card.evaluation.crossModel.identification !== undefined
        ]]
      ) {
        assert.equal(html.includes(`-title">${title}</title>`), has, `${id}: ${title}`)
      }
    }
  })

  test('its policy admits only its own style, and it loads nothing else', async () => {
    const { headers, bytes } = await page(exampleMapId)
    const html = bytes.toString()
    const style = /<style>([\s\S]*?)<\/style>/.exec(html)![1]!
    const policy = headers.get('content-security-policy')!
    assert.match(policy, /^default-src 'none'; /)
    assert.ok(policy.includes(`style-src 'sha256-${createHash('sha256').update(style).digest('base64')}'`))
    assert.doesNotMatch(
      html,
      /<script|<link|<img|<iframe|<form| style="| on[a-z]+="|url\(|@import|(?:src|href)="(?!\/(?!\/))/i
    )
    assert.doesNotMatch(html, /NaN|undefined|Infinity|\[object/)
  })

  test('304 while unchanged; its tag changes with the state of the map', async () => {
    const fitted = (await call(running.url, 'POST', '/v1/maps', {
      json: { source: 'example-a', target: 'example-b', pairs: examples.pairs }
    })).json
    const etag = (await page(fitted.id)).headers.get('etag')!
    const again = await page(fitted.id, { 'if-none-match': etag })
    assert.equal(again.status, 304)
    assert.equal(again.headers.get('etag'), etag)
    assert.equal(again.bytes.length, 0)
    await call(running.url, 'DELETE', `/v1/maps/${fitted.id}`)
    const retired = await page(fitted.id, { 'if-none-match': etag })
    assert.equal(retired.status, 200)
    assert.notEqual(retired.headers.get('etag'), etag)
  })

  test('names of groups are escaped', async () => {
    const pairs = examples.pairs.map(pair => ({ ...pair, group: hostile }))
    const { status, json } = await call(running.url, 'POST', '/v1/maps', {
      json: { source: 'example-a', target: 'example-b', pairs }
    })
    assert.equal(status, 201)
    assert.equal(json.card.groups.rows[0].group, hostile)
    const html = (await page(json.id)).bytes.toString()
    assert.ok(html.includes('&lt;script>') || html.includes('&lt;script&gt;'))
    assert.doesNotMatch(html, /<script|<img/)
  })

  test('404: map-unknown', async () => {
    const { status, headers, json } = await page('00000000-0000-4000-8000-000000000000')
    assert.equal(status, 404)
    assert.match(headers.get('content-type')!, /^application\/problem\+json/)
    assert.equal(json.code, 'map-unknown')
  })
})

test('texts of a card are escaped', async () => {
  const map = await shippedMap({
    warnings: [hostile],
    verdict: { verdict: 'unfit', fmr: null, reasons: [hostile], rule: hostile }
  })
  const selection = { ...map.card.selection, reason: hostile, criterion: hostile }
  const html = await renderCardPage({
    ...map,
    source: { ...map.source, model: hostile },
    target: { ...map.target, model: hostile },
    card: { ...map.card, selection }
  })
  assert.doesNotMatch(html, /<script|<img/)
})

test('the page of a version 1 card omits what the card lacks', async () => {
  const map = await shippedMap()
  const { verdict, baselines, learningCurve, groups, comparison, ...card } = map.card
  const without = ({ det, scores, identification, ...metrics }: Card['evaluation']['crossModel']) => metrics
  const { crossModel, sourceAlone, targetAlone, unaligned } = card.evaluation
  const html = await renderCardPage({
    ...map,
    card: {
      ...card,
      schemaVersion: 1,
      evaluation: {
        crossModel: without(crossModel),
        sourceAlone: without(sourceAlone),
        targetAlone: without(targetAlone),
        unaligned: without(unaligned)
      }
    }
  })
  assert.doesNotMatch(html, /<figure>|Learning curve|Comparison space|undefined|NaN/)
  assert.match(html, /Verification in the target space/)
  assert.match(html, /Source model alone/)
})

test('a page is rendered once per state, and again after a failure', async () => {
  let renderings = 0
  const pages = createPageCache(async ({ etag }: { etag: string }) => {
    renderings++
    if (renderings === 1) throw new Error('the first fails')
    return etag
  })
  await assert.rejects(pages({ etag: '"a"' }), /the first fails/)
  const [first, second] = await Promise.all([pages({ etag: '"a"' }), pages({ etag: '"a"' })])
  assert.equal(renderings, 2)
  assert.deepEqual(first, second)
  assert.notEqual((await pages({ etag: '"b"' })).etag, first.etag)
})
