import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { SpaceProfile } from '../../../src/science/guard/guard-profile.js'
import {
  createSpaceProfileRepository,
  spaceProfilesChanged
} from '../../../src/features/catalogue/store/space-profiles.js'
import { StatementError } from '../../../src/platform/database/failures.js'
import { forEachDatabase } from '../../support/databases.js'
import { eventually } from '../../support/eventually.js'
import { numbersOf, registerSpace, sha256 } from '../../support/stored-fixtures.js'

const profileOf = (seed: number, templates: number, dimension = 4): SpaceProfile => ({
  mean: numbersOf(seed, dimension),
  whitening: { rows: dimension, cols: dimension, data: numbersOf(seed + 1, dimension * dimension) },
  summary: {
    schemaVersion: 1,
    templates,
    identities: 20,
    shrinkage: 0.02,
    logDeterminant: -12.5,
    dispersion: { mean: 1.2, variance: 0.1 },
    norm: { low: 0.9, median: 1, high: 1.1 },
    tests: [{ batch: 1, threshold: 0.5, falseAlarmRate: 0.01, detection: 1 }]
  }
})

forEachDatabase('space profiles', (store) => {
  const profiles = () => createSpaceProfileRepository(store.database)

  test('a profile is stored as computed', async () => {
    const space = await registerSpace(store.database, 'profiled')
    assert.equal(await profiles().get(space), undefined)
    assert.ok(await profiles().offer(space, profileOf(1, 100), sha256('corpus')))
    assert.deepEqual(await profiles().get(space), profileOf(1, 100))
    const [stored] = (await profiles().list()).filter(({ fingerprint }) => fingerprint === space)
    assert.deepEqual([stored?.dimension, stored?.corpusHash], [4, sha256('corpus')])
  })

  test('a profile is replaced by one from no fewer templates, and replicas are notified', async () => {
    const space = await registerSpace(store.database, 'replaced')
    const told: (string | null)[] = []
    const stop = await store.database.listen(spaceProfilesChanged, payload => told.push(payload))
    assert.ok(await profiles().offer(space, profileOf(1, 100), sha256('a')))
    assert.ok(!await profiles().offer(space, profileOf(2, 99), sha256('b')))
    assert.deepEqual(await profiles().get(space), profileOf(1, 100))
    assert.ok(!await profiles().offer(space, profileOf(1, 100), sha256('a')), 'the same once more changes nothing')
    assert.ok(await profiles().offer(space, profileOf(3, 100), sha256('c')))
    assert.ok(await profiles().offer(space, profileOf(4, 500), sha256('d')))
    assert.deepEqual(await profiles().get(space), profileOf(4, 500))
    await eventually('three notifications', () => told.length, count => count >= 3)
    assert.deepEqual(told, Array(3).fill(JSON.stringify({ fingerprint: space })))
    await stop()
  })

  test('lengths, digest and space are checked by the database', async () => {
    const space = await registerSpace(store.database, 'checked')
    const refused = (sqlState: string) => (error: unknown) =>
      error instanceof StatementError && error.sqlState === sqlState
    const { mean, whitening, summary } = profileOf(1, 100)
    const short = { mean, whitening: { ...whitening, data: whitening.data.subarray(1) }, summary }
    await assert.rejects(profiles().offer(space, short, sha256('a')), refused('23514'))
    await assert.rejects(profiles().offer(space, profileOf(1, 100, 5), sha256('a')), refused('23503'))
    await assert.rejects(profiles().offer(sha256('nobody'), profileOf(1, 100), sha256('a')), refused('23503'))
    await profiles().offer(space, profileOf(1, 100), sha256('a'))
    await assert.rejects(
      store.database.query(
        "UPDATE space_profiles SET mean = '\\x00000000000000000000000000000000' WHERE fingerprint = $1",
        [space]
      ),
      refused('23514')
    )
  })

  test('damaged numbers are detected, not used', async () => {
    const space = await registerSpace(store.database, 'damaged')
    await profiles().offer(space, profileOf(1, 100), sha256('a'))
    await store.database.query('ALTER TABLE space_profiles DROP CONSTRAINT space_profiles_digest')
    await store.database.query(
      'UPDATE space_profiles SET mean = set_byte(mean, 5, (get_byte(mean, 5) + 1) % 256) WHERE fingerprint = $1',
      [space]
    )
    await assert.rejects(profiles().get(space), /damaged/)
  })
})
