import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { createRandom } from '../../../src/science/linear-algebra/random.js'
import { encodeModel, type OnnxGraph } from '../../../src/engines/onnx/model-writer.js'
import { splitParametricRelu } from '../../../src/engines/onnx/parametric-relu.js'
import { openGraph } from '../../../src/engines/onnx/runtime.js'

const dims = [1, 3, 4, 5]
const value = (name: string) => ({ name, type: 'float32' as const, dims })

/** Two PRelu with a slope for each channel, one with a slope for all, and an operator between them that stays. */
const graph: OnnxGraph = {
  name: 'activations',
  inputs: [value('x')],
  outputs: [value('y'), value('z')],
  initializers: [
    { name: 'slopes', dims: [3, 1, 1], data: Float32Array.of(0.25, -1.7, 0) },
    { name: 'slope', dims: [1], data: Float32Array.of(3.3) }
  ],
  nodes: [
    { op: 'PRelu', inputs: ['x', 'slopes'], outputs: ['a'] },
    { op: 'Neg', inputs: ['a'], outputs: ['b'] },
    { op: 'PRelu', inputs: ['b', 'slopes'], outputs: ['y'] },
    { op: 'PRelu', inputs: ['b', 'slope'], outputs: ['z'] }
  ]
}

async function run (t: TestContext, model: Uint8Array, x: Float32Array, shape = dims) {
  const opened = await openGraph(model)
  t.after(() => opened.release())
  return await opened.run({ x: { data: x, dims: shape } })
}

test('the result of the graph does not change by a bit, except for the sign of a zero', async (t) => {
  const model = encodeModel(graph)
  const split = splitParametricRelu(model)
  assert.ok(!Buffer.from(split).includes('PRelu'))
  const x = Float32Array.from(
    { length: 60 },
    (_, i) => [0, 1e-40, -1e-40, 3e38, -1e30][i] ?? 100 * Math.sin(i * 12.9898)
  )
  const [expected, actual] = [await run(t, model, x), await run(t, split, x)]
  for (const name of ['y', 'z']) {
    assert.deepEqual(actual[name]?.dims, dims)
    assert.ok(actual[name]?.data.every((number, i) => number === expected[name]?.data[i]), name)
  }
})

test('also after a convolution, where it becomes one convolution per channel', async (t) => {
  const channels = 32
  const shape = [1, channels, 6, 5]
  const random = createRandom(3)
  const numbers = (length: number) => Float32Array.from({ length }, () => 4 * random.next() - 2)
  const model = encodeModel({
    name: 'block',
    inputs: [{ name: 'x', type: 'float32', dims: shape }],
    outputs: [{ name: 'y', type: 'float32', dims: shape }],
    initializers: [
      { name: 'weights', dims: [channels, channels, 1, 1], data: numbers(channels * channels) },
      { name: 'slopes', dims: [channels, 1, 1], data: numbers(channels) }
    ],
    nodes: [
      { op: 'Conv', inputs: ['x', 'weights'], outputs: ['a'] },
      { op: 'PRelu', inputs: ['a', 'slopes'], outputs: ['b'] },
      { op: 'Conv', inputs: ['b', 'weights'], outputs: ['y'] }
    ]
  })
  const split = splitParametricRelu(model)
  assert.ok(!Buffer.from(split).includes('PRelu') && Buffer.from(split).includes('group'))
  const x = numbers(channels * 30)
  const [expected, actual] = [await run(t, model, x, shape), await run(t, split, x, shape)]
  assert.deepEqual(actual.y?.data, expected.y?.data)
})

test('a graph without PRelu is left unchanged', () => {
  const model = encodeModel({ ...graph, outputs: [value('b')], nodes: [{ op: 'Neg', inputs: ['x'], outputs: ['b'] }] })
  assert.equal(splitParametricRelu(model), model)
})

test('splitting a graph twice changes nothing more', () => {
  const split = splitParametricRelu(encodeModel(graph))
  assert.equal(splitParametricRelu(split), split)
})

test('an operator set with other broadcasting rules is left unchanged', () => {
  const model = encodeModel(graph)
  // The model ends in its operator set: version 17 as a varint.
  assert.equal(model.at(-1), 17)
  const old = Uint8Array.from(model)
  old[old.length - 1] = 6
  assert.equal(splitParametricRelu(old), old)
})

test('bytes that are not a model are refused', () => {
  assert.throws(() => splitParametricRelu(Buffer.from('changed')))
})
