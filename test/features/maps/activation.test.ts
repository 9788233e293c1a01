import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { createRandom } from '../../../src/science/linear-algebra/random.js'
import type { Scope } from '../../../src/features/access/api-keys-repository.js'
import { jobIn, makeCorpus, prefer } from '../../support/jobs.js'
import { call, startService, type Answer, type Json, type RunningService } from '../../support/service.js'

describe('maps that await activation', () => {
  let running: RunningService
  before(async () => {
    running = await startService({ config: { apiKeysRequired: true } })
  })
  after(() => running.stop())

  const issue = async (...scopes: Scope[]) => {
    const { key, stored } = await running.service.access.issue({
      name: 'test',
      scopes,
      ...scopes.includes('identify') ? { scores: 'exact' } : {}
    })
    return { id: stored.id, headers: { authorization: `Bearer ${key}` } }
  }
  type Key = Awaited<ReturnType<typeof issue>>
  const post = async (key: Key, path: string, json: object, headers: Record<string, string> = {}): Promise<Answer> =>
    await call(running.url, 'POST', path, { json, headers: { ...headers, ...key.headers } })
  const mapOf = async (key: Key, id: string): Promise<Json> =>
    (await call(running.url, 'GET', `/v1/maps/${id}`, key)).json
  const activations = async (key: Key, map: string): Promise<Json[]> =>
    (await call(running.url, 'GET', '/v1/audit?limit=1000', key)).json.records
      .map(({ record }: Json) => record).filter(({ operation, params }: Json) =>
        operation === 'activateMap' && params.id === map
      )
  const vector = (dimension: number) => Array.from({ length: dimension }, (_, k) => Math.sin(k + 1))

  /** Pairs that have nothing to do with each other. */
  function unrelated (): object[] {
    const random = createRandom(7)
    const draw = (dimension: number) => ({ vector: Array.from({ length: dimension }, () => random.next() - 0.5) })
    return Array.from(
      { length: 120 },
      (_, i) => ({ sample: `${i}`, identity: `person ${i >> 1}`, source: draw(10), target: draw(12) })
    )
  }

  test('are named where none is active, with how to activate them', async () => {
    const key = await issue('fit', 'translate', 'verify', 'enrol', 'identify', 'admin')
    const spaces = { source: 'waiting-a', target: 'waiting-b' }
    const corpus = await makeCorpus(running.url, spaces, key.headers)
    const fit = { ...spaces, corpus, method: 'ridge', lambda: 0.01 }
    const template = { model: 'waiting-a', vector: vector(10) }
    const translate = () => post(key, '/v1/translations', { target: 'waiting-b', templates: [template] })
    const before = await translate()
    assert.deepEqual([before.json.code, before.json.waiting], ['map-missing', []])

    const older = await post(key, '/v1/maps', fit)
    const { json: map } = await post(key, '/v1/maps', { ...fit, seed: 2 })
    assert.deepEqual([older.status, map.state, map.version], [201, 'fitted', 2])
    const gallery = (await post(key, '/v1/galleries', { name: 'x' })).json.id
    await post(key, `/v1/galleries/${gallery}/templates?model=waiting-a`, {
      templates: [{ subject: 'p', vector: vector(10) }]
    })
    const probe = { model: 'waiting-b', vector: vector(12) }
    const answers: Record<string, Answer> = {
      translations: await translate(),
      verifications: await post(key, '/v1/verifications', { probe: { template: probe }, reference: { template } }),
      identifications: await post(key, `/v1/galleries/${gallery}/identifications`, { probes: [probe] }),
      migrations: await post(key, `/v1/galleries/${gallery}/migrations`, { target: 'waiting-b' }),
      indexes: await call(running.url, 'PUT', `/v1/galleries/${gallery}/indexes/waiting-b`, key),
      compositions: await post(key, '/v1/maps', {
        source: 'waiting-a',
        target: 'r512',
        via: 'waiting-b',
        method: 'composition',
        corpus
      })
    }
    for (const [name, { status, json }] of Object.entries(answers)) {
      assert.deepEqual([status, json.code], [409, 'map-missing'], name)
      assert.deepEqual(json.waiting, [{
        id: map.id,
        version: 2,
        ...spaces,
        verdict: map.card.verdict.verdict,
        activate: `/v1/maps/${map.id}/activate`
      }], name)
      assert.ok(json.detail.includes(`POST /v1/maps/${map.id}/activate`), `${name}: ${json.detail}`)
    }
    // As the answer says.
    assert.equal((await call(running.url, 'POST', answers['translations']!.json.waiting[0].activate, key)).status, 200)
    assert.equal((await translate()).status, 200)
    // The other way there still is none, and none waits.
    const back = await post(key, '/v1/translations', { target: 'waiting-a', templates: [probe] })
    assert.deepEqual([back.json.code, back.json.waiting], ['map-missing', []])
  })

  test('serve at once if the fit asks for it, with the scope to do so, and are audited as activated', async () => {
    const spaces = { source: 'serving-a', target: 'serving-b' }
    const [fitter, admin] = [await issue('fit'), await issue('fit', 'admin', 'translate')]
    const corpus = await makeCorpus(running.url, spaces, admin.headers)
    const fit = { ...spaces, corpus, method: 'ridge', lambda: 0.01, activate: true }
    const refused = await post(fitter, '/v1/maps', fit)
    assert.deepEqual([refused.status, refused.json.code], [403, 'scope-missing'])
    assert.match(refused.headers.get('www-authenticate')!, /insufficient_scope.*scope="admin"/)
    assert.deepEqual((await call(running.url, 'GET', '/v1/maps?source=serving-a', admin)).json.maps, [])
    assert.equal(
      (await post(admin, '/v1/maps', { ...fit, activate: false, activateUnfit: true })).json.code,
      'request-invalid'
    )

    const { status, json: map, headers } = await post(admin, '/v1/maps', fit)
    assert.deepEqual([status, map.state], [201, 'active'], JSON.stringify(map.card?.verdict ?? map))
    assert.equal(headers.get('etag'), (await call(running.url, 'GET', `/v1/maps/${map.id}`, admin)).headers.get('etag'))
    assert.equal(
      (await post(admin, '/v1/translations', {
        target: 'serving-b',
        templates: [{ model: 'serving-a', vector: vector(10) }]
      })).status,
      200
    )
    const [record, ...others] = await activations(admin, map.id)
    assert.deepEqual([record.key.id, record.phase, record.maps, others.length], [admin.id, 'ended', [map.id], 0])

    // The one before is fitted again, as by an activation.
    const { json: next } = await post(admin, '/v1/maps', { ...fit, seed: 9 }, { 'idempotency-key': 'x' })
    assert.deepEqual([next.state, (await mapOf(admin, map.id)).state], ['active', 'fitted'])
    // A repetition makes nothing and activates nothing.
    await call(running.url, 'POST', `/v1/maps/${map.id}/activate`, admin)
    const again = await post(admin, '/v1/maps', { ...fit, seed: 9 }, { 'idempotency-key': 'x' })
    assert.deepEqual([again.status, again.json.id, again.json.state], [200, next.id, 'fitted'])
  })

  test('do not serve with an unfit card, unless the request allows it', async () => {
    const admin = await issue('fit', 'admin')
    for (const [id, dimension] of [['unfit-a', 10], ['unfit-b', 12]] as const) {
      await post(admin, '/v1/models', { id, title: id, version: '1', dimension })
    }
    const fit = { source: 'unfit-a', target: 'unfit-b', method: 'ridge', lambda: 1, pairs: unrelated(), activate: true }
    const headers = { 'idempotency-key': 'unfit' }
    const refused = await post(admin, '/v1/maps', fit, headers)
    assert.deepEqual(
      [refused.status, refused.json.code, refused.json.verdict],
      [409, 'map-not-activated', 'unfit'],
      JSON.stringify(refused.json)
    )
    const { id } = refused.json.map
    assert.equal((await mapOf(admin, id)).state, 'fitted')
    const again = await post(admin, '/v1/maps', fit, headers)
    assert.deepEqual([again.json.code, again.json.map.id], ['map-not-activated', id])
    assert.deepEqual(await activations(admin, id), [])
    const forced = await post(admin, '/v1/maps', { ...fit, activateUnfit: true })
    assert.deepEqual([forced.status, forced.json.state, forced.json.card.verdict.verdict], [201, 'active', 'unfit'])
  })

  test('serve when the job that fitted them ends, unless the key was revoked meanwhile', async () => {
    const spaces = { source: 'job-a', target: 'job-b' }
    const [admin, leaver] = [await issue('fit', 'admin'), await issue('fit', 'admin')]
    const corpus = await makeCorpus(running.url, spaces, admin.headers)
    const fit = { ...spaces, corpus, method: 'ridge', lambda: 0.01, activate: true }
    assert.equal((await post(await issue('fit'), '/v1/maps', fit, prefer)).status, 403)

    const ended = await jobIn(
      running.url,
      (await post(admin, '/v1/maps', fit, prefer)).json.id,
      undefined,
      admin.headers
    )
    assert.equal(ended.state, 'succeeded', JSON.stringify(ended))
    const map = ended.result.split('/').at(-1)
    assert.equal((await mapOf(admin, map)).state, 'active')
    const [record] = await activations(admin, map)
    assert.deepEqual([record.key.id, record.job], [admin.id, ended.id])

    const { json: job } = await post(leaver, '/v1/maps', { ...fit, seed: 3, method: 'auto', lambda: undefined }, prefer)
    await running.service.access.revoke(leaver.id)
    const failed = await jobIn(running.url, job.id, undefined, admin.headers)
    assert.deepEqual(
      [failed.state, failed.problem.code, failed.result],
      ['failed', 'map-not-activated', null],
      JSON.stringify(failed)
    )
    assert.match(failed.problem.detail, /revoked/)
    const kept = failed.problem.map.id
    assert.deepEqual([(await mapOf(admin, kept)).state, (await mapOf(admin, map)).state], ['fitted', 'active'])
    assert.deepEqual(await activations(admin, kept), [])
  })
})
