import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'
import { convertDlib } from '../../../src/engines/model-pack/dlib.js'
import { packageFile } from '../../../src/engines/model-pack/packages.js'
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

interface FaceApi {
  tf: TensorFlow
  FaceRecognitionNet: new() => {
    loadFromWeightMap(weights: Record<string, Tensor>): void
    forward(images: readonly Tensor[]): Promise<Tensor>
  }
}

const size = 150
const mean = [122.782, 117.001, 104.298]

/** Sums of single precision in another order; 6e-7 (dlib128) and 9e-7 (faceres1024) were measured. */
const tolerance = 1e-5

test('the ONNX graph gives the templates of the original network under TensorFlow.js', async (t) => {
  const samples = ['sample1.jpg', 'sample2.jpg', 'sample3.jpg']
  const pixels = await photographs(samples, size)

  const { tf, FaceRecognitionNet } = await importBundle<FaceApi>('@vladmandic/face-api', 'dist/face-api.esm.js')
  await tf.setBackend('cpu')
  const [group] = JSON.parse(
    await readFile(packageFile('@vladmandic/face-api', 'model/face_recognition_model-weights_manifest.json'), 'utf8')
  )
  const network = new FaceRecognitionNet()
  network.loadFromWeightMap(
    tf.io.decodeWeights(
      await bytesOf(packageFile('@vladmandic/face-api', 'model/face_recognition_model.bin')),
      group.weights
    )
  )
  const expected = await network.forward(
    samples.map((_, i) =>
      tf.tensor(pixels.slice(i * size * size * 3, (i + 1) * size * size * 3), [size, size, 3], 'float32')
    )
  )

  const graph = await openGraph(await convertDlib(), { threads: 1 })
  try {
    const { template } = await graph.run({
      input: { data: channelsFirst(pixels, size, mean, 255), dims: [samples.length, 3, size, size] }
    })
    assert.deepEqual(template?.dims, [samples.length, 128])
    const difference = relativeDifference(template.data as Float32Array, await expected.data())
    t.diagnostic(`largest difference ${difference.toExponential(1)} of the largest magnitude`)
    assert.ok(difference < tolerance, `differs by ${difference}`)
  } finally {
    await graph.release()
  }
})
