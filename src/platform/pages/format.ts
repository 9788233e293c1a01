/** What stands where the data cannot tell. */
export const unknown = '–'

export const rate = (value: number | null | undefined, digits = 3): string =>
  value == null ? unknown : value.toFixed(digits)
export const count = (value: number): string => value.toLocaleString('en')
export const falseMatchRate = (value: number): string =>
  value >= 1e-3 ? String(value) : value.toExponential().replace('-', '−')
export const interval = (bounds: { lower: number, upper: number } | null | undefined): string =>
  bounds == null ? unknown : `${rate(bounds.lower)} to ${rate(bounds.upper)}`
/** Small rates, whose first digits matter rather than their decimals. */
export const smallInterval = (bounds: { lower: number, upper: number } | null | undefined): string =>
  bounds == null ? unknown : `${significant(bounds.lower)} to ${significant(bounds.upper)}`
export function significant (value: number | null, digits = 3): string {
  if (value === null) return unknown
  const rounded = Number(value.toPrecision(digits))
  return (rounded !== 0 && Math.abs(rounded) < 1e-3 ? rounded.toExponential() : String(rounded)).replaceAll('-', '−')
}
