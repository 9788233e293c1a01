import assert from 'node:assert/strict'
import { test } from 'node:test'
import { prepare, translateNormalised } from '../../../src/science/alignment/apply.js'
import { meanCosine } from '../../../src/science/alignment/criterion.js'
import { quadraticFits } from '../../../src/science/alignment/quadratic.js'
import { ridge } from '../../../src/science/alignment/ridge.js'
import { trainingMoments } from '../../../src/science/alignment/selection.js'
import { toAffineMap } from '../../../src/science/alignment/statistics.js'
import { indexIdentities } from '../../../src/science/linear-algebra/identities.js'
import { rowRange, type TemplateMatrix } from '../../../src/science/linear-algebra/matrix.js'
import { normaliseRows } from '../../../src/science/linear-algebra/normalise.js'
import { referenceProducts } from '../../../src/science/linear-algebra/reference-products.js'
import { gaussianTemplates, largestDifference, syntheticPairs } from '../../support/synthetic-pairs.js'

const single = (matrix: TemplateMatrix) => ({ ...matrix, data: Float32Array.from(matrix.data) })

test('without products it is the ridge regression of the same lambda', async () => {
  const { source, target } = syntheticPairs({ identities: 20, imagesEach: 3, dSource: 9, dTarget: 6 })
  const [a, b] = [normaliseRows(source), normaliseRows(target)]
  const labels = Array.from({ length: 60 }, (_, k) => String(k))
  const training = { source: a, target: b, identities: indexIdentities(labels, labels), rows: labels.map(Number) }
  for (const lambda of [1, 0.1, 1e-3]) {
    const moments = await trainingMoments(training, referenceProducts)
    const map = toAffineMap(moments, await ridge(moments, lambda, referenceProducts))
    const expected = await translateNormalised(prepare(map), a, referenceProducts)
    const fit = await quadraticFits(a, b, referenceProducts)
    const found = await (await fit({ share: 0, lambda }))(a)
    assert.ok(largestDifference(found, expected) < 1e-5, String(largestDifference(found, expected)))
  }
})

test('it finds a target of products, which no linear map does', async () => {
  const source = normaliseRows(gaussianTemplates(400, 4, 1))
  const products = new Float32Array(400 * 3)
  for (let i = 0; i < 400; i++) {
    const x = source.data.subarray(i * 4, i * 4 + 4)
    products.set([x[0]! * x[1]!, x[1]! * x[2]!, x[2]! * x[3]!], i * 3)
  }
  const target = normaliseRows({ rows: 400, cols: 3, data: products })
  const fit = await quadraticFits(single(rowRange(source, 0, 300)), single(rowRange(target, 0, 300)), referenceProducts)
  const [probes, truth] = [single(rowRange(source, 300, 400)), single(rowRange(target, 300, 400))]
  const linear = meanCosine(await (await fit({ share: 0, lambda: 1e-3 }))(probes), truth)
  const quadratic = meanCosine(await (await fit({ share: 0.5, lambda: 1e-3 }))(probes), truth)
  assert.ok(linear < 0.3 && quadratic > 0.9, `${linear}, ${quadratic}`)
})

test('templates that are all the same are refused', async () => {
  const alike = { rows: 5, cols: 2, data: new Float32Array(10).fill(Math.SQRT1_2) }
  await assert.rejects(quadraticFits(alike, alike, referenceProducts), RangeError)
})
