import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { normaliseRows } from '../../../src/science/linear-algebra/normalise.js'
import {
  falsePositiveRate,
  searchGallery,
  thresholdAtFalsePositiveRate
} from '../../../src/science/scores/gallery-searches.js'
import { createEngineProducts } from '../../../src/engines/onnx/products.js'
import { gaussianTemplates } from '../../support/synthetic-pairs.js'

test('each search has the score of its own reference, and the best of all others', async () => {
  const [probes, references] = [normaliseRows(gaussianTemplates(40, 8, 1)), normaliseRows(gaussianTemplates(15, 8, 2))]
  const subject = Int32Array.from({ length: 40 }, (_, i) => i % 16 - 1)
  const products = createEngineProducts()
  const { mated, others } = await searchGallery(probes, references, subject, products)
  await products.release()
  for (let i = 0; i < 40; i++) {
    const scores = Array.from({ length: 15 }, (_, j) => {
      let sum = 0
      for (let k = 0; k < 8; k++) sum += probes.data[i * 8 + k]! * references.data[j * 8 + k]!
      return sum
    })
    const own = subject[i]!
    if (own < 0) assert.equal(mated[i], -Infinity)
    else assert.ok(Math.abs(mated[i]! - scores[own]!) < 1e-6)
    assert.ok(Math.abs(others[i]! - Math.max(...scores.filter((_, j) => j !== own))) < 1e-6)
  }
})

test('a threshold lets at most the rate pass, and the score below it too many', () => {
  // Few distinct scores, so that searches coincide; negative ones and zero among them.
  const score = fc.integer({ min: -20, max: 20 }).map(step => Math.fround(step / 20))
  const search = fc.record({ score, weight: fc.integer({ min: 1, max: 5 }) })
  const weighted = fc.array(search, { minLength: 1, maxLength: 80 })
  fc.assert(fc.property(weighted, fc.double({ min: 0, max: 1, noNaN: true }), (searches, fpir) => {
    const total = searches.reduce((sum, { weight }) => sum + weight, 0)
    const others = searches.map(search => search.score)
    const weights = searches.map(({ weight }) => weight / total)
    const threshold = thresholdAtFalsePositiveRate(others, weights, fpir)
    assert.ok(falsePositiveRate(others, weights, threshold) <= fpir + 1e-9)
    const below = Math.max(...others.filter(value => value < threshold))
    if (threshold === -Infinity) assert.ok(fpir > 1 - 1e-9)
    else assert.ok(falsePositiveRate(others, weights, below) > fpir - 1e-9)
  }))
})

test('probes without a subject each are refused', async () => {
  const rows = gaussianTemplates(3, 4, 1)
  await assert.rejects(searchGallery(rows, rows, new Int32Array(2), createEngineProducts()), /received 3 and 2/)
})
