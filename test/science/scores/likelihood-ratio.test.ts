import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createRandom } from '../../../src/science/linear-algebra/random.js'
import { histogramOf } from '../../../src/science/scores/histogram.js'
import { calibrateLikelihoodRatio } from '../../../src/science/scores/likelihood-ratio.js'
import { fitUpperTail, thresholdOfTail } from '../../../src/science/scores/tail.js'
import { gaussian } from '../../support/synthetic-pairs.js'

function draw (count: number, seed: number, of: (random: ReturnType<typeof createRandom>) => number): Float64Array {
  const random = createRandom(seed)
  return Float64Array.from({ length: count }, () => of(random))
}
const normal = (count: number, mean: number, seed: number) => draw(count, seed, random => mean + 0.1 * gaussian(random))

test('two normals of one spread have the log-likelihood ratio that theory gives, whatever their numbers', () => {
  // log N(s; 0.3, 0.1) / N(s; 0, 0.1) = 30 s - 4.5
  for (const mated of [5_000, 200_000]) {
    const { slope, offset, cllr, minCllr } = calibrateLikelihoodRatio(
      histogramOf(normal(200_000, 0, 1)),
      histogramOf(normal(mated, 0.3, 2))
    )!
    assert.ok(Math.abs(slope - 30) < 1.5, `slope ${slope}`)
    assert.ok(Math.abs(offset + 4.5) < 0.3, `offset ${offset}`)
    assert.ok(minCllr <= cllr && cllr - minCllr < 0.01 && cllr < 0.3)
  }
})

test('scores that say nothing cost one bit, scores that separate cost nothing', () => {
  const same = calibrateLikelihoodRatio(histogramOf(normal(20_000, 0, 3)), histogramOf(normal(20_000, 0.001, 4)))
  assert.ok(same === undefined || Math.abs(same.cllr - 1) < 0.01)
  const apart = calibrateLikelihoodRatio(histogramOf([-0.5, -0.4, -0.3]), histogramOf([0.3, 0.5]))!
  assert.ok(Number.isFinite(apart.slope) && apart.cllr < 0.01 && apart.minCllr === 0)
  assert.equal(calibrateLikelihoodRatio(histogramOf([]), histogramOf([0.3])), undefined)
  assert.equal(calibrateLikelihoodRatio(histogramOf([0.5, 0.6]), histogramOf([0.1, 0.2])), undefined)
})

test('the tail of an exponential is found, and gives rates ten times below what was fitted', () => {
  const tail = fitUpperTail(histogramOf(draw(1_000_000, 5, random => -0.5 - 0.05 * Math.log(1 - random.next()))))!
  assert.ok(Math.abs(tail.shape) < 0.1 && Math.abs(tail.scale - 0.05) < 0.006, JSON.stringify(tail))
  for (const rate of [1e-4, 1e-5, 1e-6]) {
    assert.ok(Math.abs(thresholdOfTail(tail, rate) - (-0.5 - 0.05 * Math.log(rate))) < 0.07)
  }
})

test('a bounded tail is taken for an exponential one, which errs to the safe side', () => {
  const tail = fitUpperTail(histogramOf(draw(500_000, 6, random => random.next() ** 2 - 0.5)))!
  assert.equal(tail.shape, 0)
  assert.ok(thresholdOfTail(tail, 1e-6) > 0.49)
  assert.equal(fitUpperTail(histogramOf([0.1, 0.2])), undefined)
  assert.throws(() => thresholdOfTail(tail, 0.5), RangeError)
})
