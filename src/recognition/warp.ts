import type { Pixels } from './pixels.js'
import { invertSimilarity, scaleOf, type Similarity } from './similarity.js'

/** A crop as interleaved RGB, values 0..255, not rounded. */
export interface Crop {
  readonly width: number
  readonly height: number
  /** (height, width, 3) */
  readonly data: Float32Array
  /** Fraction of the crop, 0..1, that lies outside the picture and is therefore 0. */
  readonly outside: number
}

/**
 * Beyond this many source pixels to a pixel of the crop, a pixel of the crop is the mean over a grid of samples.
 * Up to it, one bilinear sample already reads most of the pixels that it covers, and it is what the models were
 * trained with.
 */
const aliasingFrom = 1.5

/** A face of 1,600 pixels in a crop of 112 shrinks 14 times; a finer grid than this costs time and changes nothing. */
const finestGrid = 16

/**
 * Warps a picture into a crop, bilinear, 0 outside the picture.
 * @param transform takes coordinates of the picture to coordinates of the crop
 * @throws RangeError when the transform has scale 0
 */
export function warp (source: Pixels, transform: Similarity, width: number, height: number): Crop {
  const inverse = invertSimilarity(transform)
  const shrink = scaleOf(inverse)
  const grid = shrink <= aliasingFrom ? 1 : Math.min(finestGrid, Math.ceil(shrink))
  const data = new Float32Array(width * height * 3)
  const sample = new Float64Array(3)
  let inside = 0
  let offset = 0
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++, offset += 3) {
      sample.fill(0)
      for (let j = 0; j < grid; j++) {
        const v = y + (j + 0.5) / grid - 0.5
        for (let i = 0; i < grid; i++) {
          const u = x + (i + 0.5) / grid - 0.5
          inside += addBilinear(
            sample, source,
            inverse.a * u - inverse.b * v + inverse.tx,
            inverse.b * u + inverse.a * v + inverse.ty
          )
        }
      }
      for (let c = 0; c < 3; c++) data[offset + c] = (sample[c] as number) / (grid * grid)
    }
  }
  return { width, height, data, outside: 1 - inside / (width * height * grid * grid) }
}

/**
 * Adds the value of the picture at (x, y), interpolated from its four neighbours, to `sum`.
 * @returns the weight of those neighbours that exist, 0..1
 */
function addBilinear (sum: Float64Array, { width, height, data }: Pixels, x: number, y: number): number {
  const left = Math.floor(x)
  const top = Math.floor(y)
  if (left < -1 || top < -1 || left >= width || top >= height) return 0
  const fx = x - left
  const fy = y - top
  let inside = 0
  for (let dy = 0; dy < 2; dy++) {
    const row = top + dy
    if (row < 0 || row >= height) continue
    for (let dx = 0; dx < 2; dx++) {
      const column = left + dx
      if (column < 0 || column >= width) continue
      const weight = (dx === 0 ? 1 - fx : fx) * (dy === 0 ? 1 - fy : fy)
      const at = (row * width + column) * 3
      sum[0] = (sum[0] as number) + weight * (data[at] as number)
      sum[1] = (sum[1] as number) + weight * (data[at + 1] as number)
      sum[2] = (sum[2] as number) + weight * (data[at + 2] as number)
      inside += weight
    }
  }
  return inside
}
