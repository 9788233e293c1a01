import type { GraphTensor } from '../onnx/runtime.js'
import type { InputRecipe } from './manifest.js'
import { luma } from './pixels.js'

/** Interleaved RGB, values 0..255, of any numeric array. */
export interface RgbSource {
  readonly width: number
  readonly height: number
  readonly data: Uint8Array | Float32Array
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
 * A picture as the graph takes it: `(v - mean) / std` per channel, in the recipe's order of channels and layout.
 * A single mean or std goes for all channels.
 * @throws RangeError when the picture has other dimensions than the recipe
 */
export function toGraphInput (picture: RgbSource, recipe: InputRecipe): GraphTensor {
  const { width, height, data } = picture
  if (width !== recipe.width || height !== recipe.height) {
    throw new RangeError(`expected a picture of ${recipe.width}x${recipe.height}, received ${width}x${height}`)
  }
  const channels = channelCount(recipe)
  const count = width * height
  const tensor = new Float32Array(count * channels)
  for (let c = 0; c < channels; c++) {
    const mean = perChannel(recipe.mean, c)
    const scale = 1 / perChannel(recipe.std, c)
    const from = recipe.channels === 'BGR' ? 2 - c : c
    const step = recipe.layout === 'NCHW' ? 1 : channels
    let to = recipe.layout === 'NCHW' ? c * count : c
    for (let i = 0, at = 0; i < count; i++, at += 3, to += step) {
      const value = channels === 1
        ? luma(data[at] as number, data[at + 1] as number, data[at + 2] as number)
        : data[at + from] as number
      tensor[to] = (value - mean) * scale
    }
  }
  return { data: tensor, dims: inputDims(recipe) }
}

function perChannel (values: readonly number[], channel: number): number {
  return values[values.length === 1 ? 0 : channel] as number
}
