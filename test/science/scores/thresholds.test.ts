import { isSupported } from '../../../src/science/scores/support.js'
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createRandom } from '../../../src/science/linear-algebra/random.js'
import { calibrate, lowestSupportedRate, thresholdAt, unsupported } from '../../../src/science/scores/calibration.js'
import {
  equalErrorRate,
  fractionAtOrAbove,
  HistogramBuilder,
  histogramOf,
  scoreResolution,
  thresholdsAt
} from '../../../src/science/scores/histogram.js'
import { gaussian } from '../../support/synthetic-pairs.js'

function normalScores (count: number, mean: number, deviation: number, seed: number): Float32Array {
  const random = createRandom(seed)
  return Float32Array.from({ length: count }, () => mean + deviation * gaussian(random))
}

const scores = normalScores(200_000, 0, 0.1, 1)
const atOrAbove = (threshold: number) => scores.reduce((count, score) => count + Number(score >= threshold), 0)

test('few scores, which are sorted, and many, which are counted, make the same histogram', () => {
  for (const count of [0, 1, 8191, 8192, 8193, 20_000]) {
    const builder = new HistogramBuilder()
    const some = scores.subarray(0, count)
    // With what is equal, what lies outside, and weights whose sum depends on their order.
    const weights = Array.from(some, (_, k) => 1 / (1 + k % 7))
    some.forEach((score, k) => builder.add(k % 5 === 0 ? 0.5 : score, weights[k]))
    builder.addRange(Float32Array.of(-1.5, 0.25, 1.5, 0.25), 0, 4)
    builder.add(0.25, -1)
    builder.add(0.25, -1)
    const expected = new Map<number, number>()
    const note = (score: number, weight: number) => {
      const bin = Math.min(2 ** 20 - 1, Math.max(0, Math.floor((score + 1) / scoreResolution)))
      expected.set(bin, (expected.get(bin) ?? 0) + weight)
    }
    some.forEach((score, k) => note(k % 5 === 0 ? 0.5 : score, weights[k]!))
    note(-1, 1)
    note(1, 1)
    const filled = [...expected].sort(([a], [b]) => a - b)
    const { bins, counts } = builder.finish()
    assert.deepEqual([...bins], filled.map(([bin]) => bin), `${count} scores`)
    assert.deepEqual([...counts], filled.map(([, weight]) => weight), `${count} scores`)
    assert.deepEqual(builder.finish(), histogramOf([]), 'and nothing is left for the next')
  }
})

test('a threshold lets at most the rate pass, and the next lower one would let too many', () => {
  const rates = [1e-1, 3.3e-2, 1e-2, 1e-3, 1e-4, 1.5e-5]
  thresholdsAt(histogramOf(scores), rates).forEach((threshold, i) => {
    const allowed = Math.floor(rates[i]! * scores.length)
    assert.ok(atOrAbove(threshold) <= allowed)
    assert.ok(atOrAbove(threshold - scoreResolution) > allowed)
  })
})

test('thresholds are the quantiles of the distribution', () => {
  // Standard normal quantiles of 1 - rate; standard error of the estimate sqrt(rate (1 - rate) / n) / density.
  const [tenth, hundredth, thousandth] = thresholdsAt(histogramOf(scores), [1e-1, 1e-2, 1e-3])
  assert.ok(Math.abs(tenth! - 0.128155) < 0.0015)
  assert.ok(Math.abs(hundredth! - 0.232635) < 0.003)
  assert.ok(Math.abs(thousandth! - 0.309023) < 0.007)
})

test('the order in which rates are asked for has no effect', () => {
  const histogram = histogramOf(scores)
  const [low, high] = thresholdsAt(histogram, [1e-3, 1e-1])
  assert.deepEqual(thresholdsAt(histogram, [1e-1, 1e-3]), [high, low])
})

test('scores that coincide are never split', () => {
  const histogram = histogramOf([...new Array<number>(10).fill(0.5), ...new Array<number>(90).fill(0)])
  const [above, below] = thresholdsAt(histogram, [0.05, 0.1])
  assert.ok(above! > 0.5 && below! <= 0.5 && below! > 0)
  const [unreachable] = thresholdsAt(histogramOf([1, 1, 1, 1]), [0.5])
  assert.ok(unreachable! > 1)
})

