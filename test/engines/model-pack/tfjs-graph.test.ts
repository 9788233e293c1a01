import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { convertGraphModel } from '../../../src/engines/model-pack/tfjs-graph.js'
import { openGraph } from '../../../src/engines/onnx/runtime.js'

const base64 = (text: string): string => Buffer.from(text).toString('base64')
const placeholder = {
  name: 'image',
  op: 'Placeholder',
  attr: { shape: { shape: { dim: [-1, 2, 3, 2].map((size) => ({ size: String(size) })) } } }
}
const convolution = {
  name: 'conv',
  op: 'Conv2D',
  input: ['image', 'kernel'],
  attr: {
    strides: { list: { i: ['1', '1', '1', '1'] } },
    dilations: { list: { i: ['1', '1', '1', '1'] } },
    padding: { s: base64('VALID') },
    data_format: { s: base64('NHWC') }
  }
}
const mean = { name: 'mean', op: 'Mean', input: ['conv', 'axes'] }

/** A 1x1 convolution of two channels to two, and the mean over the picture. */
async function model (t: TestContext, node: object[]): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'tfjs-graph-'))
  t.after(() => rm(folder, { recursive: true }))
  await writeFile(
    join(folder, 'weights.bin'),
    Buffer.concat([
      Buffer.from(Float32Array.of(1, 10, 2, 20).buffer),
      Buffer.from(Int32Array.of(1, 2).buffer)
    ])
  )
  await writeFile(
    join(folder, 'model.json'),
    JSON.stringify({
      modelTopology: { node },
      weightsManifest: [{
        paths: ['weights.bin'],
        weights: [{ name: 'kernel', shape: [1, 1, 2, 2], dtype: 'float32' }, {
          name: 'axes',
          shape: [2],
          dtype: 'int32'
        }]
      }]
    })
  )
  return join(folder, 'model.json')
}

test('a graph over (N, height, width, channels) becomes the same function over (N, channels, height, width)', async (t) => {
  const graph = await openGraph(await convertGraphModel(await model(t, [placeholder, convolution, mean]), 'mean', 2))
  t.after(() => graph.release())
  const { template } = await graph.run({
    // the first channel is 1 to 6, mean 3.5; the second 2, 2, 2, 2, 2, 8, mean 3
    input: { data: Float32Array.of(1, 2, 3, 4, 5, 6, 2, 2, 2, 2, 2, 8), dims: [1, 2, 2, 3] }
  })
  assert.deepEqual(template?.dims, [1, 2])
  assert.deepEqual(template.data, Float32Array.of(3.5 + 2 * 3, 10 * 3.5 + 20 * 3))
})

test('what cannot be converted is refused, and the message names the node', async (t) => {
  const dilated = { ...convolution, attr: { ...convolution.attr, dilations: { list: { i: ['1', '2', '2', '1'] } } } }
  const cases: [object[], RegExp][] = [
    [[placeholder, { ...convolution, op: 'Einsum' }, mean], /Einsum conv: the operation cannot be converted/],
    [[placeholder, dilated, mean], /Conv2D conv: dilations cannot be converted/],
    [[placeholder, { ...convolution, input: ['image', 'elsewhere'] }, mean], /Conv2D conv: the operand elsewhere/],
    [[placeholder, mean], /there is no node conv/]
  ]
  for (const [nodes, message] of cases) {
    const path = await model(t, nodes)
    await assert.rejects(convertGraphModel(path, 'mean', 2), message)
  }
})
