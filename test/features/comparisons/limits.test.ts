import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { KeyRequest } from '../../../src/features/access/access.js'
import { examples } from '../../../src/platform/http/documented-examples.js'
import { bytesOfFloat32, float32FromBase64, float32FromBytes } from '../../../src/science/template/float32.js'
import { recordsOf } from '../../support/connection.js'
import { call, startService, type Json, type RunningService } from '../../support/service.js'

const raw = 'application/octet-stream'
const dlib128 = { model: 'dlib128', data: examples.templates.dlib128 }
const r512 = { model: 'r512', data: examples.templates.r512 }
const stranger = { model: 'r512', vector: Array.from({ length: 512 }, (_, k) => Math.sin(k ** 2)) }

describe('what a key may compare, and what it is told', () => {
  let running: RunningService
  let admin: string
  before(async () => {
    running = await startService({ config: { apiKeysRequired: true, audit: 'strict' } })
    admin = await issue({ scopes: ['admin', 'verify', 'translate'], scores: 'exact' })
  })
  after(() => running.stop())

  const issue = async (request: Partial<KeyRequest> & Pick<KeyRequest, 'scopes'>) =>
    (await running.service.access.issue({ name: 'test', ...request })).key
  const bearer = (key: string) => ({ authorization: `Bearer ${key}` })
  const compare = async (key: string, probes: object[], references: object[], headers: Record<string, string> = {}) =>
    await call(running.url, 'POST', '/v1/comparisons', {
      json: { probes, references },
      headers: { ...bearer(key), ...headers }
    })
  const outcome = async (key: string, probes: object[], references: object[]) => {
    const { status, json } = await compare(key, probes, references)
    return [status, json.code]
  }
  const verify = async (key: string, probe: object, reference: object): Promise<Json> =>
    (await call(running.url, 'POST', '/v1/verifications', {
      json: { probe: { template: probe }, reference: { template: reference } },
      headers: bearer(key)
    })).json

  test('a key for named pairs compares these, in either direction, and no others', async () => {
    const key = await issue({ scopes: ['verify'], translatePairs: [{ source: 'dlib128', target: 'r512' }] })
    assert.deepEqual(await outcome(key, [dlib128], [r512]), [200, undefined])
    assert.deepEqual(await outcome(key, [r512], [dlib128]), [200, undefined])
    assert.deepEqual(await outcome(key, [r512], [r512]), [403, 'pair-forbidden'])
    const within = await issue({ scopes: ['verify'], translatePairs: [{ source: 'r512', target: 'r512' }] })
    assert.deepEqual(await outcome(within, [r512], [r512]), [200, undefined])
    assert.deepEqual(await outcome(within, [r512], [dlib128]), [403, 'pair-forbidden'])
  })

  test('every score counts in the budget, all or none, and a request that is not understood counts nothing', async () => {
    const key = await issue({ scopes: ['verify'], templatesPerDay: 12 })
    assert.deepEqual(await outcome(key, [dlib128, dlib128], [r512, stranger, r512]), [200, undefined])
    const more = await compare(key, [dlib128, dlib128], [r512, r512, r512, r512])
    assert.deepEqual([more.status, more.json.code, more.json.budget.left], [429, 'budget-exhausted', 6])
    assert.match(more.json.detail, /at most 6 .*received 8/)
    assert.deepEqual(await outcome(key, [dlib128], [{ model: 'r512', vector: [1] }]), [422, 'template-invalid'])
    assert.deepEqual(await outcome(key, [dlib128, dlib128, dlib128], [r512, r512]), [200, undefined])
    assert.deepEqual(await outcome(key, [dlib128], [r512]), [429, 'budget-exhausted'])
    assert.equal((await verify(key, dlib128, r512)).code, 'budget-exhausted')
  })

  test('a key that is told coarse scores learns what verifications tell it', async () => {
    const key = await issue({ scopes: ['verify'], scores: 'coarse' })
    const references = [r512, stranger, r512]
    const { status, json } = await call(running.url, 'POST', '/v1/comparisons?fmr=0.1', {
      json: { probes: [dlib128, dlib128], references },
      headers: bearer(key)
    })
    assert.equal(status, 200, JSON.stringify(json))
    // At a rate at which strangers match, it would be told of them.
    assert.equal(json.fmr, 0.001)
    for (const row of json.scores) {
      for (const [j, reference] of references.entries()) {
        const { score, threshold, decision } = await verify(key, dlib128, reference)
        assert.equal(json.threshold, threshold)
        assert.equal(row[j] === null, decision === 'non-match')
        if (score !== null) assert.ok(row[j] >= threshold && row[j] >= score && row[j] - score < 1e-6, `${row[j]}`)
      }
    }
    assert.deepEqual(json.scores[0], json.scores[1])
    assert.ok(json.scores[0][0] !== null && json.scores[0][1] === null)
    const { bytes } = await compare(key, [dlib128], references, { accept: raw })
    const scores = float32FromBytes(bytes)
    assert.deepEqual([scores.length, Number.isNaN(scores[1]), scores[0]], [3, true, Math.fround(json.scores[0][0])])
    const exact = (await compare(admin, [dlib128], references)).json
    assert.ok(exact.scores[0][0] > scores[0]! && !JSON.stringify(json).includes(String(exact.scores[0][0]).slice(0, 7)))
  })

  test('coarse scores of more than one block are told by the same rule', async () => {
    const key = await issue({ scopes: ['verify'], scores: 'coarse' })
    const unit = (values: Float32Array) => values.map(value => value / Math.hypot(...values))
    const mate = unit(float32FromBase64(examples.templates.r512)!)
    const other = unit(Float32Array.from(stranger.vector))
    const rows = 600
    const templates = new Float32Array(rows * 512)
    for (let row = 0; row < rows; row++) {
      // From the mate to somebody else.
      const angle = Math.PI / 2 * row / rows
      templates.set(mate.map((value, k) => Math.cos(angle) * value + Math.sin(angle) * other[k]!), row * 512)
    }
    const send = async (secret: string, accept: string) =>
      await call(running.url, 'POST', '/v1/comparisons?probe=r512', {
        body: new Uint8Array(bytesOfFloat32(templates)),
        headers: { ...bearer(secret), 'content-type': raw, accept }
      })
    const told = await send(key, raw)
    const threshold = Number(/score=([^,]+)/.exec(told.headers.get('crosswalk-threshold')!)![1])
    const [coarse, exact] = [float32FromBytes(told.bytes), float32FromBytes((await send(admin, raw)).bytes)]
    const documented = (await send(key, 'application/json')).json.scores.flat()
    let hidden = 0
    for (let k = 0; k < rows * rows; k++) {
      assert.equal(Number.isNaN(coarse[k]), exact[k]! < threshold)
      if (Number.isNaN(coarse[k])) hidden++
      else assert.ok(coarse[k]! <= Math.max(threshold, exact[k]!) + 1e-6 && coarse[k]! > exact[k]! - 0.0500001)
      if (documented[k] !== (Number.isNaN(coarse[k]) ? null : Math.fround(documented[k]))) {
        assert.equal(Math.fround(documented[k]), coarse[k])
      }
    }
    assert.ok(hidden > 0 && hidden < rows * rows, `${hidden} of ${rows * rows} are no matches`)
  })

  test('a key that is told decisions only is refused', async () => {
    const key = await issue({ scopes: ['verify'], scores: 'none' })
    const { status, json } = await compare(key, [dlib128], [r512])
    assert.deepEqual([status, json.code], [403, 'scores-withheld'])
    assert.match(json.detail, /verifications/)
  })

  test('the audit has who compared how many of what with what, and no score', async () => {
    const known = (await recordsOf(running.url, 'compareTemplates', 0, bearer(admin))).length
    const { json } = await compare(admin, [dlib128, dlib128], [r512, stranger, r512])
    await compare(admin, [dlib128], [dlib128, dlib128])
    const records = (await recordsOf(running.url, 'compareTemplates', known + 2, bearer(admin))).slice(known)
    assert.deepEqual(
      records.map(({ phase, status, models, maps, templates, comparisons }) => ({
        phase,
        status,
        models,
        maps,
        templates,
        comparisons
      })),
      [
        {
          phase: 'ended',
          status: 200,
          models: ['dlib128', 'r512'],
          maps: [json.map.id],
          templates: 5,
          comparisons: 6
        },
        { phase: 'ended', status: 200, models: ['dlib128', 'dlib128'], maps: [], templates: 3, comparisons: 2 }
      ]
    )
    assert.ok(!JSON.stringify(records).includes(String(json.scores[0][0]).slice(0, 8)))
  })
})

describe('what the guard says of a comparison', () => {
  let running: RunningService
  before(async () => {
    running = await startService({ config: { guard: 'refuse' } })
  })
  after(() => running.stop())

  test('a side whose templates are not those of its model is refused by its name', async () => {
    const compare = async (probes: object[], references: object[]) =>
      await call(running.url, 'POST', '/v1/comparisons', { json: { probes, references } })
    const native = await compare([dlib128], [r512])
    assert.deepEqual([native.status, native.json.guard.probes.flagged, native.json.guard.references.flagged], [
      200,
      [],
      []
    ])
    for (
      const [side, answer] of [
        ['probes', await compare([stranger], [dlib128])],
        ['references', await compare([dlib128], [r512, stranger, stranger, stranger])]
      ] as const
    ) {
      assert.deepEqual([answer.status, answer.json.code], [422, 'template-foreign'], side)
      assert.match(answer.json.detail, new RegExp(`^${side}: `))
    }
  })
})
