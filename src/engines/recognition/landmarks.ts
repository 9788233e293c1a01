import type { Graph } from '../onnx/runtime.js'
import { arcFacePoints, arcFaceSide } from './face-template.js'
import { distance, mapFive, middle, type FivePoints, type Point, type Square } from './geometry.js'
import { createPictureGraph } from './graph-input.js'
import type { LandmarksManifest } from './manifest.js'
import type { Pixels } from './pixels.js'
import { applySimilarity, estimateSimilarity, invertSimilarity, type Similarity } from './similarity.js'
import { warpInto } from './warp.js'

/** The five points of a face, in pixels of the picture. */
interface FoundPoints {
  readonly points: FivePoints
  /**
   * Mean distance of the points from where the look before them, or the one after, had them, in distances between the
   * eyes. Infinite when they are not those of a face.
   */
  readonly drift: number
}

/**
 * Finds the five points of the face in a square of the picture. What the square shows upright is looked for, so that a
 * square that is turned finds a face that is turned.
 * @param isSure whether the detector is sure of the face and the square upright, so that fewer looks suffice
 */
export type FindPoints = (pixels: Pixels, square: Square, isSure: boolean) => Promise<FoundPoints>

/**
 * Of a face that the detector is sure of, points that moved by less than `still` from the first look to the second need
 * no more to confirm them; those that moved by less than `steady` need one turned look that finds them within `near`.
 * Chosen on 300 people of LFW, one photograph each, at 16 angles, seen without a turn: of 2,798 faces that were not
 * upright 2 were among those that the detector is sure of and that moved by less than 0.05, by 0.047 and 0.048, and a
 * turned look found these by 0.24 and 0.67 elsewhere. Of the 300 upright faces 265 moved by less than 0.05, of which it
 * found 261 within 0.075.
 */
const still = 0.03
const steady = 0.05
const near = 0.075

/** Degrees that a square is turned by to see whether the points stay. */
const tilt = 35

/**
 * Five points from a model of 68, found twice: in the square around the box, and then in a square that the first points
 * position, rotate and size. Boxes are loose and heads are tilted; the second pass sees a face like those the model was
 * trained on. On 500 photographs of LFW the first pass alone was off by more than a quarter of the distance between the
 * eyes in 0.2 % (with YuNet's points as the truth), the second in none. Each takes 0.3 ms.
 *
 * The model finds an upright face in everything, also in a face that lies on its side or is upside down; but there the
 * next look finds it elsewhere. A third look tells by how much.
 */
export function createLandmarks (manifest: LandmarksManifest, graph: Graph): FindPoints {
  const { input: recipe } = manifest
  const pictureGraph = createPictureGraph(manifest, graph)

  async function look (pixels: Pixels, toCrop: Similarity): Promise<FivePoints> {
    const [output] = await pictureGraph.run(
      (data, format) => warpInto(data, format, pixels, toCrop, recipe.width, recipe.height)
    )
    const values = output?.data
    if (!(values instanceof Float32Array)) throw new TypeError('expected a float32 output from the landmarks model')
    const toPicture = invertSimilarity(toCrop)
    return mapFive(
      reduceToFive(values),
      ({ x, y }) => applySimilarity(toPicture, { x: x * recipe.width, y: y * recipe.height })
    )
  }
  const lookAgain = (pixels: Pixels, points: FivePoints): Promise<FivePoints> =>
    look(pixels, fit(uprightSquare(points), recipe.width, recipe.height))

  const lookTurned = (pixels: Pixels, points: FivePoints): Promise<FivePoints> =>
    look(pixels, fit(uprightSquare(points, tilt), recipe.width, recipe.height))

  return async (pixels, square, isSure) => {
    const first = await look(pixels, fit(square, recipe.width, recipe.height))
    if (!isFace(first)) return { points: first, drift: Infinity }
    const points = await lookAgain(pixels, first)
    if (!isFace(points)) return { points, drift: Infinity }
    const before = driftBetween(first, points)
    if (isSure && before < still) return { points, drift: 0 }
    if (isSure && before < steady && driftBetween(await lookTurned(pixels, points), points) < near) {
      return { points, drift: 0 }
    }
    return { points, drift: driftBetween(await lookAgain(pixels, points), points) }
  }
}

function driftBetween (others: FivePoints, points: FivePoints): number {
  const moved = others.reduce((sum, other, i) => sum + distance(other, points[i]!), 0) / others.length
  const drift = moved / distance(points[0], points[1])
  return Number.isFinite(drift) ? drift : Infinity
}

/** Whether five points can be aligned: finite, and the eyes at least a pixel apart. */
export function isFace (points: FivePoints): boolean {
  return points.every(({ x, y }) => Number.isFinite(x) && Number.isFinite(y)) &&
    Math.hypot(points[0].x - points[1].x, points[0].y - points[1].y) >= 1
}

/**
 * ArcFace's five points from 68 in the iBUG order (Sagonas et al., "300 Faces in-the-Wild Challenge", 2013): each eye
 * is the mean of its six points, the nose is its tip, the mouth its corners.
 * @param values x, y of the 68 points
 */
export function reduceToFive (values: Float32Array): FivePoints {
  const point = (i: number): Point => ({ x: values[2 * i] as number, y: values[2 * i + 1] as number })
  const mean = (from: number, to: number): Point => {
    let x = 0
    let y = 0
    for (let i = from; i < to; i++) {
      x += point(i).x / (to - from)
      y += point(i).y / (to - from)
    }
    return { x, y }
  }
  return [mean(36, 42), mean(42, 48), point(30), point(48), point(54)]
}

function square (centre: Point, half: number): Square {
  return [centre, { x: centre.x + half, y: centre.y }, { x: centre.x, y: centre.y + half }]
}

/**
 * The square in which the landmarks model sees a face, in units of ArcFace's template: as wide as the template's own
 * crop and centred below the middle of eyes and mouth, which leaves room for the chin. Sides of 90 to 124 and centres
 * 66 to 74 below the upper edge were tried on 600 people of LFW: 112 and 70 verified best, by 0.003 at most.
 */
const upright: Square = square({ x: arcFaceSide / 2, y: 70 }, arcFaceSide / 2)

function turnSquare ([centre, right, below]: Square, degrees: number): Square {
  const [cos, sin] = [Math.cos(degrees * Math.PI / 180), Math.sin(degrees * Math.PI / 180)]
  const turn = ({ x, y }: Point): Point => {
    const [across, down] = [x - centre.x, y - centre.y]
    return { x: centre.x + cos * across - sin * down, y: centre.y + sin * across + cos * down }
  }
  return [centre, turn(right), turn(below)]
}

/** @param degrees that it is turned by, clockwise */
function uprightSquare (points: FivePoints, degrees = 0): Square {
  const toPicture = estimateSimilarity(arcFacePoints, points)
  const [centre, right, below] = degrees === 0 ? upright : turnSquare(upright, degrees)
  return [applySimilarity(toPicture, centre), applySimilarity(toPicture, right), applySimilarity(toPicture, below)]
}

function fit (from: Square, width: number, height: number): Similarity {
  const centre = middle({ x: 0, y: 0 }, { x: width, y: height })
  return estimateSimilarity(from, square(centre, Math.min(width, height) / 2))
}
