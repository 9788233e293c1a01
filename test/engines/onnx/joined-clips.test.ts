import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { joinClips } from '../../../src/engines/onnx/joined-clips.js'
import { encodeModel, type OnnxGraph, type OnnxNode } from '../../../src/engines/onnx/model-writer.js'
import { openGraph } from '../../../src/engines/onnx/runtime.js'

const value = (name: string) => ({ name, type: 'float32' as const, dims: [7] })
const x = Float32Array.of(-Infinity, -2, -1e-40, 0, 3.5, 6.1, Infinity)

const relu6: readonly OnnxNode[] = [
  { op: 'Relu', inputs: ['x'], outputs: ['a'] },
  { op: 'Clip', inputs: ['a', '', 'six'], outputs: ['b'] },
  { op: 'Clip', inputs: ['b', 'zero'], outputs: ['y'] }
]

function model (
  nodes: readonly OnnxNode[],
  { zero = 0, outputs = ['y'] }: { zero?: number, outputs?: string[] } = {}
): Uint8Array {
  const graph: OnnxGraph = {
    name: 'activation',
    inputs: [value('x')],
    outputs: outputs.map(value),
    initializers: [
      { name: 'six', dims: [], data: Float32Array.of(6) },
      { name: 'zero', dims: [], data: Float32Array.of(zero) }
    ],
    nodes
  }
  return encodeModel(graph)
}

async function run (t: TestContext, bytes: Uint8Array) {
  const graph = await openGraph(bytes)
  t.after(() => graph.release())
  return (await graph.run({ x: { data: x, dims: [7] } })).y?.data
}

test('relu6 in three operators becomes one operator with the same result', async (t) => {
  const before = model(relu6)
  const after = joinClips(before)
  assert.ok(Buffer.from(before).includes('Relu') && !Buffer.from(after).includes('Relu'))
  assert.deepEqual(await run(t, after), Float32Array.of(0, 0, 0, 0, 3.5, 6, 6))
  assert.deepEqual(await run(t, after), await run(t, before))
  assert.equal(joinClips(after), after)
})

test('nodes that others read, and nodes that are not relu6, stay', () => {
  for (
    const kept of [
      model(relu6, { outputs: ['y', 'b'] }),
      model([...relu6, { op: 'Neg', inputs: ['a'], outputs: ['z'] }], { outputs: ['y', 'z'] }),
      model(relu6, { zero: -1 }),
      model([{ op: 'Neg', inputs: ['x'], outputs: ['a'] }, ...relu6.slice(1)]),
      model([relu6[0]!, { op: 'Clip', inputs: ['a', 'zero', 'six'], outputs: ['y'] }])
    ]
  ) assert.equal(joinClips(kept), kept)
})
