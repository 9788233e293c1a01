import { resizePixels } from '../image.js'
import type { Pixels } from '../pixels.js'
import type { InputSize } from './decoder.js'

/** A picture in the upper left of the detector's input, the ratio of its sides kept, the rest black. */
export interface Letterbox {
  readonly picture: Pixels
  /** Pixels of the input per pixel of the picture. */
  readonly scaleX: number
  readonly scaleY: number
}

/** Fits the picture into the detector's input. A side becomes at least one pixel, however thin the picture is. */
export async function letterbox (pixels: Pixels, { width, height }: InputSize): Promise<Letterbox> {
  const scale = Math.min(width / pixels.width, height / pixels.height)
  const inner = await resizePixels(
    pixels, Math.max(1, Math.round(pixels.width * scale)), Math.max(1, Math.round(pixels.height * scale))
  )
  const data = new Uint8Array(width * height * 3)
  for (let y = 0; y < inner.height; y++) {
    const from = y * inner.width * 3
    data.set(inner.data.subarray(from, from + inner.width * 3), y * width * 3)
  }
  return {
    picture: { width, height, data },
    scaleX: inner.width / pixels.width,
    scaleY: inner.height / pixels.height
  }
}
