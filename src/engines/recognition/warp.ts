import { lumaWeights, type PixelFormat, type Pixels } from './pixels.js'
import { invertSimilarity, scaleOf, type Similarity } from './similarity.js'
import { averageColours } from './warp-colours.js'
import { averagePlane, mixColours, regionOf } from './warp-luma.js'

/** A crop, values not rounded. */
export interface Crop {
  readonly width: number
  readonly height: number
  /** (height, width, 3), or as another format has it */
  readonly data: Float32Array
  /** Fraction of the crop, 0 to 1, that lies outside the picture and is therefore 0. */
  readonly outside: number
}

/** Luma, 0 to 255. */
export const luma: PixelFormat = { channels: 1, weights: lumaWeights, bias: [0], planar: true }

/** Interleaved RGB, unchanged. */
export const plainRgb: PixelFormat = {
  channels: 3,
  weights: [1, 0, 0, 0, 1, 0, 0, 0, 1],
  bias: [0, 0, 0],
  planar: false
}

/**
 * Beyond this many source pixels per pixel of the crop, a pixel of the crop is the mean over a grid of samples. Up to
 * it, one bilinear sample already reads most of the pixels it covers, and it is what the models were trained with.
 */
export const aliasingFrom = 1.5

/** A face of 1,600 pixels in a crop of 112 shrinks 14 times; a finer grid than this costs time and changes nothing. */
const maxGrid = 16

/**
 * Warps a picture into a crop, bilinear, 0 outside the picture.
 * @param transform takes coordinates of the picture to coordinates of the crop
 * @throws RangeError when the transform has scale 0
 */
export function warp (source: Pixels, transform: Similarity, width: number, height: number, format = plainRgb): Crop {
  const data = new Float32Array(width * height * format.channels)
  return { width, height, data, outside: warpInto(data, format, source, transform, width, height) }
}

/**
 * Warps a picture into an array, in any format: the input of a graph is written directly, without a crop in between.
 * @param target (channels, height, width) or (height, width, channels), as the format says; overwritten
 * @param transform takes coordinates of the picture to coordinates of the crop
 * @returns fraction of the crop, 0 to 1, that lies outside the picture, where red, green and blue are 0
 * @throws RangeError when the transform has scale 0, or the array has another length
 */
export function warpInto (
  target: Float32Array,
  format: PixelFormat,
  source: Pixels,
  transform: Similarity,
  width: number,
  height: number
): number {
  const { channels, weights, bias } = format
  const count = width * height
  if (target.length !== count * channels) {
    throw new RangeError(`expected an array of ${count * channels} numbers, received ${target.length}`)
  }
  const inverse = invertSimilarity(transform)
  const shrink = scaleOf(inverse)
  const grid = shrink <= aliasingFrom ? 1 : Math.min(maxGrid, Math.ceil(shrink))
  const samples = grid * grid
  const shares = weights.map(weight => weight * (1 / samples))
  const offsets = Float64Array.from({ length: grid }, (_, i) => (i + 0.5) / grid - 0.5)
  const size = { width, height }

  const region = channels === 1 ? regionOf(source, inverse, width, height) : null
  if (region !== null) {
    averagePlane(target, bias[0]!, mixColours(source, region, shares), inverse, size, offsets)
    return 0
  }
  const inside = averageColours(target, { ...format, weights: shares }, source, inverse, size, offsets)
  return 1 - inside / samples / count
}
