import { closed, nullableNumber } from '../schemas.js'
import { Type, type Static } from 'typebox'
import { clusterByAverageLinkage, type Dendrogram } from './clustering.js'
import type { CrossModelMatrix } from './matrix.js'

export const Asymmetry = Type.Object({
  model: Type.String(),
  asSource: nullableNumber('Mean TMR of its templates translated into the other spaces'),
  asTarget: nullableNumber("Mean TMR of the others' templates translated into its space"),
  difference: nullableNumber('asSource - asTarget: above zero the model is a source, below zero a sink')
}, closed)
export type Asymmetry = Static<typeof Asymmetry>

const Change = {
  within: nullableNumber('TMR on held-out persons of the corpus that the maps were fitted on'),
  across: nullableNumber('TMR on the other corpus'),
  change: nullableNumber('across - within')
}
export const Generalisation = Type.Object({
  alone: Type.Array(Type.Object({ model: Type.String(), ...Change }, closed), {
    description: 'How much harder the other corpus is, without any map'
  }),
  pairs: Type.Array(Type.Object({ source: Type.String(), target: Type.String(), ...Change }, closed)),
  meanChangeAlone: nullableNumber('Mean over the models'),
  meanChangeAligned: nullableNumber('Mean over the pairs; what exceeds that of the models alone is what the maps lose')
}, { ...closed, description: 'The same maps on both corpora' })
export type Generalisation = Static<typeof Generalisation>

/**
 * The true match rates after alignment, by row (source) and column (target); null on the diagonal and where unknown.
 */
export function alignedRates ({ alone, pairs }: CrossModelMatrix): (number | null)[][] {
  const position = new Map(alone.map(({ model }, m) => [model, m]))
  const rates = alone.map(() => new Array<number | null>(alone.length).fill(null))
  for (const { source, target, aligned } of pairs) rates[position.get(source)!]![position.get(target)!] = aligned.tmr
  return rates
}

/**
 * Clusters models by how well they translate into one another: their distance is one minus the mean of the true match
 * rates of both directions.
 * @returns null when a rate is unknown
 */
export function clusterModels (matrix: CrossModelMatrix): Dendrogram | null {
  const rates = alignedRates(matrix)
  if (rates.some((row, i) => row.some((rate, j) => i !== j && rate === null))) return null
  return clusterByAverageLinkage(
    rates.map((row, i) => row.map((_, j) => i === j ? 0 : 1 - (rates[i]![j]! + rates[j]![i]!) / 2))
  )
}

/** Which models are better translated from than into. */
export function asymmetryOf (matrix: CrossModelMatrix): Asymmetry[] {
  const rates = alignedRates(matrix)
  return matrix.alone.map(({ model }, m) => {
    const asSource = mean(rates[m]!.filter((_, j) => j !== m))
    const asTarget = mean(rates.filter((_, i) => i !== m).map(row => row[m]!))
    return { model, asSource, asTarget, difference: difference(asTarget, asSource) }
  })
}

/**
 * How the figures of the same maps differ between two sets of images.
 * @param within and `across`, of the same models in the same order
 */
export function generalisationOf (within: CrossModelMatrix, across: CrossModelMatrix): Generalisation {
  const changeOf = (a: number | null, b: number | null) => ({ within: a, across: b, change: difference(a, b) })
  const alone = within.alone.map(
    ({ model, figures }, m) => ({ model, ...changeOf(figures.tmr, across.alone[m]!.figures.tmr) })
  )
  const pairs = within.pairs.map(
    ({ source, target, aligned }, k) => ({ source, target, ...changeOf(aligned.tmr, across.pairs[k]!.aligned.tmr) })
  )
  return {
    alone,
    pairs,
    meanChangeAlone: mean(alone.map(({ change }) => change)),
    meanChangeAligned: mean(pairs.map(({ change }) => change))
  }
}

const difference = (a: number | null, b: number | null): number | null => a === null || b === null ? null : b - a

/** Null when a value is unknown or there is none. */
function mean (values: readonly (number | null)[]): number | null {
  let sum = 0
  for (const value of values) {
    if (value === null) return null
    sum += value
  }
  return values.length === 0 ? null : sum / values.length
}
