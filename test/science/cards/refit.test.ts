import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { LearningCurve } from '../../../src/science/cards/learning-curve.js'
import { refitAdvice } from '../../../src/science/cards/refit.js'

const curve = (...tmrs: number[]): LearningCurve => ({
  fmr: 1e-3,
  heldOutPairs: 100,
  points: tmrs.map((tmr, k) => (
    { identities: 100 * 2 ** k, pairs: 100 * 2 ** k, tmr, interval: null, fidelity: null, reason: null }
  )),
  pairsFor: { share95: null, share99: null }
})

test('a refit is suggested where the curve still rises, and not where it is flat', () => {
  const rising = refitAdvice(curve(0.5, 0.6, 0.68), 400, 800)
  assert.equal(rising.suggested, true)
  // 0.08 gained last, four fifths of the 0.10 before: 0.064 with one more doubling.
  assert.ok(Math.abs(rising.expectedGain! - 0.064) < 1e-9, String(rising.expectedGain))
  assert.equal(refitAdvice(curve(0.9, 0.911, 0.912), 400, 800).suggested, false)
  assert.equal(refitAdvice(curve(0.9, 0.92, 0.91), 400, 800).suggested, false)
})

test('more people are expected to gain more, and never more than what is missing', () => {
  const gains = [500, 800, 1600, 3200].map(now => refitAdvice(curve(0.5, 0.6, 0.68), 400, now).expectedGain!)
  assert.deepEqual([...gains].sort((a, b) => a - b), gains)
  assert.ok(refitAdvice(curve(0.7, 0.8, 0.97), 400, 1e9).expectedGain! <= 0.03 + 1e-9)
})

test('a few more people are no reason, and without a curve twice as many are', () => {
  assert.match(refitAdvice(curve(0.5, 0.6, 0.68), 400, 450).reason, /fewer than 500/)
  assert.equal(refitAdvice(curve(0.5, 0.6, 0.68), 400, 450).suggested, false)
  assert.deepEqual([refitAdvice(undefined, 400, 800).suggested, refitAdvice(undefined, 400, 800).expectedGain], [
    true,
    null
  ])
})
