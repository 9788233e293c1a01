import { Problem, StartupError } from '../../errors.js'
import { toOriginal } from './crop-source.js'
import { openDetector } from './detection/detector.js'
import { area, mapFive, type Box, type FivePoints, type Point } from './geometry.js'
import type { Picture } from './image.js'
import { createLandmarks, isFace } from './landmarks.js'
import { openVerifiedGraph, type ModelsFolder } from './models-folder.js'
import { mostProminent } from './prominence.js'

/** A face with its five points, in pixels of the upright original. */
interface LocatedFace {
  readonly box: Box
  readonly points: FivePoints
  /** Confidence of the detector, 0..1. */
  readonly score: number
}

interface LocatedFaces {
  /** Number of faces that the detector found. */
  readonly found: number
  /** The requested ones, the largest first. */
  readonly faces: readonly LocatedFace[]
}

/**
 * @param faces the most prominent face only, or all
 * @param max limit on the number of faces
 * @throws Problem `face-missing`
 */
export type Locate = (picture: Picture, faces: 'largest' | 'all', max: number) => Promise<LocatedFaces>

/**
 * Opens a detector, and the landmarks model that it names when it finds no points itself.
 * @throws StartupError when there is no such detector, or its graph cannot be opened
 */
export async function openLocator (models: ModelsFolder, detectorId: string): Promise<Locate> {
  const detector = models.detectors.find(({ manifest }) => manifest.id === detectorId)
  if (detector === undefined) {
    const known = models.detectors.map(({ manifest }) => `"${manifest.id}"`).join(', ')
    throw new StartupError(
      'detector: expected the id of a detector ' +
        `manifest${known === '' ? ', of which the models folder has none' : `, one of ${known}`}, received ` +
        `"${detectorId}"`
    )
  }
  const landmarks = models.landmarks.find(({ manifest }) => manifest.id === detector.manifest.landmarks)
  const detect = await openDetector(detector.manifest, await openVerifiedGraph(detector))
  const findPoints = landmarks === undefined
    ? undefined
    : createLandmarks(landmarks.manifest, await openVerifiedGraph(landmarks))

  return async (picture, faces, max) => {
    const { pixels, scale } = picture
    const detections = await detect(pixels)
    const bySize = [...detections].sort((a, b) => area(b.box) - area(a.box))
    const prominent = mostProminent(detections, pixels.width, pixels.height)
    // The others are fallbacks, in case the landmarks of the prominent one are not those of a face.
    const candidates = faces === 'largest'
      ? [...bySize].sort((a, b) => Number(b === prominent) - Number(a === prominent))
      : bySize
    const wanted = faces === 'largest' ? 1 : max
    const located: LocatedFace[] = []
    for (const { box, score, points } of candidates.slice(0, max)) {
      if (located.length === wanted) break
      const five = points ?? await findPoints?.(pixels, box)
      if (five === undefined || !isFace(five)) continue
      const back = (point: Point): Point => toOriginal(picture, point)
      located.push({
        box: { ...back(box), width: box.width / scale, height: box.height / scale },
        points: mapFive(five, back),
        score
      })
    }
    if (located.length === 0) {
      throw new Problem(
        'face-missing',
        `image: expected a face, the detector "${detectorId}" found none in ${picture.width}x${picture.height} pixels`
      )
    }
    return { found: detections.length, faces: located }
  }
}
