import { intersectionOverUnion } from '../geometry.js'
import type { Detection } from './decoder.js'

/**
 * Greedy non-maximum suppression: of detections that overlap by more than `iouThreshold`, only the one with the highest
 * score is kept.
 * @returns the kept detections, the highest score first
 */
export function suppress (detections: readonly Detection[], iouThreshold: number): Detection[] {
  const kept: Detection[] = []
  for (const detection of [...detections].sort((a, b) => b.score - a.score)) {
    if (kept.every((other) => intersectionOverUnion(detection.box, other.box) <= iouThreshold)) kept.push(detection)
  }
  return kept
}
