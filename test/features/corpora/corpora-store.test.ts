import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'
import { Problem } from '../../../src/errors.js'
import { createCorpusRepository } from '../../../src/features/corpora/store/corpora.js'
import { createPairHash } from '../../../src/features/corpora/store/pair-hash.js'
import { forEachDatabase } from '../../support/databases.js'
import { numbersOf, registerSpace, sha256 } from '../../support/stored-fixtures.js'

const isProblem = (code: string, detail = /./) => (error: unknown) =>
  error instanceof Problem && error.code === code && detail.test(error.detail)

forEachDatabase('corpora', (store) => {
  const corpora = () => createCorpusRepository(store.database)
  const newCorpus = async (name = 'people') => (await corpora().create({ name, requestSha256: sha256(name) })).corpus

  const rows = (from: number, to: number, seed = 0, dimension = 4) =>
    Array.from({ length: to - from }, (_, i) => ({
      sample: `sample-${String(from + i).padStart(5, '0')}`,
      identity: `person-${Math.floor((from + i) / 2)}`,
      vector: numbersOf(seed + from + i, dimension)
    }))

  test('creation is idempotent by key, also for simultaneous repetitions', async () => {
    const request = { name: 'once', idempotencyKey: randomUUID(), requestSha256: sha256('request') }
    const answers = await Promise.all(Array.from({ length: 6 }, () => corpora().create(request)))
    assert.equal(answers.filter(({ created }) => created).length, 1)
    assert.equal(new Set(answers.map(({ corpus }) => corpus.id)).size, 1)
    await assert.rejects(
      corpora().create({ ...request, requestSha256: sha256('another') }),
      isProblem('idempotency-conflict')
    )
    // Without a key, every call makes one.
    assert.notEqual((await newCorpus('twice')).id, (await newCorpus('twice')).id)
  })

  test('counts its contents, per space', async () => {
    const { id } = await newCorpus()
    const [a, b] = [await registerSpace(store.database, 'count-a'), await registerSpace(store.database, 'count-b', 3)]
    assert.deepEqual(await corpora().addTemplates(id, [{ fingerprint: a, rows: rows(0, 10) }]), {
      added: 10,
      unchanged: 0
    })
    assert.deepEqual(await corpora().addTemplates(id, [{ fingerprint: b, rows: rows(4, 8, 50, 3) }]), {
      added: 4,
      unchanged: 0
    })
    const { samples, identities, templates } = await corpora().get(id)
    assert.deepEqual({ samples, identities, templates }, {
      samples: 10,
      identities: 5,
      templates: [{ model: 'count-a', fingerprint: a, count: 10 }, { model: 'count-b', fingerprint: b, count: 4 }]
    })
  })

  test('an upload can be repeated and continued', async () => {
    const { id } = await newCorpus()
    const space = await registerSpace(store.database, 'repeat')
    await corpora().addTemplates(id, [{ fingerprint: space, rows: rows(0, 5) }])
    assert.deepEqual(await corpora().addTemplates(id, [{ fingerprint: space, rows: rows(0, 8) }]), {
      added: 3,
      unchanged: 5
    })
    assert.deepEqual(await corpora().addTemplates(id, [{ fingerprint: space, rows: [...rows(8, 9), ...rows(8, 9)] }]), {
      added: 1,
      unchanged: 1
    })
    assert.deepEqual(await corpora().addTemplates(id, [{ fingerprint: space, rows: [] }]), { added: 0, unchanged: 0 })
  })

  test('another template of a sample is refused, naming the sample, and nothing of the upload is stored', async () => {
    const { id } = await newCorpus()
    const space = await registerSpace(store.database, 'refuse')
    await corpora().addTemplates(id, [{ fingerprint: space, rows: rows(3, 4) }])
    await assert.rejects(
      corpora().addTemplates(id, [{ fingerprint: space, rows: rows(0, 6, 99) }]),
      isProblem('template-exists', /"sample-00003".*"refuse"/)
    )
    assert.equal((await corpora().get(id)).samples, 1)
    await assert.rejects(
      corpora().addTemplates(id, [{ fingerprint: space, rows: [...rows(7, 8), ...rows(7, 8, 99)] }]),
      isProblem('template-exists', /"sample-00007"/)
    )
    assert.equal((await corpora().get(id)).samples, 1)
  })

  test('another identity of a sample is refused, naming both; a missing one is filled in', async () => {
    const { id } = await newCorpus()
    const [a, b] = [await registerSpace(store.database, 'label-a'), await registerSpace(store.database, 'label-b')]
    const row = { sample: 's', identity: null as string | null, vector: numbersOf(1, 4) }
    await corpora().addTemplates(id, [{ fingerprint: a, rows: [row] }])
    await corpora().addTemplates(id, [{ fingerprint: b, rows: [{ ...row, identity: 'ada' }] }])
    assert.deepEqual((await corpora().pairs(id, a, b)).identities, ['ada'])
    await corpora().addTemplates(id, [{ fingerprint: b, rows: [row] }])
    assert.deepEqual((await corpora().pairs(id, a, b)).identities, ['ada'])
    await assert.rejects(
      corpora().addTemplates(id, [{ fingerprint: b, rows: [{ ...row, identity: 'grace' }] }]),
      isProblem('template-exists', /"s".*"ada".*"grace"/)
    )
    await assert.rejects(
      corpora().addTemplates(id, [{
        fingerprint: b,
        rows: [{ ...row, sample: 't', identity: 'ada' }, { ...row, sample: 't', identity: 'grace' }]
      }]),
      isProblem('template-exists', /"t".*"ada".*"grace"/)
    )
  })

  test('a group is kept like an identity: filled in, returned with the pairs, never changed', async () => {
    const { id } = await newCorpus()
    const [a, b] = [await registerSpace(store.database, 'group-a'), await registerSpace(store.database, 'group-b')]
    const row = { sample: 's', identity: null, vector: numbersOf(1, 4) }
    await corpora().addTemplates(id, [{ fingerprint: a, rows: [row, { ...row, sample: 't' }] }])
    await corpora().addTemplates(id, [{ fingerprint: b, rows: [{ ...row, group: 'north' }, { ...row, sample: 't' }] }])
    const { hash, groups, identities } = await corpora().pairs(id, a, b)
    assert.deepEqual([groups, identities], [['north', null], [null, null]])
    await corpora().addTemplates(id, [{
      fingerprint: b,
      rows: [row, { ...row, sample: 't', group: 'south' }, { ...row, sample: 't', identity: 'ada' }]
    }])
    const pairs = await corpora().pairs(id, a, b)
    assert.deepEqual([pairs.groups, pairs.identities], [['north', 'south'], [null, 'ada']])
    assert.notEqual(pairs.hash, hash, 'the identity counts')
    await assert.rejects(
      corpora().addTemplates(id, [{ fingerprint: b, rows: [{ ...row, group: 'west' }] }]),
      isProblem('template-exists', /"s": expected group "north" as before, received "west"/)
    )
    await assert.rejects(
      corpora().addTemplates(id, [{
        fingerprint: b,
        rows: [{ ...row, sample: 'u', group: 'x' }, { ...row, sample: 'u', group: 'y' }]
      }]),
      isProblem('template-exists', /"u": expected group "x"/)
    )
  })

  test('a vector of another length is refused, naming its row', async () => {
    const { id } = await newCorpus()
    const space = await registerSpace(store.database, 'length')
    await assert.rejects(
      corpora().addTemplates(id, [{ fingerprint: space, rows: [...rows(0, 2), ...rows(2, 3, 0, 5)] }]),
      isProblem('template-invalid', /templates\[2\]: expected 4 numbers for model "length", received 5/)
    )
  })

  test('simultaneous uploads into one corpus all arrive', async () => {
    const { id } = await newCorpus()
    const space = await registerSpace(store.database, 'parallel')
    const outcomes = await Promise.all([0, 10, 20, 30].flatMap((from) => [
      corpora().addTemplates(id, [{ fingerprint: space, rows: rows(from, from + 20) }]),
      corpora().addTemplates(id, [{ fingerprint: space, rows: rows(from, from + 20).reverse() }])
    ]))
    assert.equal(outcomes.reduce((sum, { added }) => sum + added, 0), 50)
    assert.equal((await corpora().get(id)).samples, 50)
  })

  test('pairs are the join of two spaces, bit for bit, in the order of the samples', async () => {
    const { id } = await newCorpus()
    const [a, b] = [await registerSpace(store.database, 'pair-a', 5), await registerSpace(store.database, 'pair-b', 3)]
    await corpora().addTemplates(id, [{ fingerprint: a, rows: rows(0, 20, 0, 5).reverse() }])
    await corpora().addTemplates(id, [{ fingerprint: b, rows: rows(15, 30, 70, 3) }])
    const pairs = await corpora().pairs(id, a, b)
    const [source, target] = [rows(15, 20, 0, 5), rows(15, 20, 70, 3)]
    assert.deepEqual(pairs.samples, source.map(({ sample }) => sample))
    assert.deepEqual(pairs.identities, source.map(({ identity }) => identity))
    assert.deepEqual(pairs.source, Float32Array.from(source.flatMap(({ vector }) => [...vector])))
    assert.deepEqual(pairs.target, Float32Array.from(target.flatMap(({ vector }) => [...vector])))
    assert.deepEqual(pairs.oneSided, { source: 15, target: 10 })

    const hash = createPairHash()
    source.forEach(({ sample, identity, vector }, i) => {
      hash.update({ sample, identity, source: vector, target: target[i]!.vector })
    })
    assert.equal(pairs.hash, hash.digest())
    assert.notEqual((await corpora().pairs(id, b, a)).hash, pairs.hash)
  })

  test('samples are ordered by their bytes, whatever the locale, and the hash is that of the data', async () => {
    const [a, b] = [await registerSpace(store.database, 'order-a'), await registerSpace(store.database, 'order-b')]
    const names = ['b', 'B', 'a', 'é', 'z', 'a b', 'a-b', '\u{1F600}', '\uFF5E']
    const given = names.map((sample, i) => ({ sample, identity: null, vector: numbersOf(i, 4) }))
    const hashes = []
    for (const order of [given, given.toReversed()]) {
      const { id } = await newCorpus()
      await corpora().addTemplates(id, [{ fingerprint: a, rows: order }])
      await corpora().addTemplates(id, [{ fingerprint: b, rows: order }])
      const pairs = await corpora().pairs(id, a, b)
      assert.deepEqual(pairs.samples, names.toSorted((x, y) => Buffer.compare(Buffer.from(x), Buffer.from(y))))
      hashes.push(pairs.hash)
    }
    assert.equal(hashes[0], hashes[1])
  })

  test('templates of more than one statement are stored and joined, their repetition changes nothing, and they go', async () => {
    const { id } = await newCorpus()
    const [a, b] = [await registerSpace(store.database, 'large-a', 512), await registerSpace(store.database, 'large-b')]
    // A statement takes 16 MiB, which are 8192 of the wide ones.
    const count = 8200
    const [wide, narrow] = [rows(0, count, 0, 512), rows(0, count, 0, 4)]
    assert.equal((await corpora().addTemplates(id, [{ fingerprint: a, rows: wide }])).added, count)
    assert.equal((await corpora().addTemplates(id, [{ fingerprint: b, rows: narrow }])).added, count)
    assert.equal((await corpora().addTemplates(id, [{ fingerprint: a, rows: wide }])).unchanged, count)
    const pairs = await corpora().pairs(id, a, b)
    const last = pairs.samples.indexOf(wide.at(-1)!.sample)
    assert.equal(pairs.samples.length, count)
    assert.deepEqual(pairs.source.subarray(last * 512, (last + 1) * 512), wide.at(-1)!.vector)
    assert.deepEqual(pairs.target.subarray(last * 4, (last + 1) * 4), narrow.at(-1)!.vector)
    await corpora().remove(id)
    assert.deepEqual(
      (await store.database.query('SELECT FROM sample_templates WHERE corpus_id = $1', [id])).rowCount,
      0
    )
  })

  test('pages cover the list once, in a stable order', async () => {
    const made = []
    for (let i = 0; i < 7; i++) made.push((await newCorpus(`page ${i}`)).id)
    const seen: string[] = []
    for (let after: string | undefined;;) {
      const page = await corpora().list({ limit: 3, after })
      assert.ok(page.items.length <= 3)
      seen.push(...page.items.map(({ id }) => id))
      if (page.next === null) break
      after = page.next
    }
    assert.equal(new Set(seen).size, seen.length)
    assert.ok(made.every((id) => seen.includes(id)))
    for (const after of ['', 'nonsense', Buffer.from('2026-99-01T00:00:00.000Z x').toString('base64url')]) {
      await assert.rejects(corpora().list({ limit: 1, after }), isProblem('request-invalid', /after/))
    }
  })

  test('a corpus that does not exist is unknown, also when its id is malformed', async () => {
    const space = await registerSpace(store.database, 'unknown')
    for (const id of [randomUUID(), 'nonsense', "'; --", '']) {
      await assert.rejects(corpora().get(id), isProblem('corpus-unknown'))
      await assert.rejects(corpora().remove(id), isProblem('corpus-unknown'))
      await assert.rejects(
        corpora().addTemplates(id, [{ fingerprint: space, rows: rows(0, 1) }]),
        isProblem('corpus-unknown')
      )
      await assert.rejects(corpora().pairs(id, space, space), isProblem('corpus-unknown'))
    }
    const { id } = await newCorpus()
    await assert.rejects(
      corpora().addTemplates(id, [{ fingerprint: sha256('no space'), rows: rows(0, 1) }]),
      isProblem('model-unknown')
    )
    await assert.rejects(corpora().pairs(id, space, sha256('no space')), isProblem('model-unknown'))
  })
})
