import type { AffineMap } from '../alignment/affine-map.js'
import { rowsWithout, statisticsWithout, type Folds } from '../alignment/folds.js'
import type { PairStatistics } from '../alignment/statistics.js'
import type { AssessedTrial } from './assess-map.js'
import type { PreparedPairs } from './prepare-pairs.js'

/**
 * What evaluates a map: the map itself on the held-out part, or, with cross-fitting, the maps that are made without
 * each fold on the people of that fold.
 *
 * @param folds of the training pairs
 * @param make makes a map of some of the pairs, as `map` was made of all
 */
export async function trialsOf (
  { parts, crossFitted }: Pick<PreparedPairs, 'parts' | 'crossFitted'>,
  folds: Folds,
  map: AffineMap,
  make: (statistics: PairStatistics, trainingRows: readonly number[]) => Promise<AffineMap>
): Promise<AssessedTrial[]> {
  const trials: AssessedTrial[] = []
  for (const [k, { rows, heldOut }] of parts.entries()) {
    const trainingRows = crossFitted ? rowsWithout(folds, k) : folds.pairs.rows
    const statistics = () => crossFitted ? statisticsWithout(folds, k) : folds.total
    trials.push({
      map: crossFitted ? await make(statistics(), trainingRows) : map,
      heldOut,
      rows,
      trainingRows,
      statistics
    })
  }
  return trials
}
