/**
 * Watches a stream of trials for a rate of hits that has risen above the one it should have at most. False alarms are
 * bounded in time, whatever the traffic: on average at most one per period.
 *
 * It is a Shiryaev-Roberts e-detector (Shin, Ramdas, Rinaldo: "E-detectors: a nonparametric framework for sequential
 * change detection", 2023, arXiv 2203.03532). For each alternative rate q it keeps
 *
 *     M <- (M + w) prod_i L(x_i),   L(1) = q / p,   L(0) = (1 - q) / (1 - p)
 *
 * where w is the time since the last trials as a share of the period, and alarms when the sum over the alternatives
 * reaches 1. As long as every trial hits with probability p at most, given those before, E L <= 1, so that the sum less
 * the time that has passed is a supermartingale. By optional stopping the alarms of a time T number T / period at most
 * on average. It begins anew after each alarm.
 */
export interface RateMonitor {
  /**
   * @param elapsed since the last call or the beginning, in periods
   * @returns whether the rate has risen: an alarm
   */
  observe(trials: number, hits: number, elapsed: number): boolean
  /** 0 to 1, where it alarms. */
  evidence(): number
}

/**
 * A long silence gives no more than this share of a period at once, so that no single hit alarms. What is left out
 * makes alarms rarer.
 */
const maxElapsed = 1 / 300
/** The alternatives, as parts of the way from the rate to 1. */
const alternatives = [0.03, 0.1, 0.3, 0.9]

/** @param rate p, above 0 and below 1 */
export function createRateMonitor (rate: number): RateMonitor {
  const bets = alternatives.map(part => {
    const raised = rate + part * (1 - rate)
    return { hit: Math.log(raised / rate), miss: Math.log((1 - raised) / (1 - rate)) }
  })
  /** M of each alternative. */
  let sums = bets.map(() => 0)

  return {
    observe (trials, hits, elapsed) {
      const given = Math.min(Math.max(elapsed, 0), maxElapsed) / bets.length
      // Beyond 1 it alarms: the exponent is bounded so that the sum stays finite.
      sums = bets.map(({ hit, miss }, k) =>
        (sums[k]! + given) * Math.exp(Math.min(700, hits * hit + (trials - hits) * miss))
      )
      if (sums.reduce((sum, value) => sum + value) < 1) return false
      sums = bets.map(() => 0)
      return true
    },
    evidence: () => sums.reduce((sum, value) => sum + value)
  }
}
