import assert from 'node:assert/strict'
import { test } from 'node:test'
import { encodePortableGraph } from '../../../src/engines/onnx/portable-graph.js'
import { createEngineProducts } from '../../../src/engines/onnx/products.js'
import { openGraph } from '../../../src/engines/onnx/runtime.js'
import {
  cohortOf,
  type ComparisonSide,
  type ComparisonSpace,
  minVariance,
  nativeSide,
  normalisationOf,
  project,
  withFloor
} from '../../../src/science/alignment/comparison-space.js'
import { gaussianTemplates, largestDifference } from '../../support/synthetic-pairs.js'

const products = createEngineProducts()

/** Every form that a side of a comparison space has: native or mapped, with a floor or without, normalised or not. */
async function sides (): Promise<{ name: string, side: ComparisonSide, cohort: boolean }[]> {
  const bias = gaussianTemplates(1, 24, 5).data
  const mapped = { weights: gaussianTemplates(32, 24, 4), bias }
  const forms: [string, ComparisonSide, number][] = [['native', nativeSide(32), 32], ['mapped', mapped, 32]]
  const found = []
  for (const [name, side, dimension] of forms) {
    const centre = side.bias.map(value => value * 0.9)
    const floored = await withFloor(side, centre, gaussianTemplates(300, dimension, 6), products)
    // Most rows are nearer than this one, so that both branches are taken.
    const far = { ...floored, floor: { ...floored.floor!, length: floored.floor!.length * 1.2 } }
    for (const cohort of [false, true]) {
      found.push({ name, side, cohort }, { name: `${name} with a floor`, side: far, cohort })
    }
  }
  return found
}

test('a graph projects every form of a side as the service does', async () => {
  for (const { name, side, cohort } of await sides()) {
    const plain: ComparisonSpace = { source: side, target: side, normalisation: null }
    const crowd = await project(plain, 'source', gaussianTemplates(200, 32, 8), products)
    const normalisation = cohort ? await normalisationOf(crowd, crowd, products) : null
    const space = { ...plain, normalisation }
    const templates = gaussianTemplates(50, 32, 9)
    const expected = await project(space, 'source', templates, products)
    const graph = await openGraph(encodePortableGraph(
      { ...side, cohort: normalisation === null ? undefined : { ...cohortOf(normalisation, 'source'), minVariance } },
      { name: 'source', output: 'projected', metadata: { what: name } }
    ))
    const { projected } = await graph.run({ templates: { data: templates.data, dims: [50, 32] } })
    assert.deepEqual(projected!.dims, [expected.rows, expected.cols])
    const difference = largestDifference(expected, { ...expected, data: projected!.data as Float32Array })
    assert.ok(difference < 1e-6, `${name}, ${cohort ? 'normalised' : 'not normalised'}: ${difference}`)
    await graph.release()
  }
})

test('a row without a direction gives NaN, and the others what they give alone', async () => {
  const weights = gaussianTemplates(4, 3, 1)
  const graph = await openGraph(
    encodePortableGraph({ weights, bias: new Float32Array(3) }, { name: 'map', output: 'translated', metadata: {} })
  )
  const run = async (...rows: number[][]) =>
    [
      ...(await graph.run({ templates: { data: Float32Array.from(rows.flat()), dims: [rows.length, 4] } }))[
        'translated'
      ]!
        .data
    ].map(Number)
  const alone = await run([1, 2, 3, 4])
  const mixed = await run([0, 0, 0, 0], [1, 2, 3, 4], [Number.NaN, 0, 0, 1], [1e30, 2e30, 3e30, 4e30])
  assert.ok(mixed.slice(0, 3).every(Number.isNaN))
  assert.ok(mixed.slice(6, 9).every(Number.isNaN))
  assert.deepEqual(mixed.slice(3, 6), alone)
  mixed.slice(9).forEach((value, j) => assert.ok(Math.abs(value - alone[j]!) < 1e-6))
  await graph.release()
})
