import assert from 'node:assert/strict'
import { test } from 'node:test'
import { encodeModel, type OnnxGraph } from '../../../src/engines/onnx/model-writer.js'
import { openGraph } from '../../../src/engines/onnx/runtime.js'

function gemm (type: 'float32' | 'float64'): OnnxGraph {
  return {
    name: 'gemm',
    inputs: [{ name: 'a', type, dims: ['n', 'k'] }, { name: 'b', type, dims: ['m', 'k'] }],
    outputs: [{ name: 'y', type, dims: ['n', 'm'] }],
    initializers: [],
    nodes: [{
      op: 'Gemm',
      inputs: ['a', 'b'],
      outputs: ['y'],
      attributes: { transB: { int: 1 }, alpha: { float: 0.5 } }
    }]
  }
}

test('a Gemm with both operands as inputs gives the known product', async () => {
  for (const Values of [Float32Array, Float64Array]) {
    const graph = await openGraph(encodeModel(gemm(Values === Float32Array ? 'float32' : 'float64')), { threads: 1 })
    try {
      const { y } = await graph.run({
        a: { data: Values.from([1, 2, 3, 4, 5, 6]), dims: [2, 3] },
        b: { data: Values.from([1, 0, -1, 2, 2, 2, 0, 0, 10]), dims: [3, 3] }
      })
      assert.deepEqual(y?.dims, [2, 3])
      // [[1,2,3],[4,5,6]] times the transpose of [[1,0,-1],[2,2,2],[0,0,10]], halved
      assert.deepEqual(y.data, Values.from([-1, 6, 15, -1, 15, 30]))
    } finally {
      await graph.release()
    }
  }
})

test('initializers, lists, strings, numbers and a zero attribute are encoded as given', async () => {
  const graph = await openGraph(
    encodeModel({
      name: 'every-kind',
      inputs: [{ name: 'x', type: 'float32', dims: ['N', 1, 3, 3] }],
      outputs: [
        { name: 'pooled', type: 'float32', dims: ['N', 'rest'] },
        { name: 'constant', type: 'float32', dims: [2] }
      ],
      initializers: [
        { name: 'kernel', dims: [1, 1, 2, 2], data: Float32Array.of(1, 2, 3, 4) },
        { name: 'shape', dims: [2], data: BigInt64Array.of(0n, -1n) }
      ],
      nodes: [
        {
          op: 'Conv',
          inputs: ['x', 'kernel'],
          outputs: ['y'],
          attributes: { strides: { ints: [2, 2] }, auto_pad: { string: 'SAME_UPPER' } }
        },
        { op: 'Reshape', inputs: ['y', 'shape'], outputs: ['pooled'], attributes: { allowzero: { int: 0 } } },
        { op: 'Constant', inputs: [], outputs: ['constant'], attributes: { value_floats: { floats: [0.25, -4] } } }
      ]
    }),
    { threads: 1 }
  )
  try {
    const { pooled, constant } = await graph.run({
      x: { data: Float32Array.of(1, 0, 0, 0, 1, 0, 0, 0, 1), dims: [1, 1, 3, 3] }
    })
    assert.deepEqual(pooled?.dims, [1, 4])
    assert.deepEqual(pooled.data, Float32Array.of(5, 0, 0, 1))
    assert.deepEqual(constant?.data, Float32Array.of(0.25, -4))
  } finally {
    await graph.release()
  }
})

test('the same graph gives the same bytes', () => {
  assert.deepEqual(encodeModel(gemm('float32')), encodeModel(gemm('float32')))
  assert.notDeepEqual(encodeModel(gemm('float32')), encodeModel(gemm('float64')))
})

test('a tensor whose data do not fill its dimensions is refused, naming both sizes', () => {
  assert.throws(() =>
    encodeModel({
      ...gemm('float32'),
      initializers: [{ name: 'w', dims: [2, 3], data: new Float32Array(5) }]
    }), { name: 'RangeError', message: 'tensor "w": expected 6 elements for [2, 3], received 5' })
})
