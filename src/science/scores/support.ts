/**
 * Whether N non-mated comparisons support a claim about this false match rate, by the rule of three: with fewer than
 * 3 / FMR comparisons a larger rate stays inside the 95 % interval even when none of them is a false match.
 */
export function isSupported (falseMatchRate: number, nonMatedComparisons: number): boolean {
  return falseMatchRate * nonMatedComparisons * (1 + 1e-12) >= 3
}
