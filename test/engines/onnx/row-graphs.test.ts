import assert from 'node:assert/strict'
import { test } from 'node:test'
import { prepare, translate } from '../../../src/science/alignment/apply.js'
import { rowRange, toSingle, type TemplateMatrix } from '../../../src/science/linear-algebra/matrix.js'
import { referenceProducts } from '../../../src/science/linear-algebra/reference-products.js'
import { squaredDistances } from '../../../src/science/guard/mahalanobis.js'
import { openSquaredNorms, openTranslation } from '../../../src/engines/onnx/row-graphs.js'
import { shareCalls } from '../../../src/engines/threads/share-calls.js'
import { gaussianMatrix, gaussianTemplates, largestDifference } from '../../support/synthetic-pairs.js'

const view = prepare({
  weights: toSingle(gaussianMatrix(48, 20, 1)),
  meanSource: Float32Array.from(gaussianMatrix(1, 48, 2).data, value => 0.05 * value),
  meanTarget: Float32Array.from(gaussianMatrix(1, 20, 3).data, value => 0.1 * value)
})
const templates = gaussianTemplates(300, 48, 4)

test('a translation graph agrees with the plain implementation, for one row and for many', async () => {
  const apply = await openTranslation(view)
  for (const rows of [1, 2, 7, 300]) {
    const part = rowRange(templates, 0, rows)
    assert.ok(
      largestDifference(await apply(part), await translate(view, part, referenceProducts)) < 1e-6,
      `${rows} rows`
    )
  }
})

test('rows are written to the memory provided', async () => {
  const apply = await openTranslation(view)
  const into = new Float32Array(300 * 20)
  const { data } = await apply(templates, into)
  assert.equal(data, into)
  assert.deepEqual(into, (await apply(templates)).data)
})

test('squared norms equal the squared Mahalanobis distances of the plain implementation', async () => {
  const other = { weights: view.weights, bias: view.bias.map(value => value + 0.1) }
  const views = [view, other, view]
  const { data, cols } = await (await openSquaredNorms(views))(templates)
  assert.equal(cols, views.length)
  for (const [v, each] of views.entries()) {
    const expected = await squaredDistances(each, templates, referenceProducts)
    expected.forEach((distance, row) =>
      assert.ok(Math.abs(data[row * cols + v]! - distance) < 1e-5 * distance, `row ${row}, view ${v}`)
    )
  }
})

test('views of upper triangular weights and of others give the same squares, in any dimension and of any width', async () => {
  for (const d of [1, 2, 3, 5, 48, 130]) {
    const rows = gaussianTemplates(9, d, d)
    const upper = Array.from({ length: 3 }, (_, v) => {
      const weights = gaussianTemplates(d, d, 10 * d + v)
      for (let i = 0; i < d; i++) weights.data.fill(0, i * d, i * d + i)
      return { weights, bias: gaussianTemplates(1, d, 10 * d + v + 5).data }
    })
    // Others among them, of other widths too, take whole products and change nothing.
    const [full, narrow, wide] = [d, Math.ceil(d / 3), 2 * d].map((k, v) => ({
      weights: gaussianTemplates(d, k, 7 + v),
      bias: gaussianTemplates(1, k, 17 + v).data
    }))
    for (const views of [upper.slice(0, 1), upper, [...upper, full!], [narrow!, wide!], [full!, ...upper, narrow!]]) {
      const { data, cols } = await (await openSquaredNorms(views))(rows)
      for (const [v, each] of views.entries()) {
        const expected = await squaredDistances(each, rows, referenceProducts)
        expected.forEach((distance, row) =>
          assert.ok(Math.abs(data[row * cols + v]! - distance) < 1e-5 * distance, `${d} numbers, row ${row}, view ${v}`)
        )
      }
    }
  }
})

test('rows may have any length that single precision can express, and are not modified', async () => {
  const apply = await openTranslation(view)
  const expected = await apply(templates)
  for (const factor of [1e-30, 1e-12, 1e12, 1e30]) {
    const scaled = { ...templates, data: templates.data.map(value => factor * value) }
    const before = scaled.data.slice()
    assert.ok(largestDifference(await apply(scaled), expected) < 1e-5, `factor ${factor}`)
    assert.deepEqual(scaled.data, before)
  }
})

test('a row without a direction is refused by its number, and so is another dimension', async () => {
  const apply = await openTranslation(view)
  for (const value of [NaN, Infinity, 0]) {
    const rows = { ...templates, data: templates.data.slice().fill(value, 5 * 48, 6 * 48) }
    await assert.rejects(apply(rows), { name: 'RangeError', message: /row 5/ })
  }
  await assert.rejects(apply(gaussianTemplates(3, 47, 1)), { name: 'RangeError', message: /48 numbers, received 47/ })
})

test('calls in one turn of the event loop share a run, get their own rows, and fail alone', async () => {
  const apply = await openTranslation(view)
  const runs: number[] = []
  const shared = shareCalls(async rows => {
    runs.push(rows.rows)
    return await apply(rows)
  })
  const parts = [rowRange(templates, 0, 1), rowRange(templates, 1, 4), rowRange(templates, 4, 5)] as TemplateMatrix[]
  const expected = await apply(rowRange(templates, 0, 5))
  const found = await Promise.all(parts.map(part => shared(part)))
  assert.deepEqual(runs, [5])
  for (const [k, [start, end]] of [[0, 1], [1, 4], [4, 5]].entries()) {
    assert.ok(largestDifference(found[k]!, rowRange(expected, start!, end!)) < 1e-6)
  }
  const zero = { rows: 1, cols: 48, data: new Float32Array(48) }
  const [good, bad] = await Promise.allSettled([shared(parts[0]!), shared(zero)])
  assert.equal(good.status, 'fulfilled')
  assert.equal(bad.status, 'rejected')
})
