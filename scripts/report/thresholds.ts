import type { Products, TemplateMatrix } from '../../src/science/linear-algebra/matrix.js'
import { thresholdAt, type Calibration } from '../../src/science/scores/calibration.js'
import { compare } from '../../src/science/scores/comparisons.js'
import { fractionAtOrAbove } from '../../src/science/scores/histogram.js'
import type { LabelledSet } from './labelled-set.js'

/** Rates that thresholds are asked for. */
export const thresholdRates: readonly number[] = [1e-2, 1e-3, 1e-4]
/** A threshold holds when its false match rate is within this factor of the one it was asked for. */
const factor = 2

/** The false match rates on `tested` at the thresholds of a calibration for `thresholdRates`. */
export async function falseMatchesOf (
  calibration: Calibration,
  probes: TemplateMatrix,
  references: TemplateMatrix,
  { identities }: LabelledSet,
  products: Products
): Promise<number[]> {
  const { nonMated } = await compare(probes, references, identities.ofRow, products)
  return thresholdRates.map(rate => {
    const { threshold } = thresholdAt(calibration, rate)
    return threshold === null ? NaN : fractionAtOrAbove(nonMated, threshold)
  })
}

/** In how many cases the thresholds hold, in words. */
export function summaryOfThresholds (found: readonly (readonly number[])[]): string {
  const parts = thresholdRates.map((rate, k) => {
    const held = found.filter(rates => rates[k]! <= factor * rate && rates[k]! >= rate / factor).length
    return `${held} of ${found.length} for ${rate}`
  })
  return `thresholds within a factor of ${factor}: ${parts.join(', ')}`
}
