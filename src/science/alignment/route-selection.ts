import type { AffineMap } from './affine-map.js'
import { prepare, translate } from './apply.js'
import { compose } from './composition.js'
import { createCriterion, criterionAt, meanCosine, supportedRates } from './criterion.js'
import { limitRows } from '../linear-algebra/identities.js'
import { selectRows, type Products } from '../linear-algebra/matrix.js'
import { createRandom } from '../linear-algebra/random.js'
import type { TrainingPairs } from './folds.js'

/** Two maps of which the second begins where the first ends. */
export interface Legs {
  readonly first: AffineMap
  readonly second: AffineMap
}

/** Rows that routes are scored on: 16 million comparisons. */
const maxScoredRows = 4000

export interface ScoredRoute<R> {
  readonly route: R
  /** both legs as one map */
  readonly map: AffineMap
  readonly score: number
}

/**
 * Composes every route and orders them by what the composed map is for, the criterion of `select`. Cross-validation is
 * not needed: the pairs fit nothing but one length, see `compose`.
 *
 * @param routes at least one
 * @param seed of the rows that are scored
 * @returns the best first; equal ones in the given order
 */
export async function scoreRoutes<R extends Legs> (
  pairs: TrainingPairs,
  routes: readonly R[],
  seed: number,
  products: Products,
  onProgress: (fraction: number) => void = () => {}
): Promise<{ criterion: string, scored: ScoredRoute<R>[] }> {
  const { source, target, identities } = pairs
  const rows = limitRows(identities, pairs.rows, maxScoredRows, createRandom(seed))
  const rates = supportedRates(identities, [rows], false)
  const probes = selectRows(source, rows)
  const references = selectRows(target, rows)
  const criterion = createCriterion(Int32Array.from(rows, row => identities.ofRow[row]!), rates, products)
  const scored: ScoredRoute<R>[] = []
  for (const [k, route] of routes.entries()) {
    const map = await compose(route.first, route.second, probes, products)
    const translated = await translate(prepare(map), probes, products)
    const score = rates.length === 0 ? meanCosine(translated, references) : await criterion(translated, references)
    scored.push({ route, map, score })
    onProgress((k + 1) / routes.length)
  }
  return { criterion: criterionAt(rates), scored: scored.sort((a, b) => b.score - a.score) }
}
