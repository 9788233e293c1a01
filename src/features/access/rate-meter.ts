/** ms */
const minute = 60_000
/** Number of names above which those that owe nothing any more are dropped. */
const maxNames = 10_000

/**
 * A rate limit per name, with a burst of ten seconds' worth (the generic cell rate algorithm, ITU-T I.371: a token
 * bucket that keeps one number, the moment at which the name has its whole burst again).
 *
 * @param now in ms
 */
export function createRateMeter (now: () => number = () => performance.now()) {
  const moments = new Map<string, number>()

  return {
    /** Takes one token, if there is one. @returns 0 when there was, otherwise the whole seconds until the next */
    take (name: string, perMinute: number): number {
      const time = now()
      const interval = minute / perMinute
      const burst = Math.max(1, perMinute / 6)
      const whole = Math.max(time, moments.get(name) ?? 0)
      const wait = whole - time - (burst - 1) * interval
      if (wait > 0) return Math.ceil(wait / 1000)
      moments.set(name, whole + interval)
      if (moments.size > maxNames) { for (const [each, moment] of moments) if (moment <= time) moments.delete(each) }
      return 0
    }
  }
}
