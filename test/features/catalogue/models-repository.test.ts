import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Problem, StartupError } from '../../../src/errors.js'
import { createModelRepository, modelsChanged } from '../../../src/features/catalogue/models-repository.js'
import { forEachDatabase } from '../../support/databases.js'
import { eventually } from '../../support/eventually.js'
import { sha256, templateOnlyModel } from '../../support/stored-fixtures.js'

const recogniser = (id: string, weights: string) => ({
  ...templateOnlyModel(id),
  kind: 'recogniser' as const,
  fingerprint: sha256(weights),
  manifest: { id, graph: { sha256: sha256(weights) } }
})

const isProblem = (code: string, detail: RegExp) => (error: unknown) =>
  error instanceof Problem && error.code === code && detail.test(error.detail)

forEachDatabase('models', (store) => {
  const models = () => createModelRepository(store.database)

  test('a registration is stored as given, and may be repeated', async () => {
    const model = templateOnlyModel('vendor-a', 512)
    assert.equal(await models().register(model), 'created')
    assert.equal(await models().register({ ...model, manifest: { ...model.manifest } }), 'unchanged')
    const { createdAt, ...stored } = await models().get('vendor-a')
    assert.deepEqual(stored, { ...model, current: true })
    assert.ok(!Number.isNaN(Date.parse(createdAt)))
    assert.deepEqual(await models().getByFingerprint(model.fingerprint), { ...stored, createdAt })
  })

  test('simultaneous registrations of one id make one model', async () => {
    const outcomes = await Promise.allSettled(
      Array.from(
        { length: 8 },
        (_, i) => models().register({ ...templateOnlyModel('vendor-race'), fingerprint: sha256(`race ${i}`) })
      )
    )
    assert.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 1)
    for (const outcome of outcomes) {
      if (outcome.status === 'rejected') assert.ok(isProblem('model-exists', /fingerprint/)(outcome.reason))
    }
  })

  test('a registration that contradicts the stored one is refused, naming the property', async () => {
    const model = templateOnlyModel('vendor-b')
    await models().register(model)
    await assert.rejects(
      models().register({ ...model, fingerprint: sha256('other') }),
      isProblem('model-exists', /vendor-b.*fingerprint/)
    )
    await assert.rejects(
      models().register({ ...model, dimension: 5 }),
      isProblem('model-exists', /dimension 4 .*received 5/)
    )
    await assert.rejects(models().register({ ...model, title: 'Another' }), isProblem('model-exists', /title/))
    await assert.rejects(
      models().register({ ...model, manifest: { version: '2' } }),
      isProblem('model-exists', /manifest/)
    )
    await assert.rejects(models().register({ ...model, id: 'vendor-c' }), isProblem('model-exists', /vendor-b/))
  })

  test('a template-only model cannot take the id of a recogniser', async () => {
    await models().syncRecognisers([recogniser('net', 'net weights')])
    await assert.rejects(models().register(templateOnlyModel('net')), isProblem('model-exists', /recogniser/))
  })

  test('other weights under the same id are another space, and the old one is kept', async () => {
    const [before, after] = [recogniser('evolving', 'weights 1'), recogniser('evolving', 'weights 2')]
    await models().syncRecognisers([before])
    await models().syncRecognisers([after])
    assert.equal((await models().get('evolving')).fingerprint, after.fingerprint)
    assert.equal((await models().getByFingerprint(before.fingerprint))?.current, false)
    assert.equal((await models().list()).filter(({ id }) => id === 'evolving').length, 1)
    // And back.
    await models().syncRecognisers([before])
    assert.equal((await models().get('evolving')).fingerprint, before.fingerprint)
    assert.equal((await models().getByFingerprint(after.fingerprint))?.current, false)
  })

  test('recognisers that exchange their ids keep their spaces', async () => {
    await models().syncRecognisers([recogniser('left', 'weights l'), recogniser('right', 'weights r')])
    await models().syncRecognisers([recogniser('left', 'weights r'), recogniser('right', 'weights l')])
    assert.equal((await models().get('left')).fingerprint, sha256('weights r'))
    assert.equal((await models().get('right')).fingerprint, sha256('weights l'))
  })

  test('a recogniser takes the id of a template-only model', async () => {
    await models().register(templateOnlyModel('promoted'))
    await models().syncRecognisers([recogniser('promoted', 'promoted weights')])
    assert.equal((await models().get('promoted')).kind, 'recogniser')
  })

  test('one space under two ids stops the start', async () => {
    await assert.rejects(
      models().syncRecognisers([recogniser('copy-1', 'same'), recogniser('copy-2', 'same')]),
      (error: unknown) => error instanceof StartupError && /copy-1.*copy-2/.test(error.message)
    )
  })

  test('a change is notified, an unchanged start is not', async () => {
    const list = [recogniser('noted', 'noted weights')]
    const received: Array<string | null> = []
    const stop = await store.database.listen(modelsChanged, (payload) => {
      received.push(payload)
    })
    await models().syncRecognisers(list)
    await models().syncRecognisers(list)
    await store.database.transaction((session) => session.query('SELECT 1'))
    // Its end is known by what follows it.
    await store.database.query('SELECT pg_notify($1, $2)', [modelsChanged, '"the end"'])
    await eventually('the last notification', () => received.at(-1), payload => payload === '"the end"')
    assert.deepEqual(received.map((payload) => JSON.parse(payload ?? '')), [
      { id: 'noted', fingerprint: sha256('noted weights') },
      'the end'
    ])
    await stop()
  })

  test('a model that does not exist is unknown', async () => {
    await assert.rejects(models().get('nothing'), isProblem('model-unknown', /"nothing"/))
    assert.equal(await models().getByFingerprint(sha256('nothing')), undefined)
  })
})
