import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'
import { packageFile } from '../../scripts/pack/packages.js'
import { recipes } from '../../scripts/pack/recipes.js'
import { openGraph } from '../../src/engines/onnx/runtime.js'
import {
  bytesOf,
  channelsFirst,
  importBundle,
  photographs,
  relativeDifference,
  type Tensor,
  type TensorFlow
} from './tensorflow.js'

interface TensorFlowConverter extends TensorFlow {
  loadGraphModel(source: { load: () => Promise<unknown> }): Promise<{ execute(input: Tensor, output: string): Tensor }>
}

const size = 224

/** Sums of single precision in another order; 6e-7 (dlib128) and 9e-7 (faceres1024) were measured. */
const tolerance = 1e-5

test('the ONNX graph gives the templates of the original network under TensorFlow.js', async (t) => {
  const samples = ['sample4.jpg', 'sample5.jpg']
  const pixels = await photographs(samples, size)

  const tf = await importBundle<TensorFlowConverter>('@vladmandic/human', 'dist/tfjs.esm.js')
  await tf.setBackend('cpu')
  const { modelTopology, weightsManifest: [group] } = JSON.parse(
    await readFile(packageFile('@vladmandic/human', 'models/faceres.json'), 'utf8')
  )
  const weightData = await bytesOf(packageFile('@vladmandic/human', 'models/faceres.bin'))
  const network = await tf.loadGraphModel({
    load: async () => ({ modelTopology, weightSpecs: group.weights, weightData })
  })
  const expected = network.execute(tf.tensor(pixels, [samples.length, size, size, 3], 'float32'), 'global_pooling/Mean')

  const graph = await openGraph(await build('faceres1024'), { threads: 1 })
  try {
    const { template } = await graph.run({
      input: { data: channelsFirst(pixels, size, [0, 0, 0], 1), dims: [samples.length, 3, size, size] }
    })
    assert.deepEqual(template?.dims, [samples.length, 1024])
    const difference = relativeDifference(template.data as Float32Array, await expected.data())
    t.diagnostic(`largest difference ${difference.toExponential(1)} of the largest magnitude`)
    assert.ok(difference < tolerance, `differs by ${difference}`)
  } finally {
    await graph.release()
  }
})

async function build (id: string): Promise<Uint8Array> {
  const recipe = recipes.get(id)
  assert.ok(recipe, `there is a recipe for ${id}`)
  return await recipe()
}
