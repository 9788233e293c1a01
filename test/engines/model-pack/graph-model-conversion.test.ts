import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'
import { packageFile } from '../../../src/engines/model-pack/packages.js'
import { optionalRecipes, recipes } from '../../../src/engines/model-pack/recipes.js'
import { openGraph } from '../../../src/engines/onnx/runtime.js'
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

/** Sums of single precision in another order; 6e-7 (dlib128) and 9e-7 (faceres1024) were measured. */
const tolerance = 1e-5

const models = [
  { id: 'faceres1024', file: 'faceres', size: 224, output: 'global_pooling/Mean', dimension: 1024 },
  {
    id: 'coco720',
    file: 'centernet',
    size: 256,
    output: 'tower_0/MobilenetV3/expanded_conv_14/expand/hard_swish/mul_1',
    dimension: 720
  }
]

for (const { id, file, size, output, dimension } of models) {
  test(`the ONNX graph of ${id} gives the templates of the original network under TensorFlow.js`, async (t) => {
    const samples = ['sample4.jpg', 'sample5.jpg']
    const pixels = await photographs(samples, size)

    const tf = await importBundle<TensorFlowConverter>('@vladmandic/human', 'dist/tfjs.esm.js')
    await tf.setBackend('cpu')
    const { modelTopology, weightsManifest: [group] } = JSON.parse(
      await readFile(packageFile('@vladmandic/human', `models/${file}.json`), 'utf8')
    )
    // TensorFlow.js refuses pictures of another size than the graph was trained with, which convolutions take as well.
    for (const node of modelTopology.node) {
      if (node.op === 'Placeholder') { for (const dim of node.attr.shape.shape.dim) dim.size = '-1' }
    }
    const weightData = await bytesOf(packageFile('@vladmandic/human', `models/${file}.bin`))
    const network = await tf.loadGraphModel({
      load: async () => ({ modelTopology, weightSpecs: group.weights, weightData })
    })
    const found = network.execute(tf.tensor(pixels, [samples.length, size, size, 3], 'float32'), output)
    const expected = pooled(await found.data(), found.shape)

    const graph = await openGraph(await build(id), { threads: 1 })
    try {
      const { template } = await graph.run({
        input: { data: channelsFirst(pixels, size, [0, 0, 0], 1), dims: [samples.length, 3, size, size] }
      })
      assert.deepEqual(template?.dims, [samples.length, dimension])
      const difference = relativeDifference(template.data as Float32Array, expected)
      t.diagnostic(`largest difference ${difference.toExponential(1)} of the largest magnitude`)
      assert.ok(difference < tolerance, `differs by ${difference}`)
    } finally {
      await graph.release()
    }
  })
}

/** The mean over the positions of (n, height, width, channels); (n, channels) as it is. */
function pooled (values: Float32Array, shape: readonly number[]): Float32Array {
  if (shape.length === 2) return values
  const [n, height, width, channels] = shape as [number, number, number, number]
  const means = new Float64Array(n * channels)
  for (let k = 0; k < values.length; k++) {
    const picture = Math.floor(k / (height * width * channels))
    const cell = picture * channels + k % channels
    means[cell] = means[cell]! + values[k]! / (height * width)
  }
  return Float32Array.from(means)
}

async function build (id: string): Promise<Uint8Array> {
  const recipe = recipes.get(id) ?? optionalRecipes.get(id)
  assert.ok(recipe, `there is a recipe for ${id}`)
  return await recipe()
}
