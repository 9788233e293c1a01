import assert from 'node:assert/strict'
import { test } from 'node:test'
import { affineMapOf, estimate, type Estimator } from '../../../src/science/alignment/candidates.js'
import { prepare, translate } from '../../../src/science/alignment/apply.js'
import { dual } from '../../../src/science/alignment/dual.js'
import {
  gatherMutualStatistics,
  gatherStatistics,
  centre,
  meanOfRows,
  mutualMoments
} from '../../../src/science/alignment/statistics.js'
import { shared } from '../../../src/science/linear-algebra/canonical-correlation.js'
import type { TemplateMatrix } from '../../../src/science/linear-algebra/matrix.js'
import { normaliseRows } from '../../../src/science/linear-algebra/normalise.js'
import { referenceProducts as products } from '../../../src/science/linear-algebra/reference-products.js'
import { dot } from '../../../src/science/linear-algebra/sums.js'
import { syntheticPairs } from '../../support/synthetic-pairs.js'

const shrinkage = { source: 0.1, target: 0.3 }
const centred: Estimator = { method: 'dual', lambda: null, shrinkage, spread: 'centred' }

/** Pairs of 14 and 10 dimensions; the target's templates have a mean of some length. */
async function anisotropic () {
  const { source, target } = syntheticPairs({ identities: 40, imagesEach: 3, dSource: 14, dTarget: 10 })
  const shifted = { ...target, data: target.data.map((value, k) => value + (k % 10 < 3 ? 8 : 0)) }
  const [a, b] = [normaliseRows(source), normaliseRows(shifted)]
  const rows = Array.from({ length: a.rows }, (_, row) => row)
  const origins = { source: meanOfRows(a, rows), target: meanOfRows(b, rows) }
  const statistics = await gatherMutualStatistics(a, b, rows, origins, products)
  const alone = await gatherStatistics(a, b, rows, origins, products)
  return { a, b, statistics, alone, moments: centre(statistics) }
}

const row = ({ cols, data }: TemplateMatrix, i: number) => data.subarray(i * cols, (i + 1) * cols)

test('inner products with native templates are the bilinear form of the shared space, but for lengths', async () => {
  const { a, b, statistics, moments } = await anisotropic()
  const { forward, backward } = mutualMoments(statistics)
  const { source: Ma, target: Mb } = await shared(
    { source: forward.gram, target: backward.gram, cross: forward.cross },
    shrinkage,
    products
  )
  const W = await dual(moments, shrinkage, products)
  // (x - meanSource) Ma Mbt (I - u ut) (y - meanTarget)t, by hand.
  const u = moments.meanTarget.map(value => value / Math.sqrt(dot(moments.meanTarget, moments.meanTarget)))
  const form = (i: number, j: number) => {
    const x = row(a, i).reduce<number[]>((all, value, k) => [...all, value - moments.meanSource[k]!], [])
    const y = row(b, j).reduce<number[]>((all, value, k) => [...all, value - moments.meanTarget[k]!], [])
    const along = dot(y, u)
    const across = y.map((value, k) => value - along * u[k]!)
    let sum = 0
    for (let k = 0; k < Ma.cols; k++) {
      sum += x.reduce((s, value, r) => s + value * Ma.data[r * Ma.cols + k]!, 0) *
        across.reduce((s, value, r) => s + value * Mb.data[r * Mb.cols + k]!, 0)
    }
    return sum
  }
  const translated = await translate(prepare(affineMapOf(centred, moments, W)), a, products)
  for (let i = 0; i < 6; i++) {
    const scores = Array.from({ length: 8 }, (_, j) => dot(row(translated, i), row(b, j)))
    const expected = Array.from({ length: 8 }, (_, j) => form(i, j))
    const factor = scores[0]! / expected[0]! // the length of the translation: one for a probe
    assert.ok(factor > 0)
    scores.forEach((score, j) => assert.ok(Math.abs(score - factor * expected[j]!) < 1e-5, `${i}, ${j}`))
  }
})

test('translated templates are orthogonal to the mean that all native ones share', async () => {
  const { a, moments } = await anisotropic()
  assert.ok(dot(moments.meanTarget, moments.meanTarget) > 0.3)
  const weights = await estimate(centred, moments, products)
  const translated = await translate(prepare(affineMapOf(centred, moments, weights!)), a, products)
  for (let i = 0; i < a.rows; i++) assert.ok(Math.abs(dot(row(translated, i), moments.meanTarget)) < 1e-6)
  // As it is restored, the mean is in it.
  const restored = await translate(
    prepare(affineMapOf({ ...centred, spread: 'restored' }, moments, weights!)),
    a,
    products
  )
  assert.ok(dot(row(restored, 0), moments.meanTarget) > 0.1)
})

test('moments without the Gram matrix of the target are refused', async () => {
  const { alone } = await anisotropic()
  await assert.rejects(dual(centre(alone), shrinkage, products), /expected moments with the Gram matrix of the target/)
})
