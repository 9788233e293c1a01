import { ridge } from '../alignment/ridge.js'
import { trainingMoments } from '../alignment/selection.js'
import { toAffineMap } from '../alignment/statistics.js'
import { differenceOf, rateOf, type Estimate, type IdentityShares } from '../cards/estimate.js'
import type { RidgeSensitivity } from '../cards/model-analyses.js'
import type { Products } from '../linear-algebra/matrix.js'
import { testMap, type TestedPair } from './pair-tests.js'

/** Relative penalties, a decade apart. */
const lambdas: readonly number[] = [10, 1, 0.1, 1e-2, 1e-3, 1e-4, 1e-5, 1e-6]
/** What `ridge` has when nobody names a penalty. */
const usualLambda = 0.1

/**
 * The true match rate of every pair by penalty of a ridge regression.
 * @param pairs at least one
 * @param seed of the bootstraps
 * @param onProgress receives the fraction done
 */
export async function measureRidgeSensitivity (
  pairs: readonly TestedPair[],
  falseMatchRate: number,
  seed: number,
  products: Products,
  onProgress: (fraction: number) => void
): Promise<RidgeSensitivity> {
  const measured: RidgeSensitivity['pairs'] = []
  for (const { source, target, training, heldOut } of pairs) {
    const moments = await trainingMoments(training, products)
    const points: { lambda: number, tmr: Estimate | null, shares: IdentityShares | null }[] = []
    for (const lambda of lambdas) {
      const map = toAffineMap(moments, await ridge(moments, lambda, products))
      const shares = await testMap(map, heldOut, falseMatchRate, products)
      points.push({ lambda, tmr: rateOf(shares, seed), shares })
      onProgress((measured.length + points.length / lambdas.length) / pairs.length)
    }
    const best = points.reduce((a, b) => (b.tmr?.value ?? -1) > (a.tmr?.value ?? -1) ? b : a)
    const usual = points.find(({ lambda }) => lambda === usualLambda)!
    measured.push({
      source,
      target,
      points: points.map(({ lambda, tmr }) => ({ lambda, tmr })),
      bestLambda: best.tmr === null ? null : best.lambda,
      loss: differenceOf(best.shares, usual.shares, seed)
    })
  }
  return { samples: pairs[0]!.heldOut.identity.length, pairs: measured }
}
