import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { openSquaredNorms } from '../../../src/engines/onnx/row-graphs.js'
import { createMeasurer } from '../../../src/features/guard/measurer.js'
import { squaredDistances, type Whitening } from '../../../src/science/guard/mahalanobis.js'
import { referenceProducts } from '../../../src/science/linear-algebra/reference-products.js'
import { gaussianTemplates } from '../../support/synthetic-pairs.js'

const dimension = 16
const views = Array.from({ length: 11 }, (_, v): Whitening => ({
  weights: gaussianTemplates(dimension, dimension, v + 1),
  bias: gaussianTemplates(1, dimension, v + 101).data
}))
const templates = gaussianTemplates(300, dimension, 7)

let opened = 0
const measurer = createMeasurer({
  threads: 1,
  openViews: async given => {
    opened++
    return await openSquaredNorms(given)
  }
})
after(() => measurer.close())

test('distances under any number of views are those of each by itself', async () => {
  for (const given of [views.slice(0, 1), views.slice(0, 3), views]) {
    const distances = await measurer.distances(given, templates)
    assert.equal(distances.length, given.length)
    for (const [v, view] of given.entries()) {
      const expected = await squaredDistances(view, templates, referenceProducts)
      expected.forEach((distance, row) =>
        assert.ok(Math.abs(distances[v]![row]! - distance) < 1e-4 * distance, `row ${row}, view ${v}`)
      )
    }
  }
})

test('a view that is asked for by itself and with others in turn is opened once for each', async () => {
  const others = [views[0]!, views[5]!]
  const before = opened
  for (let turn = 0; turn < 3; turn++) {
    await measurer.distances(others.slice(0, 1), templates)
    await measurer.distances(others, templates)
  }
  assert.equal(opened - before, 1, 'the first view was open by itself')
})

test('squares of one row, of many and of none are the columns of the distances, under a few views and under many', async () => {
  for (const given of [views.slice(0, 3), views]) {
    const distances = await measurer.distances(given, templates)
    for (const rows of [0, 1, 300]) {
      const found = await measurer.squares(given, {
        rows,
        cols: dimension,
        data: templates.data.subarray(0, rows * dimension)
      })
      assert.deepEqual([found.rows, found.cols, found.data.length], [rows, given.length, rows * given.length])
      for (let k = 0; k < found.data.length; k++) {
        const distance = distances[k % found.cols]![Math.floor(k / found.cols)]!
        assert.ok(Math.abs(found.data[k]! - distance) < 1e-5 * distance)
      }
    }
  }
})
