import type { Graph, GraphTensor } from '../onnx/runtime.js'
import type { InputRecipe, Manifest } from './manifest.js'
import { lumaWeights, type PixelFormat } from './pixels.js'

/** A graph that takes one picture. */
export interface PictureGraph {
  /**
   * Runs the graph. The call blocks its thread, see `Graph.run`.
   * @param write fills the graph's input synchronously, in the format of the manifest
   * @returns the outputs in the order of the manifest
   */
  run(write: (input: Float32Array, format: PixelFormat) => void): Promise<GraphTensor[]>
}

/** Feeds a graph as its manifest says. */
export function createPictureGraph (manifest: Manifest, graph: Graph): PictureGraph {
  const { input, outputs } = manifest.graph
  const format = pixelFormat(manifest.input)
  const dims = inputDims(manifest.input)
  const length = dims.reduce((product, dim) => product * dim, 1)
  // Reused by the next run. That of faceres1024 has 0.6 MB, which would otherwise be garbage after every face. There is
  // one for each run under way at a time.
  const spare: Float32Array[] = []

  return {
    async run (write) {
      const data = spare.pop() ?? new Float32Array(length)
      try {
        write(data, format)
        const results = await graph.run({ [input]: { data, dims } }, outputs)
        return outputs.flatMap(name => results[name] ?? [])
      } finally {
        spare.push(data)
      }
    }
  }
}

export function channelCount (recipe: InputRecipe): 1 | 3 {
  return recipe.channels === 'grey' ? 1 : 3
}

/** Dimensions of one picture as the graph takes it. */
export function inputDims (recipe: InputRecipe): number[] {
  const channels = channelCount(recipe)
  return recipe.layout === 'NCHW'
    ? [1, channels, recipe.height, recipe.width]
    : [1, recipe.height, recipe.width, channels]
}

/**
 * The format that a graph takes: `(v - mean) / std` per channel, in the recipe's order of channels and layout. A single
 * mean or std applies to all channels.
 */
export function pixelFormat (recipe: InputRecipe): PixelFormat {
  const channels = channelCount(recipe)
  const scales = Array.from({ length: channels }, (_, c) => 1 / perChannel(recipe.std, c))
  return {
    channels,
    weights: rgbWeights[recipe.channels].flatMap((row, c) => row.map(weight => weight * scales[c]!)),
    bias: scales.map((scale, c) => -perChannel(recipe.mean, c) * scale),
    planar: recipe.layout === 'NCHW'
  }
}

/** Weights of red, green and blue in each channel. */
const rgbWeights: Readonly<Record<InputRecipe['channels'], readonly (readonly number[])[]>> = {
  RGB: [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
  BGR: [[0, 0, 1], [0, 1, 0], [1, 0, 0]],
  grey: [lumaWeights]
}

function perChannel (values: readonly number[], channel: number): number {
  return values[values.length === 1 ? 0 : channel]!
}
