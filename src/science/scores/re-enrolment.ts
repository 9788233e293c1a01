/** Translated templates, and how searches for them fare. One element per template. */
export interface TranslatedGallery {
  /** templates with larger values are re-enrolled first */
  readonly uncertainty: ArrayLike<number>
  /** share of the searches for its subject that succeed with the translated template, 0 to 1 */
  readonly translated: ArrayLike<number>
  /** the same after re-enrolment */
  readonly native: ArrayLike<number>
  /** weight of each, such as 1 / the number of templates of its subject; equal when omitted */
  readonly weights?: ArrayLike<number>
}

export interface ReEnrolmentPoint {
  /** share of the templates that are re-enrolled */
  readonly fraction: number
  /**
   * accuracy of the whole gallery when the most uncertain are re-enrolled; a random choice, on average; and those that
   * gain most
   */
  readonly ranked: number
  readonly random: number
  readonly best: number
}

export interface ReEnrolmentCurve {
  /** accuracy of the gallery as it is, and with every template re-enrolled */
  readonly translated: number
  readonly native: number
  /** in the order of the fractions */
  readonly points: readonly ReEnrolmentPoint[]
}

/**
 * The accuracy gained by replacing the most uncertain translated templates by native ones:
 *
 *     accuracy(k) = translated + sum over the worst k of w_i (native_i - translated_i) / sum w_i
 *
 * A search for one subject succeeds or fails by the templates of that subject, at thresholds that do not move. Gains
 * therefore add up: any order can be compared with chance in closed form, and with the best order in hindsight, which
 * bounds what a ranking can reach.
 *
 * @param fractions each 0 to 1; a template at the edge is re-enrolled in part
 * @throws RangeError when the arrays differ in length or are empty, or a fraction is not in [0, 1]
 */
export function reEnrolmentCurve (
  { uncertainty, translated, native, weights }: TranslatedGallery,
  fractions: readonly number[]
): ReEnrolmentCurve {
  const n = uncertainty.length
  const lengths = [n, translated.length, native.length, weights?.length ?? n]
  if (n === 0 || lengths.some(length => length !== n)) {
    throw new RangeError(`expected arrays of one length with elements, received ${lengths.join(', ')}`)
  }
  const weight = Float64Array.from({ length: n }, (_, i) => weights?.[i] ?? 1)
  const total = weight.reduce((sum, value) => sum + value, 0)
  const gain = Float64Array.from(weight, (w, i) => w / total * (native[i]! - translated[i]!))
  const before = weight.reduce((sum, w, i) => sum + w / total * translated[i]!, 0)
  const all = gain.reduce((sum, value) => sum + value, 0)
  const ranked = order(i => uncertainty[i]!)
  const best = order(i => gain[i]! / (weight[i]! || 1))

  return {
    translated: before,
    native: before + all,
    points: fractions.map(fraction => {
      if (!(fraction >= 0 && fraction <= 1)) throw new RangeError(`expected a fraction in [0, 1], received ${fraction}`)
      return {
        fraction,
        ranked: before + gained(ranked, fraction),
        random: before + fraction * all,
        best: before + gained(best, fraction)
      }
    })
  }

  function order (value: (template: number) => number): number[] {
    return Array.from({ length: n }, (_, i) => i).sort((a, b) => value(b) - value(a) || a - b)
  }

  function gained (templates: readonly number[], fraction: number): number {
    let left = fraction * total
    let sum = 0
    for (const i of templates) {
      if (left <= 0) break
      sum += gain[i]! * Math.min(1, weight[i]! === 0 ? 0 : left / weight[i]!)
      left -= weight[i]!
    }
    return sum
  }
}

/** What the ranking recovers of the loss, relative to chance, at a point of the curve; null where nothing was lost. */
export function gainOverChance (
  { translated, native }: ReEnrolmentCurve,
  { ranked, random }: ReEnrolmentPoint
): number | null {
  return native > translated && random > translated ? (ranked - translated) / (random - translated) : null
}
