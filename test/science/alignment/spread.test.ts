import assert from 'node:assert/strict'
import test from 'node:test'
import { estimate, restored, type Estimator } from '../../../src/science/alignment/candidates.js'
import type { Matrix } from '../../../src/science/linear-algebra/matrix.js'
import { normaliseRows } from '../../../src/science/linear-algebra/normalise.js'
import { referenceProducts } from '../../../src/science/linear-algebra/reference-products.js'
import type { TrainingPairs } from '../../../src/science/alignment/folds.js'
import { trainingMoments } from '../../../src/science/alignment/selection.js'
import { indexIdentities } from '../../../src/science/linear-algebra/identities.js'
import { syntheticPairs } from '../../support/synthetic-pairs.js'

const estimators: Estimator[] = [
  { method: 'procrustes', lambda: null },
  { method: 'linear', lambda: null },
  { method: 'ridge', lambda: 0.5 },
  { method: 'low-rank-ridge', lambda: 0.1, rank: 4 }
]

function training (dSource: number, dTarget: number): TrainingPairs {
  const pairs = syntheticPairs({ identities: 40, imagesEach: 3, dSource, dTarget, spread: 0.6 })
  return {
    source: normaliseRows(pairs.source),
    target: normaliseRows(pairs.target),
    identities: indexIdentities(pairs.identities, pairs.samples),
    rows: pairs.samples.map((_, row) => row)
  }
}

/** Total variance of the rows about their mean, in plain loops. */
function varianceOf ({ rows, cols, data }: Matrix<Float32Array | Float64Array>): number {
  let total = 0
  for (let j = 0; j < cols; j++) {
    const column = Array.from({ length: rows }, (_, i) => data[i * cols + j]!)
    const mean = column.reduce((sum, value) => sum + value, 0) / rows
    total += column.reduce((sum, value) => sum + (value - mean) ** 2, 0)
  }
  return total
}

for (const [dSource, dTarget] of [[12, 12], [20, 8], [8, 20]] as const) {
  for (const estimator of estimators) {
    test(`${estimator.method}, ${dSource} to ${dTarget}: training templates are given the total variance of the target's own, in the same directions`, async () => {
      const pairs = training(dSource, dTarget)
      const moments = await trainingMoments(pairs, referenceProducts)
      const plain = await estimate(estimator, moments, referenceProducts)
      const wide = await estimate(restored(estimator), moments, referenceProducts)
      assert.ok(plain !== undefined && wide !== undefined)
      const source: Matrix = { ...pairs.source, data: Float64Array.from(pairs.source.data) }
      const translated = varianceOf(await referenceProducts.multiply(source, wide))
      const own = varianceOf(pairs.target)
      assert.ok(Math.abs(translated / own - 1) < 1e-5, `expected ${own}, received ${translated}`)
      const gain = wide.data[0]! / plain.data[0]!
      wide.data.forEach((value, k) => assert.ok(Math.abs(value - gain * plain.data[k]!) < 1e-12))
    })
  }
}
