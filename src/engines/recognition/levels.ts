import type { Box } from './geometry.js'
import { lumaWeights, type Pixels } from './pixels.js'

/** Maps each value of a channel, 0..255, to another one. */
export type Levels = Uint8Array

/** Fraction of the pixels that may become black, and as many white. */
const clipped = 0.005

/** A picture whose levels span at least this much is neither dark nor flat. */
export const fullSpan = 128

/**
 * A face whose levels span less than this is embedded with its levels stretched. Of 40 people of LFW the faces span 143
 * at least. At 0.2 to 0.4 of the brightness or of the contrast the mean cosine of r512 to the template of the original
 * rises from 0.77 to 0.96 without stretching to 0.98, at a tenth from 0.20 and 0.59 to 0.99.
 */
export const faceSpan = 96

/** A picture has a shade to lift where a tenth of it has lower levels than this. */
const shade = 64

/** So many pixels are counted, evenly over the picture: they take 0.2 ms. */
const countedPixels = 20_000

/**
 * Levels that stretch a dark or flat picture to the whole range, all channels alike, so that colours keep their hue.
 * @param span that suffices, in levels
 * @param box in pixels of the picture whose levels are meant; all of it unless given
 * @returns null when the levels span that much, or there is one level only
 */
export function stretchedLevels (pixels: Pixels, span: number, box?: Box): Levels | null {
  const histogram = countLuma(pixels, box)
  const [low, high] = [percentile(histogram, clipped), percentile(histogram, 1 - clipped)]
  if (high <= low || high - low >= span) return null
  return Uint8Array.from({ length: 256 }, (_, v) => clamp((v - low) / (high - low) * 255))
}

/**
 * Levels that lift what is in the shade, for faces in front of a bright background.
 * @returns null when there is no shade
 */
export function liftedLevels (pixels: Pixels): Levels | null {
  return percentile(countLuma(pixels), 0.1) >= shade
    ? null
    : Uint8Array.from({ length: 256 }, (_, v) => clamp(255 * (v / 255) ** 0.45))
}

export function applyLevels (pixels: Pixels, levels: Levels): Pixels {
  const { width, height, data } = pixels
  const mapped = new Uint8Array(data.length)
  for (let i = 0; i < data.length; i++) mapped[i] = levels[data[i]!]!
  return { width, height, data: mapped }
}

function countLuma ({ width, height, data }: Pixels, box: Box = { x: 0, y: 0, width, height }): Float64Array {
  const counts = new Float64Array(256)
  const [left, top] = [Math.max(0, Math.round(box.x)), Math.max(0, Math.round(box.y))]
  const [right, bottom] = [Math.min(width, box.x + box.width), Math.min(height, box.y + box.height)]
  const step = Math.max(1, Math.floor(Math.sqrt((right - left) * (bottom - top) / countedPixels)))
  const [red, green, blue] = lumaWeights
  for (let y = top; y < bottom; y += step) {
    for (let x = left; x < right; x += step) {
      const i = 3 * (y * width + x)
      counts[Math.round(red * data[i]! + green * data[i + 1]! + blue * data[i + 2]!)]!++
    }
  }
  return counts
}

function percentile (histogram: Float64Array, fraction: number): number {
  const wanted = fraction * histogram.reduce((sum, count) => sum + count, 0)
  let sum = 0
  for (let level = 0; level < 256; level++) {
    sum += histogram[level]!
    if (sum > wanted) return level
  }
  return 255
}

function clamp (value: number): number {
  return Math.round(Math.min(255, Math.max(0, value)))
}
