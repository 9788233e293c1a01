import type { AffineMap } from '../alignment/affine-map.js'
import type { Estimator } from '../alignment/candidates.js'
import { learningCurve } from '../cards/learning-curve.js'
import type { DataEfficiency } from '../cards/model-analyses.js'
import type { Products } from '../linear-algebra/matrix.js'
import type { TestedPair } from './pair-tests.js'

export interface FittedPair extends TestedPair {
  readonly map: AffineMap
  readonly estimator: Estimator
}

/**
 * The true match rate of every pair by number of fitting identities, see `learningCurve`.
 * @param pairs at least one
 * @param seed of the subsets and the bootstraps
 * @param onProgress receives the fraction done
 */
export async function measureDataEfficiency (
  pairs: readonly FittedPair[],
  falseMatchRate: number,
  seed: number,
  products: Products,
  onProgress: (fraction: number) => void
): Promise<DataEfficiency> {
  const measured: DataEfficiency['pairs'] = []
  for (const { source, target, map, estimator, training, heldOut } of pairs) {
    const { points, pairsFor } = await learningCurve(
      { map, estimator },
      training,
      heldOut,
      seed,
      products,
      fraction => onProgress((measured.length + fraction) / pairs.length),
      [falseMatchRate]
    )
    measured.push({
      source,
      target,
      points: points.map(({ identities, pairs: samples, tmr, interval }) => ({
        identities,
        samples,
        tmr: tmr === null || interval === null ? null : { value: tmr, ...interval }
      })),
      identitiesFor95: points.find(point => point.pairs === pairsFor.share95)?.identities ?? null
    })
  }
  return { samples: pairs[0]!.heldOut.identity.length, pairs: measured }
}
