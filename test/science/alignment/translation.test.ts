import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import type { AffineMap } from '../../../src/science/alignment/affine-map.js'
import { prepare, translate } from '../../../src/science/alignment/apply.js'
import { rowRange, toSingle } from '../../../src/science/linear-algebra/matrix.js'
import { normaliseRows } from '../../../src/science/linear-algebra/normalise.js'
import { referenceProducts } from '../../../src/science/linear-algebra/reference-products.js'
import { createEngineProducts } from '../../../src/engines/onnx/products.js'
import { gaussianMatrix, gaussianTemplates, largestDifference } from '../../support/synthetic-pairs.js'

const engine = createEngineProducts({ threads: 1 })
after(() => engine.release())

const map: AffineMap = {
  weights: toSingle(gaussianMatrix(48, 20, 1)),
  meanSource: Float32Array.from(gaussianMatrix(1, 48, 2).data, value => 0.05 * value),
  meanTarget: Float32Array.from(gaussianMatrix(1, 20, 3).data, value => 0.1 * value)
}
const templates = gaussianTemplates(30, 48, 4)

/** `l2((l2(x) - meanSource) W + meanTarget)`, letter by letter. */
function definition (template: Float32Array): Float64Array {
  const norm = Math.hypot(...template)
  const y = Float64Array.from(
    map.meanTarget,
    (mean, j) =>
      template.reduce((sum, x, i) => sum + (x / norm - map.meanSource[i]!) * map.weights.data[i * 20 + j]!, mean)
  )
  return y.map(value => value / Math.hypot(...y))
}

test('a translation is what the equation says, with either implementation', async () => {
  const prepared = prepare(map)
  const rows = Array.from({ length: 30 }, (_, i) => definition(rowRange(templates, i, i + 1).data))
  const expected = { rows: 30, cols: 20, data: Float64Array.from(rows.flatMap(row => [...row])) }
  assert.ok(largestDifference(await translate(prepared, templates, engine), expected) < 1e-6)
  assert.ok(largestDifference(await translate(prepared, templates, referenceProducts), expected) < 1e-6)
})

test('the length of a template has no effect, and the templates are left as they are', async () => {
  const before = templates.data.slice()
  const longer = { ...templates, data: templates.data.map(value => 8 * value) }
  assert.deepEqual(
    (await translate(prepare(map), longer, engine)).data,
    (await translate(prepare(map), templates, engine)).data
  )
  assert.deepEqual(templates.data, before)
})

test('rows have norm 1, also where single precision would overflow in the square', () => {
  const large = normaliseRows({ rows: 1, cols: 2, data: Float32Array.of(3e38, -3e38) })
  assert.ok(Math.abs(large.data[0]! - Math.SQRT1_2) < 1e-7 && Math.abs(large.data[1]! + Math.SQRT1_2) < 1e-7)
})

test('what has no direction is refused, and so is another dimension', async () => {
  assert.throws(() => normaliseRows({ rows: 2, cols: 2, data: Float32Array.of(1, 0, 0, 0) }), {
    name: 'RangeError',
    message: /row 1/
  })
  await assert.rejects(translate(prepare(map), gaussianTemplates(9, 47, 1), engine), {
    name: 'RangeError',
    message: /9 x 47.*48 x 20/
  })
  assert.throws(() => prepare({ ...map, meanSource: new Float32Array(47) }), {
    name: 'RangeError',
    message: /47 x 20.*48 x 20/
  })
})
