import { area, type Box } from './geometry.js'

/**
 * Boxes whose area is at least this fraction of the largest count as equally large: a detector's box is no truer than
 * an eighth to a side, and people cut by the border of the picture get boxes that reach beyond it.
 */
const equallyLarge = 0.75

/**
 * The face that a picture is of: the largest, and of those that are equally large the most central.
 * On 1,912 photographs of 600 people of LFW, where the person of the label is in the middle, the strictly largest box
 * was somebody else in 13, and TMR of r512 at FMR 1e-3 was 0.980 in place of 0.990.
 * @param detections with their boxes in pixels of the picture
 * @returns undefined when there are none
 */
export function mostProminent<T extends { readonly box: Box }> (
  detections: readonly T[], width: number, height: number
): T | undefined {
  const largest = Math.max(...detections.map(({ box }) => area(box)))
  const offCentre = ({ box }: T): number =>
    Math.hypot(box.x + box.width / 2 - width / 2, box.y + box.height / 2 - height / 2)
  return detections
    .filter(({ box }) => area(box) >= equallyLarge * largest)
    .sort((a, b) => offCentre(a) - offCentre(b))[0]
}
