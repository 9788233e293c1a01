import { templatePoints } from './face-template.js'
import { mapBox, mapFive, type Box, type FivePoints, type Point } from './geometry.js'
import type { Picture } from './image.js'
import type { BoxCrop, Crop } from './manifest.js'
import type { Pixels } from './pixels.js'
import { applySimilarity, estimateSimilarity, invertSimilarity, scaleOf, type Similarity } from './similarity.js'

/** Pixels that crops are warped from, and the transform from coordinates of the original to theirs. */
export interface CropSource {
  readonly pixels: Pixels
  fromOriginal(point: Point): Point
}

/** A face as crops are placed by it. */
export interface PlacedFace {
  readonly box: Box
  readonly points: FivePoints
  /** The box is the whole picture: crops show no margin around it, for there is none. */
  readonly whole: boolean
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
 * @param faces in pixels of the original
 * @returns one source per face
 */
export async function chooseSources (
  picture: Picture,
  faces: readonly PlacedFace[],
  crops: readonly CropSize[]
): Promise<CropSource[]> {
  const working: CropSource = { pixels: picture.pixels, fromOriginal: (point) => toWorking(picture, point) }
  const needs = faces.map(
    (face) => picture.scale < 1 && crops.some((crop) => scaleOf(toCrop(mapFace(face, working), crop)) > 1)
  )
  const corners = faces.flatMap(
    (face, i) => needs[i] === true ? crops.flatMap((crop) => cornersInOriginal(face, crop)) : []
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
export function toCrop (face: PlacedFace, { crop, width, height }: CropSize): Similarity {
  return 'box' in crop
    ? boxToCrop(face, crop, width, height)
    : estimateSimilarity(face.points, templatePoints(crop, width, height))
}

/** The face in the pixels of a source. */
export function mapFace ({ box, points, whole }: PlacedFace, { fromOriginal }: CropSource): PlacedFace {
  return { box: mapBox(box, fromOriginal), points: mapFive(points, fromOriginal), whole }
}

/**
 * Centres the grown box in the crop. It is turned by quarters only, so that a photograph that lies on its side is shown
 * upright and the others as they are.
 */
function boxToCrop (
  { box, points, whole }: PlacedFace,
  { box: { margin, resize } }: BoxCrop,
  ...size: [number, number]
) {
  const grown = whole ? 0 : 2 * margin * Math.max(box.width, box.height)
  const [left, right] = points
  const quarters = Math.round(Math.atan2(right.y - left.y, right.x - left.x) / (Math.PI / 2))
  const sides = [box.width + grown, box.height + grown]
  if (quarters % 2 !== 0) sides.reverse()
  const [byWidth, byHeight] = [size[0] / Math.max(1, sides[0]!), size[1] / Math.max(1, sides[1]!)]
  const scale = resize === 'contain' ? Math.min(byWidth, byHeight) : Math.max(byWidth, byHeight)
  const a = scale * Math.round(Math.cos(quarters * Math.PI / 2))
  const b = -scale * Math.round(Math.sin(quarters * Math.PI / 2))
  const centre = { x: box.x + box.width / 2, y: box.y + box.height / 2 }
  return {
    a,
    b,
    tx: (size[0] - 1) / 2 - a * centre.x + b * centre.y,
    ty: (size[1] - 1) / 2 - b * centre.x - a * centre.y
  }
}

/** Scaling keeps the corners of the picture, not the centres of its pixels: hence the halves. */
export function toWorking ({ scale }: Picture, { x, y }: Point): Point {
  return { x: (x + 0.5) * scale - 0.5, y: (y + 0.5) * scale - 0.5 }
}

export function toOriginal ({ scale }: Picture, { x, y }: Point): Point {
  return { x: (x + 0.5) / scale - 0.5, y: (y + 0.5) / scale - 0.5 }
}

function cornersInOriginal (face: PlacedFace, size: CropSize): Point[] {
  const back = invertSimilarity(toCrop(face, size))
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
