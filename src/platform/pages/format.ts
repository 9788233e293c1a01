/** Placeholder where the data do not give a value. */
export const unknown = '–'

export const rate = (value: number | null | undefined, digits = 3): string =>
  value == null ? unknown : value.toFixed(digits)
export const count = (value: number): string => value.toLocaleString('en')
export const falseMatchRate = (value: number): string =>
  value >= 1e-3 ? String(value) : value.toExponential().replace('-', '−')
export const interval = (bounds: { lower: number, upper: number } | null | undefined): string =>
  bounds == null ? unknown : `${rate(bounds.lower)} to ${rate(bounds.upper)}`
/** An interval of small rates, with significant digits rather than fixed decimals. */
export const smallInterval = (bounds: { lower: number, upper: number } | null | undefined): string =>
  bounds == null ? unknown : `${significant(bounds.lower)} to ${significant(bounds.upper)}`
export function significant (value: number | null, digits = 3): string {
  if (value === null) return unknown
  const rounded = Number(value.toPrecision(digits))
  return (rounded !== 0 && Math.abs(rounded) < 1e-3 ? rounded.toExponential() : String(rounded)).replaceAll('-', '−')
}
