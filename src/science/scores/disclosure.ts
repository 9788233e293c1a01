/**
 * What somebody is told of comparison scores. Each score is a measurement of a template or of a map along a direction
 * that the caller chooses: as many exact ones as a template has dimensions determine it, see docs/threat-model.md.
 *
 * `exact`: the score. `coarse`: the score of a match, rounded down. `none`: the decision.
 */
export type Disclosure = 'exact' | 'coarse' | 'none'

/** Of coarse scores. */
export const scoreStep = 0.05

/**
 * The highest false match rate at which something is decided for those who are not told exact scores. At a rate of 0.1
 * one probe in ten matches, and the mean of some forty that did is a template's neighbour; of 0.001 it takes a hundred
 * times as many calls.
 */
export const highestHiddenRate = 1e-3

/** The rate to decide at: never more false matches than asked for. */
export function rateFor (disclosure: Disclosure, falseMatchRate: number): number {
  return disclosure === 'exact' ? falseMatchRate : Math.min(falseMatchRate, highestHiddenRate)
}

/** The same for a search of so many references, on the average over them. */
export function openSetRateFor (disclosure: Disclosure, falsePositiveRate: number, references: number): number {
  return disclosure === 'exact' || references === 0
    ? falsePositiveRate
    : Math.min(falsePositiveRate, highestHiddenRate * references)
}

/**
 * What is told of a score. A coarse one is a multiple of the step that the score reaches, and no lower than the
 * threshold, so that comparing the two gives a match too. Anything derived from the score must be derived from what is
 * told.
 *
 * @param threshold by which it was decided; null when nothing was
 */
export function disclosedScore (disclosure: Disclosure, score: number, threshold: number | null): number | null {
  if (disclosure === 'exact') return score
  if (disclosure === 'none' || threshold === null || score < threshold) return null
  // The small addend makes up for quotients that fall short of a whole number: 0.15 / 0.05 is 2.9999999999999996.
  return Math.max(threshold, Number((Math.floor(score / scoreStep + 1e-9) * scoreStep).toFixed(2)))
}

/**
 * In place: what is told of many scores to those who are told coarse ones, see `disclosedScore`; NaN where nothing is.
 * Single precision rounds up, so that what is told still reaches the threshold.
 */
export function coarsen (scores: Float32Array, threshold: number | null): void {
  for (let k = 0; k < scores.length; k++) {
    const told = disclosedScore('coarse', scores[k]!, threshold)
    scores[k] = told === null ? NaN : singleAtLeast(told)
  }
}

const bits = new Int32Array(1)
const single = new Float32Array(bits.buffer)

/** The smallest number of single precision that is no less. */
function singleAtLeast (value: number): number {
  single[0] = value
  if (single[0]! >= value) return single[0]!
  // The bits of neighbours are neighbours; towards zero where the sign is set (IEEE 754-2019, section 3.4).
  bits[0] = bits[0]! + (single[0]! < 0 ? -1 : 1)
  return single[0]!
}
