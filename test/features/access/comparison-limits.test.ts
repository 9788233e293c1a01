import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { generateKey, parseKey } from '../../../src/features/access/api-key.js'
import type { KeyRequest } from '../../../src/features/access/access.js'
import { createApiKeyRepository, type NewApiKey } from '../../../src/features/access/api-keys-repository.js'
import { openDatabase } from '../../../src/platform/database/open-database.js'
import { examples } from '../../../src/platform/http/documented-examples.js'
import { startDatabase, type TestDatabase } from '../../support/databases.js'
import { call, startService, type Answer, type Json, type RunningService } from '../../support/service.js'

const bearer = (key: string) => ({ authorization: `Bearer ${key}` })
const template = (model: 'dlib128' | 'r512') => ({ model, data: examples.templates[model] })

describe('limits of comparisons', () => {
  let running: RunningService
  let admin: string
  let gallery: string
  before(async () => {
    running = await startService({ config: { apiKeysRequired: true } })
    admin = await issue({ scopes: ['admin', 'enrol', 'fit', 'translate', 'verify', 'identify'], scores: 'exact' })
    gallery =
      (await call(running.url, 'POST', '/v1/galleries', { json: { name: 'a gallery' }, headers: bearer(admin) })).json
        .id
    // The person of the example, and others whose templates are nothing like it.
    const templates = [
      { subject: 'mate', data: examples.templates.r512 },
      ...Array.from({ length: 30 }, (_, i) => ({
        subject: `other ${i}`,
        vector: Array.from({ length: 512 }, (_, k) => Math.sin((i + 2) * (k + 1) ** 2))
      }))
    ]
    const enrolled = await call(running.url, 'POST', `/v1/galleries/${gallery}/templates?model=r512`, {
      json: { templates },
      headers: bearer(admin)
    })
    assert.equal(enrolled.status, 200, JSON.stringify(enrolled.json))
  })
  after(() => running.stop())

  const issue = async (request: Partial<KeyRequest> & Pick<KeyRequest, 'scopes'>) =>
    (await running.service.access.issue({ name: 'test', ...request })).key
  const verify = async (key: string, probe: object, reference: object, more: object = {}) =>
    await call(running.url, 'POST', '/v1/verifications', { json: { probe, reference, ...more }, headers: bearer(key) })
  const identify = async (key: string, probes: object[], more: object = {}) =>
    await call(running.url, 'POST', `/v1/galleries/${gallery}/identifications`, {
      json: { probes, candidates: 100, ...more },
      headers: bearer(key)
    })
  const [dlib128, r512] = [{ template: template('dlib128') }, { template: template('r512') }]
  const outcome = ({ status, json }: Answer) => [status, json.code]
  const allowed = [200, undefined]
  const forbidden = [403, 'pair-forbidden']
  const exhausted = [429, 'budget-exhausted']

  test('a key for named pairs compares these pairs, in either direction, and no others', async () => {
    const key = await issue({ scopes: ['verify', 'identify'], translatePairs: [{ source: 'dlib128', target: 'r512' }] })
    assert.deepEqual(outcome(await verify(key, dlib128, r512)), allowed)
    assert.deepEqual(outcome(await verify(key, r512, dlib128)), allowed)
    assert.deepEqual(outcome(await identify(key, [template('dlib128')])), allowed)
    const faceres = { template: { model: 'faceres1024', vector: Array(1024).fill(0.5) } }
    for (
      const [probe, reference] of [[faceres, r512], [dlib128, faceres], [r512, r512], [{
        image: examples.face,
        model: 'r512'
      }, r512]] as const
    ) {
      assert.deepEqual(outcome(await verify(key, probe, reference)), forbidden)
    }
    // The image takes the model of the other side, and it is that which is forbidden.
    assert.deepEqual(outcome(await verify(key, { image: examples.face }, r512)), forbidden)
    assert.deepEqual(outcome(await identify(key, [template('r512')])), forbidden)
    assert.deepEqual(outcome(await identify(key, [template('dlib128'), template('r512')])), forbidden)
    const own = await issue({ scopes: ['verify', 'identify'], translatePairs: [{ source: 'r512', target: 'r512' }] })
    assert.deepEqual(outcome(await verify(own, r512, r512)), allowed)
    assert.deepEqual(outcome(await identify(own, [template('r512')])), allowed)
    assert.deepEqual(outcome(await identify(own, [template('dlib128')])), forbidden)
  })

  test('translations, verifications and probes share one budget, all of a request or nothing', async () => {
    const key = await issue({ scopes: ['translate', 'verify', 'identify'], templatesPerDay: 6 })
    assert.deepEqual(outcome(await verify(key, dlib128, r512)), allowed)
    assert.deepEqual(outcome(await identify(key, [template('dlib128'), template('r512')])), allowed)
    assert.deepEqual(outcome(await identify(key, Array<object>(4).fill(template('r512')))), exhausted)
    const translated = await call(running.url, 'POST', '/v1/translations', {
      json: { target: 'r512', templates: [template('dlib128'), template('dlib128')] },
      headers: bearer(key)
    })
    assert.equal(translated.status, 200)
    assert.deepEqual(outcome(await verify(key, dlib128, r512)), allowed)
    const refused = await verify(key, dlib128, r512)
    assert.deepEqual([...outcome(refused), refused.json.budget.left], [...exhausted, 0])
    assert.equal(refused.headers.get('retry-after'), String(refused.json.budget.resetsIn))
    assert.equal(refused.json.score, undefined)
  })

  test('a forbidden request costs nothing', async () => {
    const key = await issue({
      scopes: ['verify'],
      translatePairs: [{ source: 'dlib128', target: 'r512' }],
      templatesPerDay: 1
    })
    assert.deepEqual(outcome(await verify(key, r512, r512)), forbidden)
    assert.deepEqual(outcome(await verify(key, dlib128, r512)), allowed)
    assert.deepEqual(outcome(await verify(key, dlib128, r512)), exhausted)
  })

  const numbersOf = (json: Json) => ({
    score: json.score,
    logLikelihoodRatio: json.logLikelihoodRatio,
    threshold: json.threshold
  })

  test('a key that sees decisions only learns no number derived from a score', async () => {
    const key = await issue({ scopes: ['verify', 'identify'], scores: 'none' })
    const full = (await verify(admin, dlib128, r512)).json
    const { json } = await verify(key, dlib128, r512)
    assert.deepEqual(numbersOf(json), { score: null, logLikelihoodRatio: null, threshold: null })
    assert.deepEqual([json.decision, json.support, json.fmr], [full.decision, full.support, 0.001])
    const metrics = async (key: string) =>
      (await call(running.url, 'GET', '/metrics', { headers: bearer(key) })).bytes.toString()
    assert.match(await metrics(admin), /^crosswalk_score_count\{/m)
    assert.doesNotMatch(await metrics(key), /crosswalk_score/)
    // The number of the example is nowhere else in the answer either.
    const { probe: _, reference: __, ...rest } = json
    assert.ok(!JSON.stringify(rest).includes(String(full.score).slice(0, 8)))

    const found = (await identify(key, [template('dlib128')])).json
    const exact = (await identify(admin, [template('dlib128')], { fpir: 0.01 })).json
    assert.equal(exact.results[0].candidates.length, 31)
    assert.deepEqual(
      found.results[0].candidates.map((
        { subject, score, logLikelihoodRatio, aboveThreshold }: Json
      ) => [subject, score, logLikelihoodRatio, aboveThreshold]),
      exact.results[0].candidates.filter(({ aboveThreshold }: Json) => aboveThreshold).map((
        { subject }: Json
      ) => [subject, null, null, true])
    )
    assert.equal(found.results[0].candidates[0].subject, 'mate')
    assert.deepEqual([
      found.searches[0].threshold.logLikelihoodRatio,
      ...found.searches[0].groups.map(({ threshold }: Json) => threshold)
    ], [null, null])
    assert.equal(found.searches[0].threshold.support, exact.searches[0].threshold.support)
  })

  test('a key that sees coarse scores learns those of matches, in steps, and the order of candidates', async () => {
    const key = await issue({ scopes: ['verify', 'identify'], scores: 'coarse' })
    const full = (await verify(admin, dlib128, r512)).json
    const { json } = await verify(key, dlib128, r512)
    assert.ok(
      json.score <= full.score && full.score < json.score + 0.1 && json.score >= json.threshold,
      `${json.score} of ${full.score}`
    )
    assert.ok(Number.isInteger(Math.round(json.score * 1e6) / 50_000) || json.score === json.threshold)
    const slope = (full.logLikelihoodRatio - json.logLikelihoodRatio) / (full.score - json.score)
    assert.ok(slope > 0 && Number.isFinite(slope), 'the likelihood ratio is that of the score as it is told')
    const other = await verify(key, dlib128, {
      template: { model: 'r512', vector: Array.from({ length: 512 }, (_, k) => Math.sin(k ** 2)) }
    })
    assert.deepEqual([other.json.decision, other.json.score, other.json.logLikelihoodRatio], ['non-match', null, null])

    const exact = (await identify(admin, [template('dlib128')])).json
    const found = (await identify(key, [template('dlib128')])).json
    assert.deepEqual(
      found.results[0].candidates.map(({ subject }: Json) => subject),
      exact.results[0].candidates.map(({ subject }: Json) => subject)
    )
    for (const { aboveThreshold, score, logLikelihoodRatio } of found.results[0].candidates) {
      assert.deepEqual([score === null, logLikelihoodRatio === null], [!aboveThreshold, !aboveThreshold])
    }
  })

  test('a key that sees no scores cannot read them bit by bit through rates at which strangers match', async () => {
    const key = await issue({ scopes: ['verify', 'identify'], scores: 'coarse' })
    const [loose, usual] = [
      (await verify(key, dlib128, r512, { fmr: 0.1 })).json,
      (await verify(admin, dlib128, r512, { fmr: 0.001 })).json
    ]
    assert.deepEqual([loose.threshold, loose.fmr], [usual.threshold, 0.001])
    assert.equal((await verify(admin, dlib128, r512, { fmr: 0.1 })).json.fmr, 0.1)
    const groupThreshold = (answer: Answer) => answer.json.searches[0].groups[0].threshold
    const strict = groupThreshold(await identify(key, [template('dlib128')], { fpir: 0.5 }))
    assert.equal(strict, groupThreshold(await identify(admin, [template('dlib128')], { fpir: 0.031 })))
    assert.ok(strict > groupThreshold(await identify(admin, [template('dlib128')], { fpir: 0.5 })))
  })

  test('the default of `scores` follows from the scopes of the key', async () => {
    const told = async (request: Partial<KeyRequest> & Pick<KeyRequest, 'scopes'>) =>
      (await running.service.access.issue({ name: 'test', ...request })).stored.scores
    assert.equal(await told({ scopes: ['verify'] }), 'exact')
    assert.equal(await told({ scopes: ['identify'] }), 'none')
    assert.equal(await told({ scopes: ['verify', 'identify'] }), 'none')
    assert.equal(await told({ scopes: ['verify', 'identify'], scores: 'exact' }), 'exact')
  })
})

describe('limits of comparisons on two replicas (postgres)', () => {
  let database: TestDatabase
  let replicas: RunningService[]
  before(async () => {
    database = await startDatabase('postgres')
    const options = { config: { apiKeysRequired: true, database: database.config } }
    replicas = [await startService(options), await startService(options)]
  })
  after(async () => {
    for (const replica of replicas) await replica.stop()
    await database.stop()
  })
  const verify = async (replica: number, key: string, model: 'dlib128' | 'r512' = 'dlib128') =>
    await call(replicas[replica]!.url, 'POST', '/v1/verifications', {
      json: { probe: { template: template(model) }, reference: { template: template('r512') } },
      headers: bearer(key)
    })

  test('both share a budget, to the comparison', async () => {
    const { key } = await replicas[0]!.service.access.issue({ name: 'test', scopes: ['verify'], templatesPerDay: 10 })
    const answers = await Promise.all(Array.from({ length: 24 }, (_, i) => verify(i % 2, key)))
    const count = (wanted: number) => answers.filter(({ status }) => status === wanted).length
    assert.deepEqual([count(200), count(429)], [10, 14])
  })

  test('a key issued before keeps its rights', async () => {
    const text = generateKey()
    const key: NewApiKey = {
      ...parseKey(text)!,
      name: 'of before',
      scopes: ['translate', 'verify'],
      translatePairs: [{ source: 'dlib128', target: 'r512' }],
      templatesPerDay: 1,
      requestsPerMinute: null,
      limitsComparisons: false,
      scores: 'exact',
      expiresAt: null
    }
    const connection = await openDatabase(database.config)
    await createApiKeyRepository(connection).insert(key)
    await connection.close()
    for (let i = 0; i < 3; i++) assert.equal(typeof (await verify(0, text, 'r512')).json.score, 'number')
  })
})
