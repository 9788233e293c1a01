/** The largest magnitude of a quantised number of a row. */
const largest = 127

/** Columns that quantised rows are written into. */
export interface QuantisedColumns {
  /** (n, w), row-major; w is the dimension or more, and the rest of a row stays zero */
  readonly numbers: Int8Array
  /** (n), what a row's numbers are multiplied with */
  readonly scales: Float32Array
  /** (n), an upper bound on the norm of what quantisation lost */
  readonly errors: Float32Array
}

/**
 * Quantises rows symmetrically: `row = scale numbers + e`, with `‖e‖ ≤ error`. A row of zeros has scale 0.
 *
 * @param vectors (n, d), row-major
 * @param at row of the columns that the first is written to
 * @param width of a row of `numbers`
 */
export function quantiseRows (
  vectors: Float32Array,
  dimension: number,
  { numbers, scales, errors }: QuantisedColumns,
  at: number,
  width: number
): void {
  const rows = vectors.length / dimension
  for (let row = 0; row < rows; row++) {
    const from = row * dimension
    const to = (at + row) * width
    let peak = 0
    for (let i = from; i < from + dimension; i++) {
      const magnitude = Math.abs(vectors[i]!)
      if (magnitude > peak) peak = magnitude
    }
    // As it is stored: the loss is measured with it.
    const scale = Math.fround(peak / largest)
    const inverse = scale > 0 ? 1 / scale : 0
    let squares = 0
    for (let i = 0; i < dimension; i++) {
      const value = vectors[from + i]!
      // A tiny scale is rounded down by so much that a number may leave the range.
      const number = Math.max(-largest, Math.min(largest, Math.round(value * inverse)))
      numbers[to + i] = number
      squares += (value - scale * number) ** 2
    }
    numbers.fill(0, to + dimension, to + width)
    scales[at + row] = scale
    // Double precision loses less than one part in 1e9, and single precision half of one in 2^23.
    errors[at + row] = Math.sqrt(squares) * (1 + 2 ** -22) + 2 ** -149
  }
}

/** A probe as 16-bit integers: `probe = scale numbers + f`. */
export interface QuantisedProbe {
  readonly scale: number
  /**
   * How far a score of a quantised row may be off, per unit of the row's scale and of its error:
   * `|⟨row, probe⟩ - scaleᵣ scaleₚ ⟨numbersᵣ, numbersₚ⟩| ≤ perScale scaleᵣ + perError errorᵣ`.
   */
  readonly perScale: number
  readonly perError: number
}

/**
 * Quantises a probe, and bounds the error of its scores by Cauchy-Schwarz. With r = s q + e and p = t u + f,
 * `⟨r, p⟩ = s t ⟨q, u⟩ + ⟨e, t u⟩ + ⟨r, f⟩`, where `‖t u‖ ≤ ‖p‖ + ‖f‖` and `‖r‖ ≤ 127 √d s + ‖e‖`. The error of inner
 * products in double precision, (d + 8) 2^-52 ‖r‖ ‖p‖ at most, is counted with that of the probe.
 *
 * @param probe (d)
 * @param most the largest magnitude of its numbers
 * @param numbers (d), written to
 */
export function quantiseProbe (probe: Float32Array, most: number, numbers: Int16Array): QuantisedProbe {
  const d = probe.length
  const peak = probe.reduce((highest, value) => Math.max(highest, Math.abs(value)), 0)
  const scale = peak / most
  let squares = 0
  let lost = 0
  for (let i = 0; i < d; i++) {
    const value = probe[i]!
    numbers[i] = scale > 0 ? Math.max(-most, Math.min(most, Math.round(value / scale))) : 0
    squares += value * value
    lost += (value - scale * numbers[i]!) ** 2
  }
  const norm = Math.sqrt(squares)
  const loss = Math.sqrt(lost) + (d + 8) * 2 ** -52 * norm
  return { scale, perScale: largest * Math.sqrt(d) * loss, perError: (norm + 2 * loss) * (1 + 2 ** -40) }
}
