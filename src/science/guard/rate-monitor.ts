import { createChangeDetector } from './change-detector.js'

/**
 * Watches a stream of trials for a rate of hits that has risen above the one it should have at most, see
 * `createChangeDetector`. Its bets are the likelihood ratios of higher rates q:
 *
 *     e(hit) = q / p,   e(miss) = (1 - q) / (1 - p)
 *
 * Their mean is 1 at most where every trial hits with probability p at most, given those before.
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

/** The alternatives, as parts of the way from the rate to 1. */
const alternatives = [0.03, 0.1, 0.3, 0.9]

/** @param rate p, above 0 and below 1 */
export function createRateMonitor (rate: number): RateMonitor {
  const { observe, evidence } = createChangeDetector(alternatives.map(part => {
    const raised = rate + part * (1 - rate)
    return [Math.log(raised / rate), Math.log((1 - raised) / (1 - rate))]
  }))
  return { observe: (trials, hits, elapsed) => observe([hits, trials - hits], elapsed), evidence }
}
