import type { LearningCurve } from './learning-curve.js'

/** Whether a map should be fitted again, now that there are more people. */
export interface RefitAdvice {
  readonly suggested: boolean
  /** expected gain of TMR at the rate of the learning curve; null where the curve does not tell */
  readonly expectedGain: number | null
  readonly fmr: number | null
  readonly reason: string
}

/** The least growth and the least gain that a fit pays for: intervals of cards are wider. */
const minGrowth = 1.25
const minGain = 0.005

/**
 * Extrapolates a learning curve: what the last doubling of people gained shrinks from doubling to doubling by the ratio
 * of the last two gains, half where there is none, and never grows. With gain g and ratio r, d more doublings gain
 * `g (r + r^2 + ... + r^d)`, continued to fractions of a doubling.
 *
 * @param curve of the map's card; undefined for one that was not fitted on pairs
 * @param before people that the map was fitted on
 * @param now people that it could be fitted on
 */
export function refitAdvice (curve: LearningCurve | undefined, before: number, now: number): RefitAdvice {
  const fmr = curve?.fmr ?? null
  if (now < minGrowth * before) {
    return {
      suggested: false,
      expectedGain: null,
      fmr,
      reason:
        `${now} people are fewer than ${Math.ceil(minGrowth * before)}, ${minGrowth} times the ${before} that the ` +
        'map was fitted on'
    }
  }
  const known = (curve?.points ?? []).flatMap(({ identities, tmr }) => tmr === null ? [] : [{ identities, tmr }])
  const [third, second, last] = known.slice(-3)
  if (third === undefined || second === undefined || last === undefined) {
    return {
      suggested: true,
      expectedGain: null,
      fmr,
      reason:
        `the map was fitted on ${before} people, there are ${now}, and its card has no learning curve that says more`
    }
  }
  const perDoubling = (a: typeof second, b: typeof second) => (b.tmr - a.tmr) / Math.log2(b.identities / a.identities)
  const [earlier, latest] = [perDoubling(third, second), perDoubling(second, last)]
  const ratio = earlier > 0 ? Math.min(0.95, Math.max(0, latest / earlier)) : 0.5
  const doublings = Math.log2(now / before)
  const gain = Math.min(1 - last.tmr, Math.max(0, latest) * ratio * (1 - ratio ** doublings) / (1 - ratio))
  return {
    suggested: gain >= minGain,
    expectedGain: gain,
    fmr,
    reason: `by the learning curve of its card, ${now} people instead of ${before} raise the TMR at FMR ${fmr} by ` +
      `${gain.toFixed(4)}; a fit pays from ${minGain}`
  }
}
