import assert from 'node:assert/strict'
import { createSecretKey, randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { StartupError } from '../../../src/errors.js'
import { createCorpusRepository } from '../../../src/features/corpora/store/corpora.js'
import { applyEncryption, type Applied } from '../../../src/platform/encryption/apply.js'
import { createVault, type Vault } from '../../../src/platform/encryption/vault.js'
import { bytesOfFloat32 } from '../../../src/science/template/float32.js'
import { forEachDatabase } from '../../support/databases.js'
import { numbersOf, registerSpace, sha256 } from '../../support/stored-fixtures.js'

const newKey = (id: string) => ({ id, secret: createSecretKey(randomBytes(32)) })

forEachDatabase('encryption', store => {
  const old = newKey('old')
  const current = newKey('current')
  const rows = (count: number, seed: number, dimension: number) =>
    Array.from(
      { length: count },
      (_, i) => ({ sample: `sample ${i}`, identity: `person ${i >> 1}`, vector: numbersOf(seed + i, dimension) })
    )
  let serial = 0

  /** A corpus of 40 samples in two spaces, 4-d and 3-d. */
  async function fill (vault: Vault) {
    const corpora = createCorpusRepository(store.database, vault)
    const name = `corpus ${serial++}`
    const [a, b] = [await registerSpace(store.database, 'sealed-a'), await registerSpace(store.database, 'sealed-b', 3)]
    const { id } = (await corpora.create({ name, requestSha256: sha256(name) })).corpus
    const batches = [{ fingerprint: a, rows: rows(40, 1, 4) }, { fingerprint: b, rows: rows(40, 100, 3) }]
    assert.deepEqual(await corpora.addTemplates(id, batches), { added: 80, unchanged: 0 })
    return { corpora, id, a, b, batches, pairs: await corpora.pairs(id, a, b), join: await corpora.join(id, [b, a]) }
  }
  const vectorsIn = async (id: string) =>
    (await store.database.query<{ vector: Buffer }>('SELECT vector FROM sample_templates WHERE corpus_id = $1', [id]))
      .rows.map(({ vector }) => vector)

  test('templates are read as given, and stored unreadably', async () => {
    const vault = createVault([current, old])
    await vault.registerKeys(store.database)
    const sealed = await fill(vault)
    const plain = await fill(createVault([]))
    assert.deepEqual(sealed.pairs, plain.pairs)
    assert.deepEqual(sealed.join, plain.join)
    const given = sealed.batches.flatMap(batch => batch.rows).map(({ vector }) => bytesOfFloat32(vector))
    for (const stored of await vectorsIn(sealed.id)) {
      for (const bytes of given) assert.ok(!stored.includes(bytes.subarray(0, 8)))
    }
    assert.ok((await vectorsIn(plain.id)).some(stored => stored.equals(given[0]!)))
    // The same template twice is the same upload, though no two of its sealed forms are equal.
    assert.deepEqual(await sealed.corpora.addTemplates(sealed.id, sealed.batches), { added: 0, unchanged: 80 })
    await assert.rejects(
      sealed.corpora.addTemplates(sealed.id, [{ fingerprint: sealed.a, rows: rows(3, 7, 4) }]),
      /sample 0.*expected the stored template/
    )
  })

  test('a missing or different key stops the start', async () => {
    const { corpora, id } = await fill(createVault([current]))
    const refused = async (keys: Parameters<typeof createVault>[0], message: RegExp) => {
      await assert.rejects(
        createVault(keys).registerKeys(store.database),
        (error: Error) => error instanceof StartupError && message.test(error.message)
      )
    }
    await refused([], /expected the key "current".*the variable is not set/)
    await refused([newKey('next')], /expected the key "current".*the file has "next"/)
    await refused([newKey('current')], /expected the key that this database knows as "current"/)
    await createVault([newKey('newest'), current]).registerKeys(store.database)
    await corpora.remove(id)
  })

  test('keys are rotated while corpora are read, and plaintext is encrypted', async () => {
    const before = createVault([old])
    const after = createVault([current, old], { plaintext: 'admit' })
    await after.registerKeys(store.database)
    const under = await fill(before)
    const plain = await fill(createVault([]))
    const sealedBefore = await vectorsIn(under.id)
    const reader = createCorpusRepository(store.database, after)
    const done: Applied[] = []
    const reading = (async () => {
      for (let times = 0; times < 5; times++) {
        for (const { id, a, b, pairs } of [under, plain]) assert.deepEqual(await reader.pairs(id, a, b), pairs)
      }
    })()
    await applyEncryption(store.database, after, one => {
      done.push(one)
    })
    await reading
    const changeOf = (label: string) => done.find(one => one.label === label)
    assert.deepEqual(changeOf(under.id), {
      kind: 'corpus',
      label: under.id,
      change: 'rewrapped',
      templates: 0,
      unopened: 0
    })
    assert.deepEqual(changeOf(plain.id), {
      kind: 'corpus',
      label: plain.id,
      change: 'encrypted',
      templates: 80,
      unopened: 0
    })
    // Only the key of the data is sealed anew.
    assert.deepEqual(await vectorsIn(under.id), sealedBefore)
    // The old key has served.
    const alone = createVault([current])
    await alone.registerKeys(store.database)
    for (const { id, a, b, pairs, join } of [under, plain]) {
      assert.deepEqual(await createCorpusRepository(store.database, alone).pairs(id, a, b), pairs)
      assert.deepEqual(await createCorpusRepository(store.database, alone).join(id, [b, a]), join)
    }
    done.length = 0
    await applyEncryption(store.database, after, one => {
      done.push(one)
    })
    assert.deepEqual(done, [])
  })
})
