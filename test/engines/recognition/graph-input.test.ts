import assert from 'node:assert/strict'
import { test } from 'node:test'
import { encodeModel } from '../../../src/engines/onnx/model-writer.js'
import { openGraph } from '../../../src/engines/onnx/runtime.js'
import { createPictureGraph, inputDims, pixelFormat } from '../../../src/engines/recognition/graph-input.js'
import type { InputRecipe, RecogniserManifest } from '../../../src/engines/recognition/manifest.js'
import { warpInto } from '../../../src/engines/recognition/warp.js'

const plain: InputRecipe = { width: 2, height: 1, layout: 'NCHW', channels: 'RGB', mean: [0], std: [1] }
const picture = { width: 2, height: 1, data: new Uint8Array([10, 20, 30, 40, 50, 60]) }
const identity = { a: 1, b: 0, tx: 0, ty: 0 }

function numbers (recipe: InputRecipe): number[] {
  const target = new Float32Array(inputDims(recipe).reduce((product, dim) => product * dim, 1))
  warpInto(target, pixelFormat(recipe), picture, identity, recipe.width, recipe.height)
  return [...target]
}

function near (actual: readonly number[], expected: readonly number[]): void {
  assert.equal(actual.length, expected.length)
  for (const [i, value] of actual.entries()) {
    assert.ok(Math.abs(value - (expected[i] ?? NaN)) < 1e-5, `${actual.join()} against ${expected.join()}`)
  }
}

test('the layout decides whether channels or pixels come first', () => {
  near(numbers(plain), [10, 40, 20, 50, 30, 60])
  near(numbers({ ...plain, layout: 'NHWC' }), [10, 20, 30, 40, 50, 60])
  assert.deepEqual(inputDims(plain), [1, 3, 1, 2])
  assert.deepEqual(inputDims({ ...plain, layout: 'NHWC' }), [1, 1, 2, 3])
})

test('BGR reverses the channels, and mean and std follow the order of the graph', () => {
  near(numbers({ ...plain, channels: 'BGR', mean: [30, 20, 10], std: [1, 2, 5] }), [0, 30, 0, 15, 0, 6])
})

test('a single mean and std apply to all channels', () => {
  near(numbers({ ...plain, mean: [10], std: [10] }), [0, 3, 1, 4, 2, 5])
})

test('grey is one channel of luma', () => {
  const grey: InputRecipe = { ...plain, channels: 'grey', mean: [0], std: [256] }
  assert.deepEqual(inputDims(grey), [1, 1, 1, 2])
  near(numbers(grey), [(0.299 * 10 + 0.587 * 20 + 0.114 * 30) / 256, (0.299 * 40 + 0.587 * 50 + 0.114 * 60) / 256])
})

test('pixels outside the picture are black, as normalised for the graph', () => {
  near(numbers({ ...plain, width: 3, mean: [127], std: [128] }).filter((_, i) => i % 3 === 2), [
    -127 / 128,
    -127 / 128,
    -127 / 128
  ])
})

test("overlapping runs of one graph do not see each other's pictures", async (t) => {
  const graph = await openGraph(encodeModel({
    name: 'identity',
    inputs: [{ name: 'input', type: 'float32', dims: [1, 3, 1, 2] }],
    outputs: [{ name: 'output', type: 'float32', dims: [1, 3, 1, 2] }],
    initializers: [],
    nodes: [{ op: 'Identity', inputs: ['input'], outputs: ['output'] }]
  }))
  t.after(() => graph.release())
  const manifest = {
    input: plain,
    graph: { file: 'identity.onnx', sha256: '', input: 'input', outputs: ['output'] }
  } as unknown as RecogniserManifest
  const pictureGraph = createPictureGraph(manifest, graph)
  for (let round = 0; round < 2; round++) {
    const grey = [10, 20, 30, 40]
    const results = await Promise.all(grey.map(value => pictureGraph.run(input => input.fill(value))))
    for (const [i, [output]] of results.entries()) near([...output?.data as Float32Array], Array(6).fill(grey[i]))
  }
})
