import { Problem, StartupError } from '../../errors.js'
import { toOriginal } from './crop-source.js'
import { openDetector } from './detection/detector.js'
import { area, mapBox, mapFive, type Box, type FivePoints, type Point } from './geometry.js'
import type { Picture } from './image.js'
import { createLandmarks } from './landmarks.js'
import { openVerifiedGraph, type ModelsFolder } from './model-graphs.js'
import { mostProminent } from './prominence.js'
import { createSearch } from './search.js'
import { createLook, isSure, isUsable, type Sighting } from './sighting.js'

/** A face with its five points, in pixels of the upright original. */
interface LocatedFace {
  readonly box: Box
  readonly points: FivePoints
  /** Confidence of the detector, 0..1. */
  readonly score: number
}

interface LocatedFaces {
  /** Boxes of all faces that the detector found, in pixels of the upright original. */
  readonly boxes: readonly Box[]
  /** How many of them have points that are not clear, so that they cannot be aligned. */
  readonly unclear: number
  /** The requested ones, the largest first. */
  readonly faces: readonly LocatedFace[]
}

/**
 * @param faces the most prominent face only, or all
 * @param max limit on the number of faces
 * @throws Problem `face-missing`, or `face-unclear` when there is no face, or not the most prominent one, whose points
 *   are clear
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
  const search = createSearch(createLook(detect, findPoints), detector.manifest.input)

  return async (picture, wanted, max) => {
    const { pixels } = picture
    const back = (point: Point): Point => toOriginal(picture, point)
    const { boxes, sightings } = await search(pixels, wanted, max)
    const prominent = mostProminent(
      sightings.filter(counts(sightings)),
      pixels.width,
      pixels.height,
      isUsable
    )
    if (prominent === undefined) {
      throw new Problem(
        'face-missing',
        `image: expected a face, the detector "${detectorId}" found none in ${picture.width}x${picture.height} pixels`
      )
    }
    const clear = wanted === 'largest'
      ? [prominent].filter(isUsable)
      : sightings.filter(isUsable).sort((a, b) => area(b.box) - area(a.box)).slice(0, max)
    if (clear.length === 0) throw unclear(prominent)
    const enlarge = (box: Box): Box => mapBox(box, back)
    return {
      boxes: boxes.map(enlarge),
      unclear: sightings.filter(sighting => !isUsable(sighting)).length,
      faces: clear.map(({ box, points, score }) => ({ box: enlarge(box), points: mapFive(points, back), score }))
    }
  }
}

/**
 * Which sightings may be the face that a picture is of. Something unclear that the detector hardly took for a face is
 * none beside a clear face of which it is sure: patterns of clothes and trees are found as well.
 */
function counts (sightings: readonly Sighting[]): (sighting: Sighting) => boolean {
  return sightings.some(isSure) ? sighting => isUsable(sighting) || sighting.score >= hardlySeen : () => true
}

const hardlySeen = 0.9

function unclear ({ box }: Sighting): Problem {
  return new Problem(
    'face-unclear',
    `image: expected a face whose eyes, nose and mouth can be told, the largest of ${Math.round(box.width)}x` +
      `${Math.round(box.height)} pixels is unclear in every turn of the picture`
  )
}
