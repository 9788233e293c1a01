/**
 * The sample quantile, linear between order statistics (type 7 of Hyndman and Fan, American Statistician 50, 1996).
 * @param sorted ascending, at least one value
 * @param probability 0 to 1
 */
export function quantile (sorted: ArrayLike<number>, probability: number): number {
  const position = probability * (sorted.length - 1)
  const below = Math.floor(position)
  const low = sorted[below]!
  const high = sorted[Math.min(sorted.length - 1, below + 1)]!
  return low + (position - below) * (high - low)
}

/**
 * The order statistic that a share of the values lies below: one of the values, never between two of them.
 * @param sorted ascending, at least one value
 * @param share 0 to 1
 */
export function orderStatistic (sorted: ArrayLike<number>, share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]!
}
