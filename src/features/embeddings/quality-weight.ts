import type { Quality } from '../../engines/recognition/recognition.js'

/** How much an image counts in the mean of several, above 0. */
export function qualityWeight ({ interEyeDistance, sharpness }: Quality): number {
  return Math.max(0.05, Math.min(1, interEyeDistance / 40) * Math.min(1, sharpness / 60))
}
