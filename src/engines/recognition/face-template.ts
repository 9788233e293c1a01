import { mapFive, type FivePoints } from './geometry.js'
import type { PointsCrop } from './manifest.js'

/** Side of the square in which ArcFace gives its five points, in pixels. */
export const arcFaceSide = 112

/**
 * ArcFace's positions of left eye, right eye, nose and the corners of the mouth in a crop of 112 x 112 pixels (Deng et
 * al., "ArcFace", CVPR 2019; insightface, `face_align.py`).
 */
export const arcFacePoints: FivePoints = [
  { x: 38.2946, y: 51.6963 },
  { x: 73.5318, y: 51.5014 },
  { x: 56.0252, y: 71.7366 },
  { x: 41.5493, y: 92.3655 },
  { x: 70.7299, y: 92.2041 }
]

/** ArcFace's own crop: the template unchanged. */
export const arcFaceCrop: PointsCrop = { scale: 1, centreY: 0.5 }

/** The five points of the template in a crop of `width` x `height` pixels, placed as the manifest's `crop` says. */
export function templatePoints (crop: PointsCrop, width: number, height: number): FivePoints {
  return mapFive(arcFacePoints, ({ x, y }) => ({
    x: ((x / arcFaceSide - 0.5) * crop.scale + 0.5) * width,
    y: ((y / arcFaceSide - crop.centreY) * crop.scale + 0.5) * height
  }))
}
