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
 * threshold, so that it is a match for whoever compares the two. What else is derived of the score has to be derived of
 * this.
 *
 * @param threshold by which it was decided; null when nothing was
 */
export function disclosedScore (disclosure: Disclosure, score: number, threshold: number | null): number | null {
  if (disclosure === 'exact') return score
  if (disclosure === 'none' || threshold === null || score < threshold) return null
  // The small addend makes up for quotients that fall short of a whole number: 0.15 / 0.05 is 2.9999999999999996.
  return Math.max(threshold, Number((Math.floor(score / scoreStep + 1e-9) * scoreStep).toFixed(2)))
}
