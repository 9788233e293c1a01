import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Random } from '../../../src/science/linear-algebra/random.js'
import { createRandom } from '../../../src/science/linear-algebra/random.js'
import { dot } from '../../../src/science/linear-algebra/sums.js'
import { fuseRows, fusionWeights, sampleComparisons, type FusionSample } from '../../../src/science/scores/fusion.js'
import { gaussian, gaussianTemplates } from '../../support/synthetic-pairs.js'

/** Scores of either kind; the two kinds are `means[p]` apart in part p. */
function sampleOf (
  means: readonly number[],
  deviations: readonly number[],
  random: Random,
  copies = 4000
): FusionSample {
  const rows = Array.from(
    { length: copies },
    (_, k) => means.map((mean, p) => (k % 2 === 0 ? mean : 0) + deviations[p]! * gaussian(random))
  )
  return {
    parts: means.length,
    scores: Float32Array.from(rows.flat()),
    mated: Float64Array.from(rows, (_, k) => k % 2 === 0 ? 1 : 0)
  }
}

describe('the weights of parts', () => {
  test('are those of the log-likelihood ratio, mean over variance, where the parts are independent and normal', () => {
    const weights = fusionWeights([sampleOf([0.2, 0.4], [0.1, 0.2], createRandom(1), 40_000)], [0, 1])
    // 0.2 / 0.01 = 20 and 0.4 / 0.04 = 10
    assert.ok(Math.abs(weights[0]! - 2 / 3) < 0.05, `${weights}`)
    assert.ok(Math.abs(weights[0]! + weights[1]! - 1) < 1e-12)
  })

  test('are those of the named parts, in their order', () => {
    const samples = [sampleOf([0.2, 0.4, 0.1], [0.1, 0.2, 0.3], createRandom(2))]
    const [a, b] = [fusionWeights(samples, [0, 2]), fusionWeights(samples, [2, 0])]
    assert.ok(a[0]! > 0.8)
    assert.ok(Math.abs(a[0]! - b[1]!) < 1e-6)
  })

  test('are never negative: a part that falls as mates score higher is left out', () => {
    assert.deepEqual(fusionWeights([sampleOf([0.5, -0.5], [0.1, 0.1], createRandom(3))], [0, 1]), [1, 0])
  })

  test('are equal where nothing tells the kinds apart, or one is missing', () => {
    assert.deepEqual(fusionWeights([sampleOf([-1, -1], [0.1, 0.1], createRandom(4))], [0, 1]), [0.5, 0.5])
    const mated = { ...sampleOf([1, 1], [0.1, 0.1], createRandom(5)), mated: new Float64Array(4000).fill(1) }
    assert.deepEqual(fusionWeights([mated], [0, 1]), [0.5, 0.5])
    const constant = { parts: 2, scores: new Float32Array(8).fill(0.5), mated: Float64Array.from([1, 0, 1, 0]) }
    assert.deepEqual(fusionWeights([constant], [0, 1]), [0.5, 0.5])
  })

  test('are finite where the kinds are separated', () => {
    const weights = fusionWeights([sampleOf([10, 10], [0.01, 0.01], createRandom(6))], [0, 1])
    assert.ok(weights.every(weight => weight > 0.3 && weight < 0.7), `${weights}`)
  })
})

test('people weigh the same in a sample, images are not compared with themselves, and sides can be exchanged', () => {
  const identity = Int32Array.from([0, 0, 0, 1, 1, 2])
  const n = identity.length
  const scores = Float32Array.from({ length: n * n }, (_, k) => k)
  const sample = sampleComparisons(
    [{ scores, transposed: false }, { scores, transposed: true }],
    identity,
    createRandom(1)
  )
  const weights = new Map<number, number>()
  for (const [k, weight] of sample.mated.entries()) {
    const place = sample.scores[2 * k]!
    const [i, j] = [Math.floor(place / n), place % n]
    assert.notEqual(i, j)
    assert.equal(sample.scores[2 * k + 1], j * n + i)
    assert.equal(weight > 0, identity[i] === identity[j])
    if (weight > 0) weights.set(identity[i]!, (weights.get(identity[i]!) ?? 0) + weight)
  }
  assert.deepEqual([...weights.keys()], [0, 1])
  for (const total of weights.values()) assert.ok(Math.abs(total - 1) < 1e-12)
})

test('products of fused rows are weighted sums of the products of the parts', () => {
  const [a, b] = [gaussianTemplates(3, 4, 1), gaussianTemplates(3, 6, 2)]
  const [c, d] = [gaussianTemplates(3, 4, 3), gaussianTemplates(3, 6, 4)]
  const fuse = (first: typeof a, second: typeof b) =>
    fuseRows([{ vectors: first, weight: 0.3 }, { vectors: second, weight: 0.7 }])
  const [probes, references] = [fuse(a, b), fuse(c, d)]
  const row = ({ cols, data }: typeof a, k: number) => data.subarray(k * cols, (k + 1) * cols)
  for (let i = 0; i < 3; i++) {
    for (let j = 0; j < 3; j++) {
      const expected = 0.3 * dot(row(a, i), row(c, j)) + 0.7 * dot(row(b, i), row(d, j))
      assert.ok(Math.abs(dot(row(probes, i), row(references, j)) - expected) < 1e-5)
    }
  }
  assert.equal(fuseRows([{ vectors: a, weight: 0 }, { vectors: b, weight: 1 }]).cols, 6)
})
