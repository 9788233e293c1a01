import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createRandom } from '../../../src/science/linear-algebra/random.js'
import {
  coarsen,
  disclosedScore,
  highestHiddenRate,
  openSetRateFor,
  rateFor,
  scoreStep
} from '../../../src/science/scores/disclosure.js'

test('a coarse score says no more than its step and its decision, and never another decision', () => {
  const random = createRandom(3)
  for (let i = 0; i < 20_000; i++) {
    const [score, threshold] = [random.next() * 2 - 1, random.next() * 2 - 1]
    const told = disclosedScore('coarse', score, threshold)
    assert.equal(told !== null, score >= threshold)
    if (told === null) continue
    assert.ok(
      told >= threshold && told <= score + 1e-9 &&
        score < Math.max(told, Math.ceil((told + 1e-9) / scoreStep) * scoreStep) + scoreStep,
      `${score} ${threshold} ${told}`
    )
    const steps = told / scoreStep
    assert.ok(told === threshold || Math.abs(steps - Math.round(steps)) < 1e-9, `${told}`)
  }
  // Two scores of one step are told as one number.
  assert.equal(disclosedScore('coarse', 0.5001, 0.3), disclosedScore('coarse', 0.5499, 0.3))
  assert.equal(disclosedScore('coarse', 0.15, 0.1), 0.15)
})

test('many coarse scores are those of one after the other, to single precision and no lower', () => {
  const random = createRandom(5)
  for (const threshold of [-0.7, -0.05, 0, 0.1, 0.523456789, 0.95, null]) {
    const scores = Float32Array.from({ length: 5000 }, () => random.next() * 2 - 1)
    const told = Float32Array.from(scores)
    coarsen(told, threshold)
    scores.forEach((score, k) => {
      const expected = disclosedScore('coarse', score, threshold)
      if (expected === null) return assert.ok(Number.isNaN(told[k]), `${score} ${threshold}`)
      assert.ok(told[k]! >= expected && told[k]! - expected < 1e-7, `${told[k]} of ${expected}`)
    })
    assert.equal(told.some(score => !Number.isNaN(score)), threshold !== null)
  }
})

test('without a threshold, and of decisions only, there is no score', () => {
  assert.equal(disclosedScore('exact', 0.123456, null), 0.123456)
  for (const score of [-1, 0, 0.9]) {
    assert.equal(disclosedScore('coarse', score, null), null)
    assert.equal(disclosedScore('none', score, 0.1), null)
  }
})

test('rates are bounded where scores are not told, for searches by the number of references', () => {
  assert.deepEqual([rateFor('exact', 0.1), rateFor('coarse', 0.1), rateFor('none', 1e-6)], [
    0.1,
    highestHiddenRate,
    1e-6
  ])
  assert.deepEqual([
    openSetRateFor('exact', 0.5, 1),
    openSetRateFor('none', 0.5, 1),
    openSetRateFor('none', 0.01, 1000),
    openSetRateFor('coarse', 0.5, 0)
  ], [0.5, 1e-3, 0.01, 0.5])
})
