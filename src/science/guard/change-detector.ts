/**
 * Watches a stream of outcomes for a change of how often they occur. False alarms are bounded in time, whatever the
 * traffic: on average at most one per period.
 *
 * It is a Shiryaev-Roberts e-detector (Shin, Ramdas, Rinaldo: "E-detectors: a nonparametric framework for sequential
 * change detection", 2023, arXiv 2203.03532). For each of K bets, which are e-values of one outcome, it keeps
 *
 *     M <- (M + w / K) prod_i e(outcome_i)
 *
 * where w is the time since the last outcomes as a share of the period, and alarms when the sum over the bets reaches
 * 1. As long as E e <= 1 for the next outcome, given those before, the sum less the time that has passed is a
 * supermartingale. By optional stopping the alarms of a time T number T / period at most on average. It begins anew
 * after each alarm.
 */
export interface ChangeDetector {
  /**
   * @param counts of each outcome since the last call
   * @param elapsed since the last call or the beginning, in periods
   * @returns whether the outcomes have changed: an alarm
   */
  observe(counts: ArrayLike<number>, elapsed: number): boolean
  /** 0 to 1, where it alarms. */
  evidence(): number
}

/**
 * A long silence gives no more than this share of a period at once, so that no single outcome alarms. What is left out
 * makes alarms rarer.
 */
const maxElapsed = 1 / 300

/** @param bets the natural logarithms of their e-values, by outcome */
export function createChangeDetector (bets: readonly (readonly number[])[]): ChangeDetector {
  /** M of each bet. */
  let sums = bets.map(() => 0)

  return {
    observe (counts, elapsed) {
      const given = Math.min(Math.max(elapsed, 0), maxElapsed) / bets.length
      let total = 0
      for (const [bet, logarithms] of bets.entries()) {
        let exponent = 0
        for (let k = 0; k < logarithms.length; k++) exponent += counts[k]! * logarithms[k]!
        // Beyond 1 it alarms: the exponent is bounded so that the sum stays finite.
        sums[bet] = (sums[bet]! + given) * Math.exp(Math.min(700, exponent))
        total += sums[bet]!
      }
      if (total < 1) return false
      sums = bets.map(() => 0)
      return true
    },
    evidence: () => sums.reduce((sum, value) => sum + value)
  }
}
