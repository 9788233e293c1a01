import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'
import { Problem, StartupError } from '../../../src/errors.js'
import type { ProfileSummary } from '../../../src/science/guard/guard-profile.js'
import { createCorpusRepository } from '../../../src/features/corpora/store/corpora.js'
import { createMapRepository } from '../../../src/features/catalogue/store/maps.js'
import { createModelRepository } from '../../../src/features/catalogue/models-repository.js'
import { createSpaceProfileRepository } from '../../../src/features/catalogue/store/space-profiles.js'
import { forEachDatabase } from '../../support/databases.js'
import { eventually } from '../../support/eventually.js'
import { newMap, numbersOf, registerSpace, sha256, templateOnlyModel } from '../../support/stored-fixtures.js'

const isProblem = (code: string, detail = /./) => (error: unknown) =>
  error instanceof Problem && error.code === code && detail.test(error.detail)

forEachDatabase('maps', (store) => {
  const maps = () => createMapRepository(store.database)
  let pairs = 0
  /** A pair of spaces that no other test uses. */
  const newPair = async () => {
    const pair = `pair${pairs++}`
    return [
      await registerSpace(store.database, `${pair}-a`, 4),
      await registerSpace(store.database, `${pair}-b`, 3)
    ] as const
  }
  const insert = async (a: string, b: string, seed = 1) =>
    (await maps().insert({ ...newMap(a, b, { source: 4, target: 3 }, seed), requestSha256: sha256('request') })).map

  test('a map is stored as fitted', async () => {
    const [a, b] = await newPair()
    const corpora = createCorpusRepository(store.database)
    const { corpus } = await corpora.create({ name: 'fit', requestSha256: sha256('fit') })
    const fitted = { ...newMap(a, b), seed: Number.MAX_SAFE_INTEGER, corpusId: corpus.id }
    const { map, created } = await maps().insert({ ...fitted, requestSha256: sha256('request') })
    assert.ok(created)
    assert.deepEqual(
      {
        source: map.source.fingerprint,
        target: map.target.fingerprint,
        state: map.state,
        version: map.version,
        active: map.activatedAt
      },
      { source: a, target: b, state: 'fitted', version: 1, active: null }
    )
    for (const property of ['method', 'parameters', 'seed', 'corpusId', 'corpusHash', 'card'] as const) {
      assert.deepEqual(map[property], fitted[property])
    }
    assert.deepEqual(await maps().get(map.id), map)
    assert.deepEqual(await maps().numbers(map.id), fitted.numbers)
    await corpora.remove(corpus.id)
    const without = await maps().get(map.id)
    assert.notEqual(without.etag, map.etag)
    assert.deepEqual(without, { ...map, corpusId: null, etag: without.etag })
  })

  test('the comparison space and the profiles of a map are stored together with it, or not at all', async () => {
    const [a, b] = await newPair()
    const side = (rows: number, seed: number) => ({
      weights: { rows, cols: 3, data: numbersOf(seed, rows * 3) },
      bias: numbersOf(seed + 1, 3)
    })
    const square = (seed: number) => ({ rows: 3, cols: 3, data: numbersOf(seed, 9) })
    const normalisation = {
      meanSource: numbersOf(30, 3),
      meanTarget: numbersOf(31, 3),
      covarianceSource: square(32),
      covarianceTarget: square(33),
      scale: 0.5
    }
    for (
      const comparison of [
        { source: side(4, 10), target: side(3, 20), normalisation: null },
        { source: side(4, 10), target: { weights: null, bias: new Float32Array(3) }, normalisation }
      ]
    ) {
      const { map } = await maps().insert({ ...newMap(a, b), comparison, requestSha256: sha256('request') })
      assert.deepEqual(await maps().comparison(map.id), comparison)
      await assert.rejects(
        store.database.query("UPDATE comparison_spaces SET numbers = '\\x00000000' WHERE map_id = $1", [map.id]),
        /comparison_spaces_digest/
      )
    }
    await assert.rejects(maps().comparison((await insert(a, b)).id), /has no comparison space/)

    const profile = {
      mean: numbersOf(1, 4),
      whitening: { rows: 4, cols: 4, data: numbersOf(2, 16) },
      summary: { templates: 100 } as ProfileSummary
    }
    const profiles = createSpaceProfileRepository(store.database)
    const count = async () => (await maps().list({ source: undefined, target: undefined, limit: 500 })).items.length
    const before = await count()
    const wrong = { ...profile, mean: numbersOf(1, 5) }
    await assert.rejects(
      maps().insert({ ...newMap(a, b), profiles: { source: profile, target: wrong }, requestSha256: sha256('request') })
    )
    assert.deepEqual([await profiles.get(a), await count()], [undefined, before])
    await maps().insert({
      ...newMap(a, b),
      profiles: { source: profile, target: undefined },
      requestSha256: sha256('request')
    })
    assert.deepEqual(await profiles.get(a), profile)
  })

  test('a corpus that was removed during the fit is forgotten', async () => {
    const [a, b] = await newPair()
    const { map } = await maps().insert({ ...newMap(a, b), corpusId: randomUUID(), requestSha256: sha256('request') })
    assert.equal(map.corpusId, null)
  })

  test('versions count per directed pair, also for simultaneous fits', async () => {
    const [a, b] = await newPair()
    const inserted = await Promise.all(Array.from({ length: 6 }, (_, i) => insert(a, b, i)))
    assert.deepEqual(inserted.map(({ version }) => version).sort(), [1, 2, 3, 4, 5, 6])
    const { map } = await maps().insert({ ...newMap(b, a, { source: 3, target: 4 }), requestSha256: sha256('back') })
    assert.equal(map.version, 1)
  })

  test('insertion is idempotent by key, also for simultaneous repetitions', async () => {
    const [a, b] = await newPair()
    const request = { ...newMap(a, b), idempotencyKey: randomUUID(), requestSha256: sha256('request') }
    assert.equal(await maps().findRepeated(request), undefined)
    const answers = await Promise.all(Array.from({ length: 6 }, () => maps().insert(request)))
    assert.equal(answers.filter(({ created }) => created).length, 1)
    assert.equal(new Set(answers.map(({ map }) => map.id)).size, 1)
    assert.equal((await maps().findRepeated(request))?.id, answers[0]!.map.id)

    const another = { ...request, requestSha256: sha256('another') }
    await assert.rejects(maps().insert(another), isProblem('idempotency-conflict'))
    await assert.rejects(maps().findRepeated(another), isProblem('idempotency-conflict'))
    const [c, d] = await newPair()
    await assert.rejects(maps().insert({ ...another, ...newMap(c, d) }), isProblem('idempotency-conflict'))
  })

  test('activation demotes the active map of the pair, and can be reversed', async () => {
    const [a, b] = await newPair()
    const [first, second] = [await insert(a, b, 1), await insert(a, b, 2)]
    assert.equal(await maps().active(a, b), undefined)
    await maps().activate(first.id)
    await maps().activate(second.id)
    assert.equal((await maps().get(first.id)).state, 'fitted')
    assert.equal((await maps().active(a, b))?.id, second.id)
    assert.equal((await maps().activate(first.id)).state, 'active')
    assert.equal((await maps().get(second.id)).state, 'fitted')
    assert.equal((await maps().listActive()).filter(({ source }) => source.fingerprint === a).length, 1)
    assert.equal(await maps().active(b, a), undefined)
  })

  test('a retired map never serves again', async () => {
    const [a, b] = await newPair()
    const { id } = await insert(a, b)
    await maps().activate(id)
    const retired = await maps().retire(id)
    assert.equal(retired.state, 'retired')
    assert.equal(await maps().active(a, b), undefined)
    await assert.rejects(maps().activate(id), isProblem('map-retired'))
    assert.deepEqual(await maps().retire(id), retired)
  })

  test('every change of state, and nothing else, changes the entity tag', async () => {
    const [a, b] = await newPair()
    const [map, other] = [await insert(a, b), await insert(a, b, 2)]
    const tags = [map.etag]
    tags.push((await maps().activate(map.id)).etag)
    assert.equal((await maps().activate(map.id)).etag, tags[1])
    await maps().activate(other.id)
    tags.push((await maps().get(map.id)).etag)
    tags.push((await maps().activate(map.id)).etag)
    tags.push((await maps().retire(map.id)).etag)
    assert.equal(new Set(tags).size, 5)
    for (const tag of tags) assert.match(tag, /^"[!#-~]+"$/)
  })

  test('a change that expects another entity tag is refused', async () => {
    const [a, b] = await newPair()
    const map = await insert(a, b)
    await maps().activate(map.id, { ifMatch: [map.etag] })
    await assert.rejects(maps().activate(map.id, { ifMatch: [map.etag] }), isProblem('precondition-failed'))
    await assert.rejects(maps().retire(map.id, { ifMatch: ['"stale"'] }), isProblem('precondition-failed', /"stale"/))
    assert.equal((await maps().get(map.id)).state, 'active')
  })

  test('many simultaneous activations all succeed, and one map is active', async () => {
    const [a, b] = await newPair()
    const inserted = await Promise.all(Array.from({ length: 6 }, (_, i) => insert(a, b, i)))
    const replicas = [maps(), ...store.kind === 'postgres' ? [createMapRepository(await store.openAnother())] : []]
    const rounds = store.kind === 'postgres' ? 5 : 1
    await Promise.all(
      inserted.flatMap(({ id }, i) =>
        Array.from({ length: rounds }, (_, round) => replicas[(i + round) % replicas.length]!.activate(id))
      )
    )
    const { items } = await maps().list({ source: inserted[0]!.source.model, limit: 100 })
    const active = items.filter(({ state }) => state === 'active')
    assert.equal(active.length, 1)
    // The last activation is the one that counts.
    const latest = items.map(({ activatedAt }) => activatedAt ?? '').sort().at(-1)
    assert.equal(active[0]!.activatedAt, latest)
  })

  test('changes are notified to all listeners, also on another replica', async () => {
    const [a, b] = await newPair()
    const { id } = await insert(a, b)
    const replica = store.kind === 'postgres' ? await store.openAnother() : store.database
    const received: unknown[] = []
    const stop = await replica.listen('maps_changed', (payload) => {
      received.push(JSON.parse(payload ?? 'null'))
    })
    await maps().activate(id)
    await maps().activate(id)
    await maps().retire(id)
    await eventually('two notifications', () => received.length, count => count >= 2)
    assert.deepEqual(received, [{ id, source: a, target: b }, { id, source: a, target: b }])
    await stop()
  })

  test('a map from a file is stored once, and activated if its pair has no active map', async () => {
    const [a, b] = await newPair()
    const [first, second] = [randomUUID(), randomUUID()]
    const answers = await Promise.all(Array.from({ length: 3 }, () => maps().insertIfAbsent(first, newMap(a, b))))
    assert.equal(answers.filter(({ created }) => created).length, 1)
    assert.equal((await maps().active(a, b))?.id, first)
    assert.equal((await maps().insertIfAbsent(second, newMap(a, b, { source: 4, target: 3 }, 9))).map.state, 'fitted')
    assert.equal((await maps().active(a, b))?.id, first)
    // Retired by the operator, it does not come back with the next start.
    await maps().retire(first)
    assert.equal((await maps().insertIfAbsent(first, newMap(a, b))).map.state, 'retired')
    await assert.rejects(maps().insertIfAbsent(first, newMap(a, b, { source: 4, target: 3 }, 5)), StartupError)
  })

  test('lists by model, whatever its current space, and by state', async () => {
    const models = createModelRepository(store.database)
    const [, b] = await newPair()
    const versions = ['old weights', 'new weights'].map((weights) => ({
      ...templateOnlyModel('moving'),
      kind: 'recogniser' as const,
      fingerprint: sha256(weights)
    }))
    const inserted = []
    for (const version of versions) {
      await models.syncRecognisers([version])
      inserted.push(await insert(version.fingerprint, b))
    }
    await maps().activate(inserted[0]!.id)
    const { items } = await maps().list({ source: 'moving', limit: 10 })
    assert.deepEqual(items.map(({ id, source }) => [id, source.current]), [[inserted[0]!.id, false], [
      inserted[1]!.id,
      true
    ]])
    const ids = async (filter: { target?: string, source?: string, state?: 'active' | 'fitted' | 'retired' }) =>
      (await maps().list({ ...filter, limit: 10 })).items.map(({ id }) => id)
    assert.deepEqual(await ids({ source: 'moving', state: 'active' }), [inserted[0]!.id])
    assert.deepEqual(await ids({ source: 'moving', state: 'retired' }), [])
    assert.deepEqual(await ids({ target: inserted[0]!.target.model }), inserted.map(({ id }) => id))

    const page = await maps().list({ source: 'moving', limit: 1 })
    const rest = await maps().list({ source: 'moving', limit: 1, after: page.next ?? '' })
    assert.deepEqual([...page.items, ...rest.items].map(({ id }) => id), inserted.map(({ id }) => id))
    assert.equal(rest.next, null)
  })

  test('damaged numbers are detected, not served', async () => {
    const [a, b] = await newPair()
    const { id } = await insert(a, b)
    // What a broken disk does, the database itself refuses to do.
    await store.database.query('ALTER TABLE maps DISABLE TRIGGER maps_are_immutable')
    await store.database.query('ALTER TABLE maps DROP CONSTRAINT maps_digest')
    await store.database.query(
      'UPDATE maps SET weights = set_byte(weights, 5, (get_byte(weights, 5) + 1) % 256) WHERE id = $1',
      [id]
    )
    await assert.rejects(
      maps().numbers(id),
      (error: Error) => !(error instanceof Problem) && /damaged/.test(error.message) && error.message.includes(id)
    )
  })

  test('a map that does not exist is unknown, also when its id is malformed', async () => {
    for (const id of [randomUUID(), 'nonsense', '']) {
      for (const call of [maps().get, maps().numbers, maps().activate, maps().retire]) {
        await assert.rejects(call(id), isProblem('map-unknown'))
      }
    }
  })
})