test('a rate times the comparisons that is a whole number is not rounded down', () => {
  const histogram = histogramOf(Array.from({ length: 3000 }, (_, i) => i / 3000))
  assert.ok(Math.abs(fractionAtOrAbove(histogram, thresholdsAt(histogram, [0.001])[0]!) - 0.001) < 1e-12)
})

test('a calibration holds on its own comparisons at any rate, also between grid points', () => {
  const calibration = calibrate(histogramOf(scores), 0, 10)
  assert.equal(calibration.nonMatedComparisons, scores.length)
  assert.deepEqual([calibration.grid[0]!.fmr, calibration.grid.at(-1)!.fmr], [0.1, 3 / scores.length])
  for (const decade of [1e-1, 1e-2, 1e-3, 1e-4]) assert.ok(calibration.grid.some(({ fmr }) => fmr === decade))
  for (let k = 1; k < calibration.grid.length; k++) {
    assert.ok(calibration.grid[k]!.fmr < calibration.grid[k - 1]!.fmr)
    assert.ok(calibration.grid[k]!.threshold >= calibration.grid[k - 1]!.threshold)
  }
  for (let rate = 1; rate >= 3 / scores.length; rate *= 0.83) {
    assert.ok(atOrAbove(thresholdAt(calibration, rate).threshold!) <= rate * scores.length)
  }
})

test('the grid ends at one in a million, however many the comparisons', () => {
  const histogram = histogramOf([0, 0.5])
  assert.equal(calibrate({ ...histogram, total: 1e9 }, 0, 2).grid.at(-1)?.fmr, 1e-6)
  assert.equal(calibrate({ ...histogram, total: 1e9 }, 0, 2).grid.length, 101)
})

test('what the comparisons cannot tell is unsupported', () => {
  assert.ok(isSupported(1e-3, 3000) && !isSupported(1e-3, 2999))
  const calibration = calibrate(histogramOf(scores), 0, 10)
  assert.deepEqual(thresholdAt(calibration, 1e-6 - 1e-9), unsupported)
  const empty = calibrate(histogramOf([]), 0, 0)
  assert.deepEqual([thresholdAt(empty, 0.1).support, lowestSupportedRate(empty)], ['unsupported', null])
  for (const rate of [0, -1, 1.5, NaN]) assert.throws(() => thresholdAt(calibration, rate), RangeError)
})

test('the equal error rate of two normals of one spread is where they cross', () => {
  // Means 0 and 0.4, deviation 0.1: both errors are Phi(-2) = 0.02275 at 0.2.
  const rate = equalErrorRate(histogramOf(scores), histogramOf(normalScores(200_000, 0.4, 0.1, 2)))
  assert.ok(Math.abs(rate! - 0.02275) < 0.001)
  assert.equal(equalErrorRate(histogramOf([0.1]), histogramOf([0.9])), 0)
  assert.equal(equalErrorRate(histogramOf([0.1]), histogramOf([])), null)
})

test('one decade below what is measured is extrapolated and marked, further is unsupported', () => {
  const calibration = calibrate(histogramOf(scores), 2, 10, histogramOf([0.5, 0.6]))
  const lowest = 3 / scores.length
  const measured = thresholdAt(calibration, lowest)
  assert.equal(measured.support, 'measured')
  const { threshold, support } = thresholdAt(calibration, lowest / 9)
  assert.equal(support, 'extrapolated')
  assert.ok(threshold! > measured.threshold! && threshold! < 0.8)
  assert.equal(thresholdAt(calibration, lowestSupportedRate(calibration)!).support, 'extrapolated')
  assert.equal(thresholdAt(calibration, lowest / 11).support, 'unsupported')
  const { tail, ...untailed } = calibration
  assert.ok(tail !== undefined)
  assert.equal(thresholdAt(untailed, lowest / 9).support, 'unsupported')
  assert.equal(lowestSupportedRate(untailed), lowest)
})
