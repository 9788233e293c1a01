import { templatePoints } from './face-template.js'
import { mapFive, type Box, type FivePoints, type Point } from './geometry.js'
import type { Picture } from './image.js'
import type { Crop } from './manifest.js'
import type { Pixels } from './pixels.js'
import { applySimilarity, estimateSimilarity, invertSimilarity, scaleOf, type Similarity } from './similarity.js'

/** Pixels that crops are warped from, and the transform from coordinates of the original to theirs. */
export interface CropSource {
  readonly pixels: Pixels
  fromOriginal(point: Point): Point
}

/** A crop that a model takes. */
export interface CropSize {
  readonly crop: Crop
  readonly width: number
  readonly height: number
}

/**
 * Chooses the pixels that each face is cropped from: normally the scaled-down picture, but the original where a crop
 * would enlarge the scaled-down picture. The original is decoded once for all faces that need it, and only the part
 * that contains them.
 * @param faces points of each face, in pixels of the original
 * @returns one source per face
 */
export async function chooseSources (
  picture: Picture,
  faces: readonly FivePoints[],
  crops: readonly CropSize[]
): Promise<CropSource[]> {
  const working: CropSource = { pixels: picture.pixels, fromOriginal: (point) => toWorking(picture, point) }
  const needs = faces.map(
    (points) =>
      picture.scale < 1 && crops.some((crop) => scaleOf(toCrop(mapFive(points, working.fromOriginal), crop)) > 1)
  )
  const corners = faces.flatMap(
    (points, i) => needs[i] === true ? crops.flatMap((crop) => cornersInOriginal(points, crop)) : []
  )
  const box = wholePixels(corners, picture)
  if (box === null) return faces.map(() => working)
  const original: CropSource = {
    pixels: await picture.region(box),
    fromOriginal: ({ x, y }) => ({ x: x - box.x, y: y - box.y })
  }
  return needs.map((needed) => needed ? original : working)
}

/** The transform from pixels of a face's picture to those of a crop. */
export function toCrop (points: FivePoints, { crop, width, height }: CropSize): Similarity {
  return estimateSimilarity(points, templatePoints(crop, width, height))
}

/** Scaling keeps the corners of the picture, not the centres of its pixels: hence the halves. */
export function toWorking ({ scale }: Picture, { x, y }: Point): Point {
  return { x: (x + 0.5) * scale - 0.5, y: (y + 0.5) * scale - 0.5 }
}

export function toOriginal ({ scale }: Picture, { x, y }: Point): Point {
  return { x: (x + 0.5) / scale - 0.5, y: (y + 0.5) / scale - 0.5 }
}

function cornersInOriginal (points: FivePoints, size: CropSize): Point[] {
  const back = invertSimilarity(toCrop(points, size))
  const { width, height } = size
  return [
    { x: 0, y: 0 },
    { x: width, y: 0 },
    { x: 0, y: height },
    { x: width, y: height }
  ].map((corner) => applySimilarity(back, corner))
}

/** The smallest box of whole pixels around the points within the picture; null when it is empty. */
function wholePixels (points: readonly Point[], { width, height }: Picture): Box | null {
  if (points.length === 0) return null
  const left = Math.max(0, Math.floor(Math.min(...points.map(({ x }) => x))))
  const top = Math.max(0, Math.floor(Math.min(...points.map(({ y }) => y))))
  const right = Math.min(width, Math.ceil(Math.max(...points.map(({ x }) => x))) + 1)
  const bottom = Math.min(height, Math.ceil(Math.max(...points.map(({ y }) => y))) + 1)
  return right > left && bottom > top ? { x: left, y: top, width: right - left, height: bottom - top } : null
}
