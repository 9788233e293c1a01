import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { createTranslator } from '../../../src/features/translations/translator/translator.js'
import {
  centredSide,
  nativeSide,
  normalisationOf,
  project,
  withFloor
} from '../../../src/science/alignment/comparison-space.js'
import type { ComparisonSpace } from '../../../src/science/alignment/comparison-space.js'
import { createRandom } from '../../../src/science/linear-algebra/random.js'
import { createEngineProducts } from '../../../src/engines/onnx/products.js'

const translator = createTranslator({ threads: 1 })
const products = createEngineProducts()
after(async () => {
  await translator.close()
  await products.release()
})

const random = createRandom(11)
const gaussian = () => Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next())
const rowsOf = (rows: number, cols: number) => ({
  rows,
  cols,
  data: Float32Array.from({ length: rows * cols }, () => gaussian() + 0.3)
})

test('a short projection is raised to the floor here as by the definition, and alone as in company', async () => {
  const weights = { rows: 3, cols: 2, data: Float64Array.from([1, 0, 0, 1, 0, 0]) }
  const side = {
    ...centredSide(new Float64Array(3), weights, 0.5),
    floor: { centre: Float32Array.of(0, 0, 0.5), length: 0.6 }
  }
  const space = { source: side, target: side, normalisation: null }
  // Of lengths 0.1 and 1 before the constant coordinate joins.
  const [short, long] = [[0.06, 0.08, Math.sqrt(0.99)], [0.6, 0.8, 0]]
  const expected = [[0.36, 0.48, 0.5], [0.6, 0.8, 0.5]].map(row => row.map(value => value / Math.hypot(...row)))
  const rows = { rows: 2, cols: 3, data: Float32Array.from([...short, ...long]) }
  for (
    const found of [await translator.project(space, 'source', rows), await project(space, 'source', rows, products)]
  ) {
    found.data.forEach((value, i) => assert.ok(Math.abs(value - expected.flat()[i]!) < 1e-6, `${i}: ${value}`))
  }
  const alone = await translator.project(space, 'source', { rows: 1, cols: 3, data: Float32Array.from(short) })
  alone.data.forEach((value, i) => assert.ok(Math.abs(value - expected[0]![i]!) < 1e-6))
})

test('a large batch is projected in a thread as it is here, with a normalisation by the cohort too', async () => {
  const [d, k] = [96, 80]
  const weights = {
    rows: d,
    cols: k,
    data: Float64Array.from({ length: d * k }, (_, i) => (i % (k + 1) === 0 ? 1 : 0.1) * gaussian())
  }
  const plain: ComparisonSpace = {
    source: centredSide(Float64Array.from({ length: d }, () => 0.02), weights, 0.4),
    target: nativeSide(k + 1),
    normalisation: null
  }
  const cohort = [
    await project(plain, 'source', rowsOf(500, d), products),
    await project(plain, 'target', rowsOf(500, k + 1), products)
  ] as const
  const normalised = { ...plain, normalisation: await normalisationOf(...cohort, products) }
  // A floor above nine in ten lengths, so that it is applied to most rows.
  const centre = Float32Array.from({ length: k + 1 }, (_, j) => j === k ? 0.4 : 0)
  const { floor } = await withFloor(plain.source, centre, rowsOf(500, d), products)
  const floored = { ...plain, source: { ...plain.source, floor: { centre, length: 1.5 * floor!.length } } }
  for (const space of [plain, normalised, floored]) {
    for (const [side, cols] of [['source', d], ['target', k + 1]] as const) {
      // More multiplications than are done on the calling thread.
      const templates = rowsOf(3000, cols)
      const [there, here] = [
        await translator.project(space, side, templates),
        await project(space, side, templates, products)
      ]
      assert.deepEqual([there.rows, there.cols], [here.rows, here.cols])
      there.data.forEach((value, i) => {
        assert.ok(Math.abs(value - here.data[i]!) < 1e-5, `${side} ${i}: ${value}, ${here.data[i]}`)
      })
    }
  }
  const broken = rowsOf(3000, d)
  broken.data[2000 * d + 3] = NaN
  await assert.rejects(translator.project(normalised, 'source', broken), /row 2000: .*NaN at index 3/)
})
