import { shortShare, type ComparisonSpace, type SideName } from '../../src/science/alignment/comparison-space.js'
import type { Products, TemplateMatrix } from '../../src/science/linear-algebra/matrix.js'
import { normaliseRows } from '../../src/science/linear-algebra/normalise.js'
import { createRandom } from '../../src/science/linear-algebra/random.js'
import type { LabelledSet } from './labelled-set.js'

const seed = 42
/** False match rates at which crafted templates are tried. */
export const attackedRates = [1e-2, 1e-3]

/** Rows of people whose templates an attacker has, of people to optimise against, and of the gallery attacked. */
export interface CraftedPeople {
  readonly strangers: readonly number[]
  readonly development: readonly number[]
  readonly victims: readonly number[]
}

/** People of a data set, one image each; `own` are others, for what the operator of a gallery has. */
export function attackedPeople ({ identities }: LabelledSet): CraftedPeople & { readonly own: readonly number[] } {
  const first = createRandom(seed).shuffle(identities.rows.map(rows => rows[0]!))
  return {
    strangers: first.slice(0, 400),
    development: first.slice(400, 600),
    own: first.slice(600, 1000),
    victims: first.slice(1000)
  }
}

/**
 * The shares of a gallery that probes match, per probe and rate.
 *
 * @param real (n, n), scores of the templates of n people, one image each, with those of the same people in the gallery
 * @returns takes scores (m, n) against the same gallery
 */
export function matchedShares (real: TemplateMatrix): (scores: TemplateMatrix) => number[][] {
  const nonMated = real.data.filter((_, k) => k % (real.cols + 1) !== 0).sort()
  const thresholds = attackedRates.map(rate => nonMated[Math.floor((1 - rate) * nonMated.length)]!)
  return ({ rows, cols, data }) =>
    Array.from({ length: rows }, (_, row) => {
      const scores = data.subarray(row * cols, (row + 1) * cols)
      return thresholds.map(threshold => scores.filter(score => score >= threshold).length / cols)
    })
}

/** Means over templates of the share matched, in units of the FMR. */
export const timesTheRates = (shares: readonly (readonly number[])[]): number[] =>
  attackedRates.map((rate, k) => shares.reduce((sum, row) => sum + row[k]!, 0) / shares.length / rate)

/** Rows of templates that are too short in a space for a template of one person, as the guard judges it. */
export async function shortRows (
  space: ComparisonSpace,
  side: SideName,
  templates: TemplateMatrix,
  products: Products
): Promise<number[]> {
  const { weights, bias, floor } = space[side]
  if (floor === undefined || weights === null) return []
  const { cols, data } = await products.multiply(normaliseRows(templates), weights)
  return Array.from({ length: templates.rows }, (_, row) => row).filter(row => {
    let square = 0
    for (let j = 0; j < cols; j++) square += (data[row * cols + j]! + bias[j]! - floor.centre[j]!) ** 2
    return Math.sqrt(square) < shortShare * floor.length
  })
}
