import type { PixelFormat, Pixels } from './pixels.js'
import { applySimilarity, type Similarity } from './similarity.js'

interface Size {
  readonly width: number
  readonly height: number
}

/** Keeps the rounding of coordinates, about 1e-13 pixels, from reading beyond the picture. */
const tolerance = 1e-9

/**
 * Sums bilinear samples of red, green and blue over a grid within each pixel of the crop, and writes what the format
 * makes of them. Places outside the picture are 0.
 *
 * @param target as the format says; overwritten
 * @param inverse takes coordinates of the crop to coordinates of the picture
 * @param offsets of the grid's samples from the middle of a pixel, in x as in y
 * @returns the weight of the samples inside the picture, one for each that is inside entirely
 */
export function averageColours (
  target: Float32Array,
  format: PixelFormat,
  source: Pixels,
  inverse: Similarity,
  { width, height }: Size,
  offsets: Float64Array
): number {
  const line = new Float64Array(width * 3) // (width, 3)
  const rowStep = format.planar ? width : width * format.channels
  let inside = 0
  for (let y = 0; y < height; y++) {
    line.fill(0)
    for (const dy of offsets) {
      for (const dx of offsets) {
        const start = applySimilarity(inverse, { x: dx, y: y + dy })
        inside += addRow(line, source, start.x, start.y, inverse.a, inverse.b)
      }
    }
    writeRow(target, y * rowStep, format, width * height, line)
  }
  return inside
}

/**
 * Adds a sample at every step (a, b) from (startX, startY) on. @returns the weight of the samples inside the picture
 */
function addRow (line: Float64Array, source: Pixels, startX: number, startY: number, a: number, b: number): number {
  const count = line.length / 3
  const [fromX, toX] = stepsWithin(startX, a, source.width - 1, count)
  const [fromY, toY] = stepsWithin(startY, b, source.height - 1, count)
  const from = Math.min(count, Math.max(fromX, fromY))
  const to = Math.max(from, Math.min(toX, toY))
  let inside = to - from
  for (let x = 0; x < from; x++) inside += addSample(line, x * 3, source, startX + a * x, startY + b * x)
  addInnerSamples(line, from, to, source, startX, startY, a, b)
  for (let x = to; x < count; x++) inside += addSample(line, x * 3, source, startX + a * x, startY + b * x)
  return inside
}

/** The steps x, from (inclusive) and to (exclusive), at which `start + step x` lies within 0 and `end`. */
function stepsWithin (start: number, step: number, end: number, count: number): [number, number] {
  const [low, high] = [tolerance - start, end - tolerance - start]
  if (step === 0) return low <= 0 && high > 0 ? [0, count] : [count, count]
  const [first, last] = step > 0 ? [low / step, high / step] : [high / step, low / step]
  return [Math.min(count, Math.max(0, Math.ceil(first))), Math.min(count, Math.max(0, Math.floor(last) + 1))]
}

/** Samples all four neighbours of which are in the picture: nearly all that there are, so they are not asked for. */
function addInnerSamples (
  line: Float64Array,
  first: number,
  end: number,
  { width, data }: Pixels,
  startX: number,
  startY: number,
  a: number,
  b: number
): void {
  const below = width * 3
  for (let x = first, to = first * 3; x < end; x++, to += 3) {
    const sourceX = startX + a * x
    const sourceY = startY + b * x
    const column = sourceX | 0
    const row = sourceY | 0
    const fx = sourceX - column
    const fy = sourceY - row
    const w11 = fx * fy
    const w10 = fy - w11
    const w01 = fx - w11
    const w00 = 1 - fx - w10
    const at = (row * below + column * 3) | 0
    const under = (at + below) | 0
    line[to]! += w00 * data[at]! + w01 * data[at + 3]! + w10 * data[under]! + w11 * data[under + 3]!
    line[to + 1]! += w00 * data[at + 1]! + w01 * data[at + 4]! + w10 * data[under + 1]! + w11 * data[under + 4]!
    line[to + 2]! += w00 * data[at + 2]! + w01 * data[at + 5]! + w10 * data[under + 2]! + w11 * data[under + 5]!
  }
}

/** Adds a sample anywhere: neighbours outside the picture count as 0. @returns the weight of those inside, 0 to 1 */
function addSample (line: Float64Array, to: number, { width, height, data }: Pixels, x: number, y: number): number {
  const left = Math.floor(x)
  const top = Math.floor(y)
  let inside = 0
  for (let row = Math.max(0, top); row <= Math.min(height - 1, top + 1); row++) {
    for (let column = Math.max(0, left); column <= Math.min(width - 1, left + 1); column++) {
      const weight = (1 - Math.abs(x - column)) * (1 - Math.abs(y - row))
      const at = (row * width + column) * 3
      for (let c = 0; c < 3; c++) line[to + c]! += weight * data[at + c]!
      inside += weight
    }
  }
  return inside
}

function writeRow (
  target: Float32Array,
  from: number,
  { channels, weights, bias, planar }: PixelFormat,
  count: number,
  line: Float64Array
): void {
  const [r0 = 0, g0 = 0, b0 = 0, r1 = 0, g1 = 0, b1 = 0, r2 = 0, g2 = 0, b2 = 0] = weights
  const [bias0 = 0, bias1 = 0, bias2 = 0] = bias
  const step = planar ? 1 : channels
  const plane = planar ? count : 1
  for (let i = 0, to = from; i < line.length; i += 3, to += step) {
    const red = line[i]!
    const green = line[i + 1]!
    const blue = line[i + 2]!
    target[to] = r0 * red + g0 * green + b0 * blue + bias0
    if (channels === 1) continue
    target[to + plane] = r1 * red + g1 * green + b1 * blue + bias1
    target[to + 2 * plane] = r2 * red + g2 * green + b2 * blue + bias2
  }
}
