import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { createEngineProducts } from '../../../src/engines/onnx/products.js'
import type { CalibratedBy, KnownSpace } from '../../../src/features/catalogue/index.js'
import { createScoreDrift } from '../../../src/features/verifications/score-drift.js'
import type { ScoreDistribution } from '../../../src/science/scores/score-distribution.js'
import { changes, driftStudy, unchanged } from '../../support/drift-streams.js'
import { templatesMissing } from '../../support/shared-templates.js'

const products = createEngineProducts({ threads: 1 })
after(() => products.release())

const space = (model: string): KnownSpace => ({ model, fingerprint: model.repeat(64), dimension: 4, canEmbed: false })
const [a, b] = [space('a'), space('b')]

function calibratedBy (scores: ScoreDistribution, identities = 1000, map = 'map'): CalibratedBy {
  return {
    map: { id: map } as CalibratedBy['map'],
    calibration: undefined,
    comparisons: { nonMatedComparisons: 1e6, matedComparisons: 1000, identities, grid: [] },
    metrics: { operatingPoints: [], scores }
  }
}

/** Sixty bins from -1 to 1: non-mated scores fall evenly into the first 40, mated ones into the last 20. */
const even: ScoreDistribution = {
  from: -1,
  binWidth: 1 / 30,
  nonMated: Array.from({ length: 60 }, (_, k) => k < 40 ? 1 / 40 : 0),
  mated: Array.from({ length: 60 }, (_, k) => k < 40 ? 0 : 1 / 20)
}

/** A service that verifies ten times a minute. @returns the number of the verification that alarmed, from 1; or 0 */
function watch (distribution: ScoreDistribution) {
  let now = 0
  let alarms = 0
  const calibration = calibratedBy(distribution)
  const drift = createScoreDrift(() => alarms++, () => now)
  return (scores: Iterable<number>): number => {
    let count = 0
    for (const score of scores) {
      now += 6000
      count++
      drift.compared(a, b, calibration, score)
      if (alarms > 0) return count
    }
    return 0
  }
}

test('an alarm names the pair, comes once an hour, and leaves other pairs alone', () => {
  const alarms: object[] = []
  let now = 0
  const drift = createScoreDrift(pair => alarms.push(pair), () => now)
  const calibration = calibratedBy(even)
  drift.compared(b, a, calibration, 0)
  for (let k = 0; k < 1000; k++) {
    now += 1000
    drift.compared(a, b, calibration, -0.99 + k * 1e-6)
  }
  assert.deepEqual(alarms, [{ probe: 'a', reference: 'b' }])
  const evidence = new Map(drift.evidence().map(({ subject, evidence }) => [subject.probe, evidence]))
  assert.equal(evidence.get('a'), 1)
  assert.ok(evidence.get('b')! < 0.05)
})

test('the same two templates count once, and another map begins anew', () => {
  let now = 0
  const drift = createScoreDrift(() => assert.fail('an alarm'), () => now)
  for (let k = 0; k < 1000; k++) {
    now += 1000
    drift.compared(a, b, calibratedBy(even), -0.99)
  }
  for (let k = 0; k < 4; k++) drift.compared(a, b, calibratedBy(even), -0.9 + k * 1e-6)
  const [before] = drift.evidence()
  drift.compared(a, b, calibratedBy(even, 1000, 'another map'), -0.8)
  assert.ok(drift.evidence()[0]!.evidence < before!.evidence / 10)
})

test('nothing is watched that has no calibration, or one of too few people or comparisons', () => {
  const drift = createScoreDrift(() => assert.fail('an alarm'))
  drift.compared(a, b, undefined, 0)
  drift.compared(a, b, calibratedBy(even, 99), 0.1)
  drift.compared(a, b, calibratedBy({ ...even, nonMated: even.nonMated.map((_, k) => k === 3 ? 1 : 0) }), 0.2)
  assert.deepEqual(drift.evidence(), [])
})

test('a replaced model is found within 200 verifications', { skip: templatesMissing }, async t => {
  const study = await driftStudy('r512', 'r512', products)
  const own = await study.verifications(unchanged)
  for (const name of ['another model of the dimension', 'its outputs in another order'] as const) {
    const changed = await study.verifications(changes[name]!)
    for (const matedShare of [0, 0.5, 0.9]) {
      const found = [1, 2, 3, 4, 5, 6, 7].map(seed => {
        const verify = watch(study.distribution)
        verify(own(matedShare, 5000, 100 + seed))
        return verify(changed(matedShare, 5000, seed)) || Infinity
      }).sort((x, y) => x - y)
      t.diagnostic(`${name}, ${matedShare} mated: found after ${found[3]} verifications (of 7; ${found.join(', ')})`)
      assert.ok(found[3]! <= 200, `${name}, ${matedShare} mated: ${found.join(', ')}`)
    }
  }
})

for (const [probe, reference] of [['r512', 'r512'], ['r512', 'mfv2-256'], ['mbf128', 'mbf128']] as const) {
  test(`people of another data set raise no alarm: ${probe} against ${reference}`, {
    skip: templatesMissing
  }, async () => {
    const study = await driftStudy(probe, reference, products)
    const own = await study.verifications(unchanged)
    for (const matedShare of [0, 0.5, 0.9]) {
      assert.equal(watch(study.distribution)(own(matedShare, 20_000, 5)), 0, `${matedShare} mated`)
    }
  })
}
