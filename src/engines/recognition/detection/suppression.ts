import { intersectionOverUnion } from '../geometry.js'
import type { Detection } from './decoder.js'

/**
 * Greedy non-maximum suppression: of detections that overlap by more than `iouThreshold`, the one with the highest
 * score.
 * @returns the detections that are kept, by falling score
 */
export function suppress (detections: readonly Detection[], iouThreshold: number): Detection[] {
  const kept: Detection[] = []
  for (const detection of [...detections].sort((a, b) => b.score - a.score)) {
    if (kept.every((other) => intersectionOverUnion(detection.box, other.box) <= iouThreshold)) kept.push(detection)
  }
  return kept
}
