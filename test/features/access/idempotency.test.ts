import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, describe, test } from 'node:test'
import { exampleCorpusId, exampleMapId, examples } from '../../../src/platform/http/documented-examples.js'
import { call, startService, type Json, type RunningService } from '../../support/service.js'

describe('idempotency keys', () => {
  let running: RunningService
  let callers: [string, string]
  before(async () => {
    // An index needs pgvector, which the server of the tests lacks.
    running = await startService({ kind: 'embedded', config: { apiKeysRequired: true } })
    const issue = async () => (await running.service.access.issue({ name: 'test', scopes: ['fit', 'enrol'] })).key
    callers = [await issue(), await issue()]
  })
  after(() => running.stop())

  const as = (key: string) => ({ authorization: `Bearer ${key}` })
  const spaces = { source: 'example-a', target: 'example-b' }
  const linear = { ...spaces, method: 'ridge', lambda: 0.01 }

  /** The same call with the same `Idempotency-Key` by each caller, and by the first once more. */
  async function repeated (
    name: string,
    method: string,
    path: string,
    json: object | undefined,
    headers: Record<string, string> = {}
  ): Promise<void> {
    const key = { 'idempotency-key': 'the same' }
    const answers: Json[] = []
    for (const caller of [callers[0], callers[1], callers[0]]) {
      const answer = await call(running.url, method, path, {
        ...json === undefined ? {} : { json },
        headers: { ...key, ...headers, ...as(caller) }
      })
      assert.ok([200, 201, 202].includes(answer.status), `${name}: ${JSON.stringify(answer.json)}`)
      answers.push(answer.json)
    }
    assert.notEqual(answers[1].id, answers[0].id, `${name}: another caller is answered with what the first made`)
    assert.equal(answers[2].id, answers[0].id, `${name}: a repetition makes another`)
  }

  test('belong to one caller each, for every operation that takes one', async () => {
    const document = await (await fetch(`${running.url}/openapi.json`)).json() as {
      paths: Record<string, Record<string, { operationId: string, parameters?: { name: string }[] }>>
    }
    const taking = Object.values(document.paths).flatMap(path => Object.values(path))
      .filter(({ parameters = [] }) => parameters.some(({ name }) => name === 'idempotency-key')).map((
        { operationId }
      ) => operationId)
    const corpus = exampleCorpusId
    const gallery = async () => {
      const { json } = await call(running.url, 'POST', '/v1/galleries', {
        json: { name: 'a gallery' },
        headers: as(callers[0])
      })
      const templates = examples.pairs.map(({ sample, source }) => ({ subject: sample, vector: source.vector }))
      await call(running.url, 'POST', `/v1/galleries/${json.id}/templates?model=example-a`, {
        json: { templates },
        headers: as(callers[0])
      })
      return json.id as string
    }
    const calls: Record<string, () => Promise<void>> = {
      calibrateMap: () => repeated('calibrateMap', 'POST', `/v1/maps/${exampleMapId}/calibrations`, { corpus }),
      createCorpus: () => repeated('createCorpus', 'POST', '/v1/corpora', { name: 'x' }),
      createGallery: () => repeated('createGallery', 'POST', '/v1/galleries', { name: 'x' }),
      fitMap: async () => {
        await repeated('fitMap', 'POST', '/v1/maps', { ...linear, pairs: examples.pairs })
        await repeated('fitMap, as a job', 'POST', '/v1/maps', { ...linear, seed: 3, corpus }, {
          prefer: 'respond-async',
          'idempotency-key': 'job'
        })
      },
      evaluateModels: () =>
        repeated('evaluateModels', 'POST', '/v1/evaluations', { corpus, models: ['example-a', 'example-b'] }),
      fitEnsemble: () =>
        repeated('fitEnsemble', 'POST', '/v1/ensembles', { corpus, models: ['example-a', 'example-b'] }),
      createHub: () =>
        repeated(
          'createHub',
          'POST',
          '/v1/hubs',
          { id: 'hub', title: 'x', models: ['example-a', 'example-b'], corpus },
          { prefer: 'respond-async' }
        ),
      indexGallery: async () => {
        await repeated('indexGallery', 'PUT', `/v1/galleries/${await gallery()}/indexes/example-b`, undefined)
      },
      migrateGallery: async () => {
        await migrated(await gallery())
      },
      resumeMigration: async () => {}
    }
    assert.deepEqual(
      Object.keys(calls).sort(),
      taking.sort(),
      'an operation that takes an idempotency key is not tried here'
    )
    for (const attempt of Object.values(calls)) await attempt()

    /**
     * A gallery has one migration at a time: the other caller is refused, and not answered with the first one's job.
     */
    async function migrated (id: string): Promise<void> {
      const migrate = (caller: string) =>
        call(running.url, 'POST', `/v1/galleries/${id}/migrations`, {
          json: { target: 'example-b' },
          headers: { 'idempotency-key': 'the same', ...as(caller) }
        })
      const [first, second, again] = [await migrate(callers[0]), await migrate(callers[1]), await migrate(callers[0])]
      assert.equal(first.status, 202, JSON.stringify(first.json))
      assert.notEqual(second.json.id, first.json.id)
      assert.equal(again.json.id, first.json.id)
    }
  })

  test('belong to one operation each, and never to a job without one', async () => {
    const key = { 'idempotency-key': randomUUID(), ...as(callers[0]) }
    const corpus = await call(running.url, 'POST', '/v1/corpora', { json: { name: 'x' }, headers: key })
    const gallery = await call(running.url, 'POST', '/v1/galleries', { json: { name: 'x' }, headers: key })
    assert.deepEqual([corpus.status, gallery.status], [201, 201])
    const body = { ...linear, seed: 5, corpus: exampleCorpusId }
    const { json: job } = await call(running.url, 'POST', '/v1/maps', {
      json: body,
      headers: { prefer: 'respond-async', ...as(callers[0]) }
    })
    // What a job without a key is known by, if anybody could say it.
    const forged = await call(running.url, 'POST', '/v1/maps', {
      json: body,
      headers: { 'idempotency-key': `job ${job.id}`, ...as(callers[1]) }
    })
    assert.equal(forged.status, 201)
  })
})
