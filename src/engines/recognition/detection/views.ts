import type { Box, Square } from '../geometry.js'
import { resizePixels, turnPixels } from '../image.js'
import type { Pixels } from '../pixels.js'
import type { InputSize } from './decoder.js'
import { applySimilarity, scaleOf, type Similarity } from '../similarity.js'

/** Pixels for the detector to look at, and where they are in the picture. */
export interface View {
  readonly pixels: Pixels
  /** Takes coordinates of the view to those of the picture. */
  readonly toPicture: Similarity
}

/** The whole picture as it is. */
export function wholeView (pixels: Pixels): View {
  return { pixels, toPicture: { a: 1, b: 0, tx: 0, ty: 0 } }
}

/** Long side, in pixels, that a picture is scaled down to before it is turned: detectors see 320 or 640 of it. */
const turnedSide = 640

/** The whole picture, turned about its centre. @param degrees clockwise */
export async function turnedView (pixels: Pixels, degrees: number): Promise<View> {
  const shrink = Math.min(1, turnedSide / Math.max(pixels.width, pixels.height))
  const small = await resizePixels(
    pixels,
    Math.max(1, Math.round(pixels.width * shrink)),
    Math.max(1, Math.round(pixels.height * shrink))
  )
  const turned = await turnPixels(small, degrees)
  // Back by the angle, and up to the size of the picture; a centre has half a pixel more than (side - 1) / 2.
  const scale = pixels.width / small.width
  const angle = -degrees * Math.PI / 180
  const a = scale * Math.cos(angle)
  const b = scale * Math.sin(angle)
  const [x, y] = [(turned.width - 1) / 2, (turned.height - 1) / 2]
  return {
    pixels: turned,
    toPicture: {
      a,
      b,
      tx: (pixels.width - 1) / 2 - a * x + b * y,
      ty: (pixels.height - 1) / 2 - b * x - a * y
    }
  }
}

/** The square with the centre and the longer side of a box of a view, in the picture: turned as the view is. */
export function squareInPicture ({ x, y, width, height }: Box, { toPicture }: View): Square {
  const [centreX, centreY, half] = [x + width / 2, y + height / 2, Math.max(width, height) / 2]
  return [
    applySimilarity(toPicture, { x: centreX, y: centreY }),
    applySimilarity(toPicture, { x: centreX + half, y: centreY }),
    applySimilarity(toPicture, { x: centreX, y: centreY + half })
  ]
}

/** The upright box in the picture with centre and size of a box of a view; it blends between turns of 90 degrees. */
export function boxInPicture ({ x, y, width, height }: Box, { toPicture }: View): Box {
  const scale = scaleOf(toPicture)
  const [along, turned] = [toPicture.a ** 2 / scale, toPicture.b ** 2 / scale]
  const across = along * width + turned * height
  const down = turned * width + along * height
  const centre = applySimilarity(toPicture, { x: x + width / 2, y: y + height / 2 })
  return { x: centre.x - across / 2, y: centre.y - down / 2, width: across, height: down }
}

/**
 * Overlapping parts of a picture, each as large as the detector's input, of the picture scaled to a long side of
 * `side`. Faces of up to a quarter of the input are whole in one of them.
 * @param input of the detector
 * @returns none when the detector sees that many pixels in the whole picture
 */
export async function tiles (pixels: Pixels, input: InputSize, side: number): Promise<View[]> {
  const longSide = Math.max(pixels.width, pixels.height)
  const scale = Math.min(1, side / longSide)
  const seen = Math.min(1, input.width / pixels.width, input.height / pixels.height)
  if (scale < minGain * seen) return []
  const small = await resizePixels(
    pixels,
    Math.max(1, Math.round(pixels.width * scale)),
    Math.max(1, Math.round(pixels.height * scale))
  )
  const back = pixels.width / small.width
  return starts(small.height, input.height).flatMap(y =>
    starts(small.width, input.width).map(x => ({
      pixels: part(small, x, y, Math.min(input.width, small.width), Math.min(input.height, small.height)),
      toPicture: { a: back, b: 0, tx: (x + 0.5) * back - 0.5, ty: (y + 0.5) * back - 0.5 }
    }))
  )
}

/** Less than this many times larger, a face is found in tiles no better than in the whole picture. */
const minGain = 1.25

/** Where parts of `length` begin that cover `total` and overlap by a quarter of their length at least. */
function starts (total: number, length: number): number[] {
  const room = total - length
  if (room <= 0) return [0]
  const count = Math.ceil(room / (0.75 * length))
  return Array.from({ length: count + 1 }, (_, i) => Math.round(i * room / count))
}

function part ({ width: across, data }: Pixels, left: number, top: number, width: number, height: number): Pixels {
  const cut = new Uint8Array(width * height * 3)
  for (let row = 0; row < height; row++) {
    const from = ((top + row) * across + left) * 3
    cut.set(data.subarray(from, from + width * 3), row * width * 3)
  }
  return { width, height, data: cut }
}
