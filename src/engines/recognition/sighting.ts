import { boxInPicture, squareInPicture, type View } from './detection/views.js'
import type { Detect } from './detection/detector.js'
import { intersectionOverUnion, mapFive, type Box, type FivePoints } from './geometry.js'
import type { FindPoints } from './landmarks.js'
import type { Pixels } from './pixels.js'
import { applySimilarity } from './similarity.js'

/** A face with its five points, in pixels of the picture. */
export interface Sighting {
  readonly box: Box
  readonly points: FivePoints
  /** Confidence of the detector, 0..1. */
  readonly score: number
  /** See `FoundPoints`; 0 when the detector finds the points itself. */
  readonly drift: number
}

/** A detection whose points are found when they are asked for. */
export interface Candidate {
  readonly box: Box
  /** Looks for the points in the picture, at its full size. */
  examine(): Promise<Sighting>
}

/** Of detections with at least this score the detector is sure: in upright faces of LFW 95 % have more. */
const sure = 0.999

/**
 * Points that move by less than this are those of an upright face. It was chosen on 150 people of LFW, one photograph
 * each, turned by multiples of 45 degrees: none of 150 upright photographs had more, and none of 693 whose template was
 * that of nobody had less.
 */
const clearDrift = 0.025

/**
 * Points that move by less than this, where they move least of all turns, are good enough to align a face: heads that
 * look down, hair over an eye. Profiles move by 0.1 and more, and have the template of nobody.
 */
const usableDrift = 0.05

/** @param findPoints undefined when the detector finds them itself */
export function createLook (detect: Detect, findPoints: FindPoints | undefined) {
  /** Faces that the detector finds in a view of a picture, the highest score first. */
  return async function look (picture: Pixels, view: View): Promise<Candidate[]> {
    const detections = await detect(view.pixels)
    return detections.map(({ box: inView, score, points }) => {
      const box = boxInPicture(inView, view)
      return {
        box,
        async examine () {
          const found = points === null
            ? await findPoints!(picture, squareInPicture(inView, view), score >= sure && isUpright(view))
            : { points: mapFive(points, point => applySimilarity(view.toPicture, point)), drift: 0 }
          return { box, score, ...found }
        }
      }
    })
  }
}

/** In a turned view the detector is as sure of a face that is upside down, so every sighting there needs all looks. */
function isUpright ({ toPicture }: View): boolean {
  return toPicture.b === 0
}

export type Look = ReturnType<typeof createLook>

export function isClear ({ drift }: Sighting): boolean {
  return drift < clearDrift
}

/** Whether the face can be aligned, once every turn has been looked at. */
export function isUsable ({ drift }: Sighting): boolean {
  return drift < usableDrift
}

/**
 * Whether the face is clear and the detector is sure of it, so that it need not be looked for in another turn. Steadier
 * points need less of a score: in turned photographs of LFW the wrong ones that were clear moved by 0.018 and 0.02, at
 * scores of 0.996 and 0.988. About 3 % of the upright photographs are not sure.
 */
export function isSure (sighting: Sighting): boolean {
  return isClear(sighting) && sighting.score >= (sighting.drift < clearDrift / 2 ? 0.95 : 0.998)
}

/**
 * Adds what another look saw: of a face that was not usable before, the sighting with the steadier points counts; a new
 * one must be clear.
 */
export function mergeSightings (before: readonly Sighting[], seen: readonly Sighting[]): Sighting[] {
  const merged = [...before]
  for (const sighting of seen) {
    const same = merged.findIndex(other => areSame(other.box, sighting.box))
    if (same === -1) {
      if (isClear(sighting)) merged.push(sighting)
    } else if (!isUsable(merged[same]!) && sighting.drift < merged[same]!.drift) merged[same] = sighting
  }
  return merged
}

/** Whether two looks saw one face: a face on its side has boxes that cover different parts of it. */
export function areSame (a: Box, b: Box): boolean {
  return intersectionOverUnion(a, b) > 0.2 || containsCentre(a, b) || containsCentre(b, a)
}

function containsCentre (outer: Box, { x, y, width, height }: Box): boolean {
  const [right, below] = [x + width / 2 - outer.x, y + height / 2 - outer.y]
  return right >= 0 && right <= outer.width && below >= 0 && below <= outer.height
}
