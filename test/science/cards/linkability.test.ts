import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { linkability } from '../../../src/science/cards/linkability.js'

const bins = 2000
/** Of a normal distribution with variance 1, over [-10, 10]. */
const normal = (mean: number) =>
  Array.from(
    { length: bins },
    (_, k) => Math.exp(-((20 * (k + 0.5) / bins - 10 - mean) ** 2) / 2) / Math.sqrt(2 * Math.PI) * 20 / bins
  )

describe('linkability', () => {
  test('is 0 when scores tell nothing, 1 when they tell all, and unknown without mated comparisons', () => {
    assert.equal(linkability({ mated: [0.2, 0.3, 0.5], nonMated: [0.2, 0.3, 0.5] }), 0)
    assert.equal(linkability({ mated: [0, 0, 0.4, 0.6], nonMated: [0.5, 0.5, 0, 0] }), 1)
    assert.equal(linkability({ mated: [0, 0], nonMated: [0.5, 0.5] }), null)
  })

  test('does not count scores below the non-mated ones: they tell that two are not the same, which links nobody', () => {
    assert.equal(linkability({ mated: [0.5, 0.5], nonMated: [0.75, 0.25] }), 0.5 * (2 * 0.5 / 0.75 - 1))
  })

  // Two normal distributions at a distance d with w = 1: D(s) = tanh(LLR / 2) above their middle, LLR = d (s - d / 2).
  for (const d of [0.5, 1, 2, 4]) {
    test(`of normal distributions at a distance of ${d} is the integral of tanh(LLR / 2)`, () => {
      let expected = 0
      for (let s = d / 2; s < d + 12; s += 1e-4) {
        expected += 1e-4 * Math.tanh(d * (s - d / 2) / 2) * Math.exp(-((s - d) ** 2) / 2) / Math.sqrt(2 * Math.PI)
      }
      assert.ok(Math.abs(linkability({ mated: normal(d), nonMated: normal(0) })! - expected) < 1e-3)
    })
  }

  test('grows with the distance and with how likely mated pairs are', () => {
    const at = (d: number, prior = 1) => linkability({ mated: normal(d), nonMated: normal(0) }, prior)!
    assert.ok(at(0.5) < at(1) && at(1) < at(2) && at(2) < at(4) && at(4) < 1)
    assert.ok(at(2, 0.1) < at(2) && at(2) < at(2, 10))
  })
})
