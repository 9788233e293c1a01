import { area, type Box } from './geometry.js'

/**
 * Boxes with at least this fraction of the largest area count as equally large: detectors' boxes are accurate to about
 * an eighth of a side, and people cut by the border of the picture get boxes that reach beyond it.
 */
const equallyLarge = 0.75

/**
 * The face that a picture is of: the largest, and among equally large ones the most central. In 1,912 photographs of
 * 600 people of LFW, where the labelled person is in the middle, the strictly largest box was someone else's in 13, and
 * the TMR of r512 at FMR 1e-3 was 0.980 in place of 0.990.
 * @param detections with their boxes in pixels of the picture
 * @param prefer those of equally large ones that come before the others
 * @returns undefined when there are none
 */
export function mostProminent<T extends { readonly box: Box }> (
  detections: readonly T[],
  width: number,
  height: number,
  prefer: (detection: T) => boolean = () => true
): T | undefined {
  const largest = Math.max(...detections.map(({ box }) => area(box)))
  const offCentre = ({ box }: T): number =>
    Math.hypot(box.x + box.width / 2 - width / 2, box.y + box.height / 2 - height / 2)
  const large = detections.filter(({ box }) => area(box) >= equallyLarge * largest)
  const preferred = large.filter(prefer)
  return (preferred.length > 0 ? preferred : large).sort((a, b) => offCentre(a) - offCentre(b))[0]
}
