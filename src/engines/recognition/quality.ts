import { arcFacePoints } from './face-template.js'
import { distance, middle, type FivePoints } from './geometry.js'
import type { Crop } from './warp.js'

/**
 * Measures of a face that need no quality model, each with its unit: those of ISO/IEC 29794-5 that five points and the
 * luma of a crop give. They are not scores: how much each matters depends on the recognition model.
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
  /** Entropy of the levels of the aligned crop, in bits, 0..8: the dynamic range of ISO/IEC 29794-5. */
  readonly dynamicRange: number
  /** Fraction of the aligned crop with a level of at most 25 of 255, 0 to 1. What lies outside the image is black. */
  readonly underExposed: number
  /** Fraction of the aligned crop with a level of at least 247 of 255, 0 to 1. */
  readonly overExposed: number
  /** Intersection of the histograms of both cheeks, 0 to 1: 1 when both are lit alike. */
  readonly illuminationUniformity: number
  /** Fraction of the aligned crop outside the image, 0 to 1. */
  readonly outside: number
  /** Angle of the line from the left to the right eye, in degrees, -180..180, clockwise; null for aligned crops. */
  readonly roll: number | null
  /**
   * Offset of the nose from the middle between eyes and mouth, along the line of the eyes, in distances between the
   * eyes: 0 when frontal, positive when the nose is to the right in the picture; null for aligned crops.
   */
  readonly yaw: number | null
  /**
   * Offset of the nose from half way between eyes and mouth, in distances between these: 0 when frontal, negative when
   * the face looks up; null for aligned crops.
   */
  readonly pitch: number | null
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
  const [eyes, mouth] = [middle(left, right), middle(mouthLeft, mouthRight)]
  const centre = middle(eyes, mouth)
  const [downX, downY] = [mouth.x - eyes.x, mouth.y - eyes.y]
  const { mean, variance } = moments(crop.data)
  return {
    interEyeDistance,
    sharpness: laplacianMoments(crop.data, crop.width, crop.height).variance,
    brightness: mean,
    contrast: Math.sqrt(variance),
    ...exposure(crop.data),
    illuminationUniformity: cheekIntersection(crop),
    outside: crop.outside,
    roll: aligned ? null : Math.atan2(alongY, alongX) * 180 / Math.PI,
    yaw: aligned ? null : ((nose.x - centre.x) * alongX + (nose.y - centre.y) * alongY) / interEyeDistance,
    pitch: aligned
      ? null
      : ((nose.x - centre.x) * downX + (nose.y - centre.y) * downY) / (downX * downX + downY * downY)
  }
}

/** The levels that ISO/IEC 29794-5 counts as under- and overexposed, inclusive. */
const darkUpTo = 25
const brightFrom = 247

function exposure (luma: Float32Array): Pick<Quality, 'dynamicRange' | 'underExposed' | 'overExposed'> {
  const counts = new Uint32Array(256)
  // Means of levels exceed 0 and 255 by rounding errors at most: a half more, without its fraction, is the nearest.
  for (let i = 0; i < luma.length; i++) counts[luma[i]! + 0.5 | 0]!++
  let [dynamicRange, under, over] = [0, 0, 0]
  for (let level = 0; level < counts.length; level++) {
    const count = counts[level]!
    if (level <= darkUpTo) under += count
    if (level >= brightFrom) over += count
    const p = count / luma.length
    if (count > 0) dynamicRange -= p * Math.log2(p)
  }
  return { dynamicRange, underExposed: under / luma.length, overExposed: over / luma.length }
}

/** Side of the square on each cheek, in pixels of the crop: half the distance between the eyes. */
const cheekSide = 18
/** Levels per bin: a cheek has 324 pixels, too few for a bin of each level. */
const cheekBins = 32

/** ISO/IEC 29794-5 compares the levels below both eyes, half way to the mouth. */
function cheekIntersection ({ data, width }: Crop): number {
  const [left, right, , mouth] = arcFacePoints
  const top = Math.round((left.y + mouth.y) / 2 - cheekSide / 2)
  const histogram = (eye: number): Float64Array => {
    const bins = new Float64Array(cheekBins)
    const from = Math.round(eye - cheekSide / 2)
    for (let y = top; y < top + cheekSide; y++) {
      for (let x = from; x < from + cheekSide; x++) {
        const bin = Math.min(cheekBins - 1, Math.max(0, Math.floor(data[y * width + x]! * cheekBins / 256)))
        bins[bin] = bins[bin]! + 1 / cheekSide ** 2
      }
    }
    return bins
  }
  const other = histogram(right.x)
  return Math.min(1, histogram(left.x).reduce((sum, share, bin) => sum + Math.min(share, other[bin]!), 0))
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
