import { resizePixels } from '../image.js'
import type { Pixels } from '../pixels.js'
import { aliasingFrom } from '../warp.js'
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
 * 250 x 250 is left for `openStretch`: the call to libvips alone takes longer than that.
 */
export async function letterbox (pixels: Pixels, input: InputSize): Promise<Letterbox> {
  const scale = Math.min(input.width / pixels.width, input.height / pixels.height)
  const width = Math.max(1, Math.round(pixels.width * scale))
  const height = Math.max(1, Math.round(pixels.height * scale))
  const isSmall = Math.max(pixels.width / width, pixels.height / height) <= aliasingFrom
  return { pixels: isSmall ? pixels : await resizePixels(pixels, width, height), width, height }
}
