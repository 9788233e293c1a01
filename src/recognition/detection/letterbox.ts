import { resizePixels } from '../image.js'
import type { Pixels } from '../pixels.js'
import { aliasingFrom, type PixelFormat } from '../warp.js'
import type { InputSize } from './decoder.js'

/** How a picture gets into the upper left of the detector's input, the ratio of its sides kept, the rest black. */
export interface Letterbox {
  /** The picture, scaled down to the size that it has in the input when it is much larger. */
  readonly pixels: Pixels
  /** Size that it has in the input. */
  readonly width: number
  readonly height: number
}

/**
 * Fits a picture into the detector's input. A side becomes at least one pixel, however thin the picture is.
 * One that shrinks a lot is scaled by libvips, which lets every pixel contribute: 2 ms for 1,600 x 1,200 pixels. One of
 * 250 x 250 is left for `stretchInto`: the call to libvips alone takes longer than that.
 */
export async function letterbox (pixels: Pixels, input: InputSize): Promise<Letterbox> {
  const scale = Math.min(input.width / pixels.width, input.height / pixels.height)
  const width = Math.max(1, Math.round(pixels.width * scale))
  const height = Math.max(1, Math.round(pixels.height * scale))
  const isSmall = Math.max(pixels.width / width, pixels.height / height) <= aliasingFrom
  return { pixels: isSmall ? pixels : await resizePixels(pixels, width, height), width, height }
}

/**
 * Writes a letterbox into the detector's input, bilinear, the pixels at the border continued. First rows are mixed, then
 * columns: 0.9 ms for 320 x 240 from 250 x 250, where a warp, which could turn the picture too, takes 1.2.
 * @param target as the format says, of the input's size; overwritten
 */
export function stretchInto (target: Float32Array, format: PixelFormat, box: Letterbox, input: InputSize): void {
  const { channels, planar, weights, bias } = format
  const [r0 = 0, g0 = 0, b0 = 0, r1 = 0, g1 = 0, b1 = 0, r2 = 0, g2 = 0, b2 = 0] = weights
  const [bias0 = 0, bias1 = 0, bias2 = 0] = bias
  const plane = planar ? input.width * input.height : 1
  const step = planar ? 1 : channels

  const { data } = box.pixels
  const columns = neighbours(box.pixels.width, box.width)
  const rows = neighbours(box.pixels.height, box.height)
  const line = new Float64Array(box.pixels.width * 3)
  if (box.width < input.width || box.height < input.height) fillBlack(target, format)
  for (let y = 0; y < box.height; y++) {
    mixRows(line, data, rows.first[y]! * line.length, rows.second[y]! * line.length, rows.share[y]!)
    let to = y * input.width * step
    for (let x = 0; x < box.width; x++, to += step) {
      const left = columns.first[x]! * 3
      const right = columns.second[x]! * 3
      const share = columns.share[x]!
      const red = line[left]! + share * (line[right]! - line[left]!)
      const green = line[left + 1]! + share * (line[right + 1]! - line[left + 1]!)
      const blue = line[left + 2]! + share * (line[right + 2]! - line[left + 2]!)
      target[to] = r0 * red + g0 * green + b0 * blue + bias0
      if (channels === 3) {
        target[to + plane] = r1 * red + g1 * green + b1 * blue + bias1
        target[to + 2 * plane] = r2 * red + g2 * green + b2 * blue + bias2
      }
    }
  }
}

function fillBlack (target: Float32Array, { channels, planar, bias }: PixelFormat): void {
  const plane = target.length / channels
  for (let c = 0; c < channels; c++) {
    if (planar) target.fill(bias[c]!, c * plane, (c + 1) * plane)
    else for (let k = c; k < target.length; k += channels) target[k] = bias[c]!
  }
}

/** For each of `to` places along a side of `from` pixels: the two pixels around it, and the share of the second. */
function neighbours (from: number, to: number) {
  const first = new Int32Array(to)
  const second = new Int32Array(to)
  const share = new Float64Array(to)
  for (let i = 0; i < to; i++) {
    // Scaling keeps the corners of the picture, not the centres of its pixels: hence the halves.
    const place = Math.min(from - 1, Math.max(0, (i + 0.5) * from / to - 0.5))
    first[i] = Math.floor(place)
    second[i] = Math.min(from - 1, first[i]! + 1)
    share[i] = place - first[i]!
  }
  return { first, second, share }
}

function mixRows (line: Float64Array, data: Uint8Array, first: number, second: number, share: number): void {
  for (let i = 0; i < line.length; i++) line[i] = data[first + i]! + share * (data[second + i]! - data[first + i]!)
}
