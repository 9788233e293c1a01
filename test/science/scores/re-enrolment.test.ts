import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { gainOverChance, reEnrolmentCurve } from '../../../src/science/scores/re-enrolment.js'

const share = fc.double({ min: 0, max: 1, noNaN: true })
const galleries = fc.array(
  fc.record({
    uncertainty: share,
    translated: share,
    native: share,
    weight: fc.double({ min: 0.1, max: 1, noNaN: true })
  }),
  { minLength: 1, maxLength: 60 }
)
  .map(
    rows => ({
      uncertainty: rows.map(row => row.uncertainty),
      translated: rows.map(row => row.translated),
      native: rows.map(row => row.native),
      weights: rows.map(row => row.weight)
    })
  )

test('the curve begins with the translated gallery, ends with the native one, and no order does better than the best', () => {
  fc.assert(fc.property(galleries, share, (gallery, fraction) => {
    const { translated, native, points: [none, some, all] } = reEnrolmentCurve(gallery, [0, fraction, 1])
    for (const value of [none!.ranked, none!.random, none!.best]) assert.ok(Math.abs(value - translated) < 1e-12)
    for (const value of [all!.ranked, all!.random, all!.best]) assert.ok(Math.abs(value - native) < 1e-9)
    assert.ok(some!.ranked <= some!.best + 1e-12 && some!.random <= some!.best + 1e-12)
  }))
})

test('it says what searches of the gallery with some templates replaced would', () => {
  const gallery = { uncertainty: [0.1, 0.9, 0.5, 0.3], translated: [1, 0, 0.5, 1], native: [1, 1, 1, 0] }
  const { translated, native, points: [quarter, half] } = reEnrolmentCurve(gallery, [0.25, 0.5])
  assert.deepEqual([translated, native], [0.625, 0.75])
  assert.deepEqual([quarter!.ranked, half!.ranked], [0.875, 1])
  assert.deepEqual([quarter!.random, half!.random], [0.65625, 0.6875])
  assert.deepEqual([quarter!.best, half!.best], [0.875, 1])
})

test('an order by chance gains on average what is said of chance', () => {
  const n = 400
  const gallery = {
    translated: Array.from({ length: n }, (_, i) => i % 3 === 0 ? 0.2 : 0.9),
    native: new Array<number>(n).fill(0.95)
  }
  let sum = 0
  for (let trial = 0; trial < 200; trial++) {
    const uncertainty = Array.from({ length: n }, (_, i) => Math.sin(trial * 7919 + i * 104_729) * 43_758.5453 % 1)
    sum += reEnrolmentCurve({ ...gallery, uncertainty }, [0.1]).points[0]!.ranked / 200
  }
  assert.ok(
    Math.abs(sum - reEnrolmentCurve({ ...gallery, uncertainty: gallery.native }, [0.1]).points[0]!.random) < 0.003
  )
})

test('the gain over chance is 1 / share of those who lost, when the ranking finds them, and unknown where nothing was lost', () => {
  const curve = reEnrolmentCurve(
    { uncertainty: [3, 2, 1, 0, 0], translated: [0, 1, 1, 1, 1], native: [1, 1, 1, 1, 1] },
    [0.2, 0.4]
  )
  assert.ok(Math.abs(gainOverChance(curve, curve.points[0]!)! - 5) < 1e-9)
  assert.ok(Math.abs(gainOverChance(curve, curve.points[1]!)! - 2.5) < 1e-9)
  const same = reEnrolmentCurve({ uncertainty: [1, 2], translated: [1, 0], native: [1, 0] }, [0.5])
  assert.equal(gainOverChance(same, same.points[0]!), null)
})

test('a subject with several templates counts by their weights', () => {
  const once = reEnrolmentCurve({ uncertainty: [2, 1], translated: [0, 1], native: [1, 1] }, [0.5])
  const divided = reEnrolmentCurve(
    { uncertainty: [2, 2, 1], translated: [0, 0, 1], native: [1, 1, 1], weights: [0.5, 0.5, 1] },
    [0.5]
  )
  assert.deepEqual(divided, once)
})

test('arrays that do not fit, and fractions that are none, are refused', () => {
  assert.throws(() => reEnrolmentCurve({ uncertainty: [], translated: [], native: [] }, []), /received 0, 0, 0, 0/)
  assert.throws(
    () => reEnrolmentCurve({ uncertainty: [1], translated: [1, 2], native: [1] }, []),
    /received 1, 2, 1, 1/
  )
  assert.throws(
    () => reEnrolmentCurve({ uncertainty: [1], translated: [1], native: [1] }, [1.5]),
    /fraction in \[0, 1\]/
  )
})
