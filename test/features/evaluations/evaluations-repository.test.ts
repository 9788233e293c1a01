import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ModelEvaluation } from '../../../src/science/cards/model-evaluation.js'
import { createCorpusRepository } from '../../../src/features/corpora/store/corpora.js'
import {
  createEvaluationRepository,
  type NewEvaluation
} from '../../../src/features/evaluations/evaluations-repository.js'
import { StatementError } from '../../../src/platform/database/failures.js'
import { forEachDatabase } from '../../support/databases.js'
import { numbersOf, registerSpace, sha256 } from '../../support/stored-fixtures.js'

forEachDatabase('evaluations', (store) => {
  const corpora = () => createCorpusRepository(store.database)
  const evaluations = () => createEvaluationRepository(store.database)
  const newCorpus = async (name: string) => (await corpora().create({ name, requestSha256: sha256(name) })).corpus.id
  const result: ModelEvaluation = {
    schemaVersion: 1,
    models: [],
    fmr: 0.1,
    seed: 1,
    heldOutFraction: 0.3,
    training: { samples: 1, identities: 1 },
    maps: [],
    within: {
      matrix: { samples: 0, identities: 0, matedIdentities: 0, nonMatedComparisons: 0, alone: [], pairs: [] },
      clustering: null,
      asymmetry: []
    },
    across: null,
    generalisation: null,
    warnings: ['a warning']
  }
  const newEvaluation = (corpusId: string, testCorpusId: string | null = null): NewEvaluation => ({
    corpusId,
    corpusHash: sha256('corpus'),
    testCorpusId,
    testCorpusHash: testCorpusId === null ? null : sha256('test corpus'),
    request: {
      corpus: corpusId,
      testCorpus: testCorpusId,
      models: ['a', 'b'],
      method: 'ridge',
      fmr: 0.1,
      seed: 1,
      heldOutFraction: 0.3
    },
    result
  })

  test('an evaluation is read as it was stored', async () => {
    const [corpus, other] = [await newCorpus('read'), await newCorpus('read other')]
    const given = newEvaluation(corpus, other)
    const { evaluation, created } = await evaluations().insert({ ...given, requestSha256: sha256('r') })
    assert.equal(created, true)
    const { id, createdAt, ...stored } = evaluation
    assert.deepEqual(stored, given)
    assert.deepEqual(await evaluations().get(id), evaluation)
    assert.equal(new Date(createdAt).toISOString(), createdAt)
  })

  test('the list is read in pages, the oldest first', async () => {
    const corpus = await newCorpus('pages')
    for (const request of ['first', 'second']) {
      await evaluations().insert({ ...newEvaluation(corpus), requestSha256: sha256(request) })
    }
    const { items, next } = await evaluations().list({ limit: 100 })
    assert.ok(items.length >= 2 && next === null)
    const page = await evaluations().list({ limit: 1 })
    const rest = await evaluations().list({ limit: 100, after: page.next! })
    assert.deepEqual([...page.items, ...rest.items], items)
  })

  test('a repetition with the same key returns the first; another request with it is refused', async () => {
    const corpus = await newCorpus('repeated')
    const request = { idempotencyKey: 'evaluation key', requestSha256: sha256('r') }
    assert.equal(await evaluations().findRepeated(request), undefined)
    const first = await evaluations().insert({ ...newEvaluation(corpus), ...request })
    const again = await evaluations().insert({ ...newEvaluation(corpus), ...request })
    assert.deepEqual(again, { evaluation: first.evaluation, created: false })
    assert.deepEqual(await evaluations().findRepeated(request), first.evaluation)
    const other = { ...request, requestSha256: sha256('another') }
    await assert.rejects(evaluations().findRepeated(other), { code: 'idempotency-conflict' })
    await assert.rejects(evaluations().insert({ ...newEvaluation(corpus), ...other }), { code: 'idempotency-conflict' })
  })

  test('an evaluation with a predefined id is stored once', async () => {
    const id = '00000000-0000-4000-8000-0000000000ee'
    const corpus = await newCorpus('known')
    await evaluations().createWithId(id, newEvaluation(corpus))
    await evaluations().createWithId(id, { ...newEvaluation(corpus), corpusHash: sha256('another') })
    assert.equal((await evaluations().get(id)).corpusHash, sha256('corpus'))
  })

  test('removed corpora are forgotten, whether removed before or after', async () => {
    const [corpus, other] = [await newCorpus('removed'), await newCorpus('removed other')]
    const { evaluation: { id } } = await evaluations().insert({
      ...newEvaluation(corpus, other),
      requestSha256: sha256('r')
    })
    await corpora().remove(corpus)
    const { evaluation: late } = await evaluations().insert({
      ...newEvaluation(corpus, other),
      requestSha256: sha256('r')
    })
    assert.deepEqual([late.corpusId, late.testCorpusId], [null, other])
    await corpora().remove(other)
    const { corpusId, testCorpusId, corpusHash, testCorpusHash } = await evaluations().get(id)
    assert.deepEqual([corpusId, testCorpusId, corpusHash, testCorpusHash], [
      null,
      null,
      sha256('corpus'),
      sha256('test corpus')
    ])
  })

  test('rows are append-only for every client', async () => {
    const { evaluation: { id } } = await evaluations().insert({
      ...newEvaluation(await newCorpus('immutable')),
      requestSha256: sha256('r')
    })
    for (
      const change of [
        "UPDATE evaluations SET result = '{}' WHERE id = $1",
        "UPDATE evaluations SET request = '{}' WHERE id = $1",
        "UPDATE evaluations SET corpus_hash = repeat('0', 64) WHERE id = $1",
        'UPDATE evaluations SET corpus_id = NULL WHERE id = $1',
        "UPDATE evaluations SET created_at = created_at - interval '1 day' WHERE id = $1",
        'DELETE FROM evaluations WHERE id = $1'
      ]
    ) {
      await assert.rejects(
        store.database.query(change, [id]),
        (error: unknown) => error instanceof StatementError && error.sqlState === '23001',
        change
      )
    }
  })

  test('unknown ids are refused', async () => {
    for (const id of ['nothing', '00000000-0000-4000-8000-000000000000']) {
      await assert.rejects(evaluations().get(id), { code: 'evaluation-unknown' })
    }
  })

  test('the join has the samples with a template of every space, in the order of the requested spaces', async () => {
    const [a, b, c] = [
      await registerSpace(store.database, 'join-a', 4),
      await registerSpace(store.database, 'join-b', 3),
      await registerSpace(store.database, 'join-c', 2)
    ]
    const corpus = await newCorpus('joined')
    const rows = (dimension: number, seed: number, samples: string[]) =>
      samples.map((sample, i) => ({
        sample,
        identity: sample === 's3' ? null : `person ${sample}`,
        vector: numbersOf(seed + i, dimension)
      }))
    await corpora().addTemplates(corpus, [
      { fingerprint: a, rows: rows(4, 10, ['s1', 's2', 's3', 's4']) },
      { fingerprint: b, rows: rows(3, 20, ['s3', 's1', 's5', 's4']) },
      { fingerprint: c, rows: rows(2, 30, ['s4', 's3', 's1', 's2']) }
    ])
    const join = await corpora().join(corpus, [c, a, b])
    assert.deepEqual(join.samples, ['s1', 's3', 's4'])
    assert.deepEqual(join.identities, ['person s1', null, 'person s4'])
    const rowsOf = (...vectors: Float32Array[]) => Float32Array.from(vectors.flatMap(vector => [...vector]))
    assert.deepEqual(join.templates, [
      rowsOf(numbersOf(32, 2), numbersOf(31, 2), numbersOf(30, 2)),
      rowsOf(numbersOf(10, 4), numbersOf(12, 4), numbersOf(13, 4)),
      rowsOf(numbersOf(21, 3), numbersOf(20, 3), numbersOf(23, 3))
    ])
    assert.notEqual((await corpora().join(corpus, [a, b, c])).hash, join.hash)
    // Of two spaces it is what a map says of its pairs.
    assert.equal((await corpora().join(corpus, [a, b])).hash, (await corpora().pairs(corpus, a, b)).hash)
    await assert.rejects(corpora().join(corpus, [a, sha256('no space')]), { code: 'model-unknown' })
    await assert.rejects(corpora().join('nothing', [a, b]), { code: 'corpus-unknown' })
  })
})
