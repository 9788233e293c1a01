import { encodeModel, type OnnxNode, type OnnxTensor } from '../../src/engines/onnx/model-writer.js'
import { decoders } from '../../src/engines/recognition/detection/detector.js'
import type { Recipe } from '../../src/features/model-files/recipe.js'
import { createRandom } from '../../src/science/linear-algebra/random.js'

/** Tokens of outputs whose number the recipe leaves open. */
const tokens = 5

/**
 * A small graph with the names and shapes of a published one: a random linear function of the means of the channels.
 * @param names of input and outputs where the recipe leaves them open
 */
export function signatureGraph (
  { graph, manifest }: Recipe,
  names: { readonly input: string, readonly output: string } = { input: 'x', output: 'y' }
): Uint8Array {
  const { width, height, layout } = manifest.input
  const input = graph.input.name ?? names.input
  const sides = layout === 'NCHW' ? [3, height, width] : [height, width, 3]
  const nodes: OnnxNode[] = [{
    op: 'ReduceMean',
    inputs: [input],
    outputs: ['means'],
    attributes: { axes: { ints: layout === 'NCHW' ? [2, 3] : [1, 2] }, keepdims: { int: 0 } }
  }]
  const initializers: OnnxTensor[] = []
  const outputs = shapes().map(({ name, dims }) => {
    const count = dims.reduce((product, dim) => product * dim, 1)
    const random = createRandom(count)
    initializers.push(
      {
        name: `${name} weights`,
        dims: [3, count],
        data: Float32Array.from({ length: 3 * count }, () => random.next() - 0.5)
      },
      { name: `${name} shape`, dims: [dims.length], data: BigInt64Array.from(dims, BigInt) }
    )
    nodes.push(
      { op: 'MatMul', inputs: ['means', `${name} weights`], outputs: [`${name} flat`] },
      { op: 'Reshape', inputs: [`${name} flat`, `${name} shape`], outputs: [name] }
    )
    // Published graphs leave the batch and the tokens open.
    return {
      name,
      type: 'float32' as const,
      dims: dims.map((dim, axis) => axis === 0 ? 'batch' : dim === tokens ? 'tokens' : dim)
    }
  })
  return encodeModel({
    name: 'signature',
    inputs: [{ name: input, type: 'float32', dims: ['batch', ...sides] }],
    outputs,
    initializers,
    nodes
  })

  function shapes (): { name: string, dims: number[] }[] {
    if (manifest.kind === 'detector') {
      return decoders[manifest.decoder].expectedOutputs(manifest.input).map(({ rows, columns }, k) => (
        { name: graph.outputs[k]!.name!, dims: [1, rows, columns] }
      ))
    }
    const { dimension = 64, pooling } = manifest
    return [{
      name: graph.outputs[0]!.name ?? names.output,
      dims: pooling === undefined ? [1, dimension] : [1, tokens, dimension]
    }]
  }
}
