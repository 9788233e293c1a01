import { resizePixels } from '../image.js'
import type { Pixels } from '../pixels.js'
import { aliasingFrom } from '../warp.js'
import type { InputSize } from './decoder.js'

/** A picture in the upper left of the detector's input, with its aspect ratio kept and the rest black. */
export interface Letterbox {
  /** The picture, already scaled down when it is much larger than its size in the input. */
  readonly pixels: Pixels
  /** Its size in the input. */
  readonly width: number
  readonly height: number
}

/**
 * Fits a picture into the detector's input. A side becomes at least one pixel, however thin the picture is. A picture
 * that shrinks a lot is scaled by libvips, where every pixel contributes: 2 ms for 1,600 x 1,200 pixels. One of 250 x
 * 250 is left to `openStretch`, since the call to libvips alone takes longer.
 */
export async function letterbox (pixels: Pixels, input: InputSize): Promise<Letterbox> {
  const scale = Math.min(input.width / pixels.width, input.height / pixels.height)
  const width = Math.max(1, Math.round(pixels.width * scale))
  const height = Math.max(1, Math.round(pixels.height * scale))
  const isSmall = Math.max(pixels.width / width, pixels.height / height) <= aliasingFrom
  return { pixels: isSmall ? pixels : await resizePixels(pixels, width, height), width, height }
}
