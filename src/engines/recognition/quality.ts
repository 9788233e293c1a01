import { distance, middle, type FivePoints } from './geometry.js'
import type { Crop } from './warp.js'

/**
 * Measures of a face that need no quality model, each with its unit. They are not scores: how much each matters depends
 * on the recognition model.
 */
export interface Quality {
  /**
   * Distance between the eyes in pixels of the original image; ISO/IEC 19794-5 requires 90 in a passport photograph.
   */
  readonly interEyeDistance: number
  /** Variance of the Laplacian of the aligned crop of 112 x 112, in squared grey levels; low when blurred. */
  readonly sharpness: number
  /** Mean of the aligned crop, in grey levels, 0..255. */
  readonly brightness: number
  /** Standard deviation of the aligned crop, in grey levels. */
  readonly contrast: number
  /** Fraction of the aligned crop outside the image, 0 to 1. */
  readonly outside: number
  /** Angle of the line from the left to the right eye, in degrees, -180..180, clockwise; null for aligned crops. */
  readonly roll: number | null
  /**
   * Offset of the nose from the middle between eyes and mouth, along the line of the eyes, in distances between the
   * eyes: 0 when frontal, positive when the nose is to the right in the picture; null for aligned crops.
   */
  readonly yaw: number | null
}

/**
 * @param points in pixels of the original image
 * @param crop ArcFace's own crop of the face, 112 x 112, its luma
 * @param aligned whether the points were assumed rather than found, so that they say nothing about the pose
 */
export function measureQuality (points: FivePoints, crop: Crop, aligned: boolean): Quality {
  const [left, right, nose, mouthLeft, mouthRight] = points
  const interEyeDistance = distance(left, right)
  const alongX = (right.x - left.x) / interEyeDistance
  const alongY = (right.y - left.y) / interEyeDistance
  const centre = middle(middle(left, right), middle(mouthLeft, mouthRight))
  const { mean, variance } = moments(crop.data)
  return {
    interEyeDistance,
    sharpness: laplacianMoments(crop.data, crop.width, crop.height).variance,
    brightness: mean,
    contrast: Math.sqrt(variance),
    outside: crop.outside,
    roll: aligned ? null : Math.atan2(alongY, alongX) * 180 / Math.PI,
    yaw: aligned ? null : ((nose.x - centre.x) * alongX + (nose.y - centre.y) * alongY) / interEyeDistance
  }
}

interface Moments {
  readonly mean: number
  readonly variance: number
}

function moments (values: Float32Array): Moments {
  let [sum, squares] = [0, 0]
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!
    sum += value
    squares += value * value
  }
  return momentsOf(sum, squares, values.length)
}

/** Moments of the sum of the four neighbours minus four times the pixel, without the border. */
function laplacianMoments (grey: Float32Array, width: number, height: number): Moments {
  let [sum, squares] = [0, 0]
  for (let y = 1; y < height - 1; y++) {
    for (let at = y * width + 1, end = (y + 1) * width - 1; at < end; at++) {
      const value = grey[at - 1]! + grey[at + 1]! + grey[at - width]! + grey[at + width]! - 4 * grey[at]!
      sum += value
      squares += value * value
    }
  }
  return momentsOf(sum, squares, (width - 2) * (height - 2))
}

/** Grey levels have digits to spare for this difference in double precision; for equal ones it may come out below 0. */
function momentsOf (sum: number, squares: number, count: number): Moments {
  const mean = sum / count
  return { mean, variance: Math.max(0, squares / count - mean * mean) }
}
