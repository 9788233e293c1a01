/** ms */
const minute = 60_000
/** Buckets that are held before those that are full again, which say nothing, are thrown away. */
const most = 10_000

/**
 * A token bucket for each name: holds what a sixth of a minute brings, so that a burst of that size passes, and fills
 * evenly at the rate.
 *
 * @param now in ms
 */
export function createTokenBuckets (now: () => number = () => performance.now()) {
  const buckets = new Map<string, { tokens: number, at: number, full: number }>()

  return {
    /** Takes one. @returns 0 when there was one, otherwise in how many whole seconds there will be */
    take (name: string, perMinute: number): number {
      const time = now()
      const capacity = Math.max(1, perMinute / 6)
      const bucket = buckets.get(name)
      const tokens = Math.min(capacity, bucket === undefined ? capacity : bucket.tokens + (time - bucket.at) * perMinute / minute)
      const left = tokens >= 1 ? tokens - 1 : tokens
      buckets.set(name, { tokens: left, at: time, full: time + (capacity - left) * minute / perMinute })
      if (buckets.size > most) for (const [each, { full }] of buckets) if (full <= time) buckets.delete(each)
      return tokens >= 1 ? 0 : Math.ceil((1 - tokens) * 60 / perMinute)
    }
  }
}
