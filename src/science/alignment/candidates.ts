import type { AffineMap } from './affine-map.js'
import { memoised, once } from '../../memoised.js'
import { dual } from './dual.js'
import type { Shrinkages } from '../linear-algebra/canonical-correlation.js'
import { linear } from './linear.js'
import { lowRankRidge, type OfRank } from './low-rank-ridge.js'
import type { Matrix, Products } from '../linear-algebra/matrix.js'
import { procrustes } from './procrustes.js'
import { lambdaPath, ridge } from './ridge.js'
import { restoreSpread, type Spread } from './spread.js'
import { toAffineMap, type CentredMoments } from './statistics.js'

/** An estimator with its parameters. */
export type Estimator =
  & Spreading
  & (
    | { readonly method: 'procrustes' | 'linear', readonly lambda: null }
    | { readonly method: 'ridge', readonly lambda: number }
    | { readonly method: 'low-rank-ridge', readonly lambda: number, readonly rank: number }
    | { readonly method: 'dual', readonly lambda: null, readonly shrinkage: Shrinkages }
  )

interface Spreading {
  /** see `restoreSpread`; as fitted when omitted */
  readonly spread?: Spread | undefined
}

/** The ranks that cross-validation tries, as fractions of the smaller dimension. The full rank is `ridge`. */
const rankFractions: readonly number[] = [1 / 4, 1 / 2, 3 / 4]

/**
 * The duals that cross-validation tries. An anisotropic side gains from a weak shrinkage, an isotropic one loses. The
 * mean of the target is left out: it adds nothing but noise to what a translated template scores. On CelebA, fitted on
 * other people, TMR at FMR 1e-3 without it, and with it at twice the restored spread: `mbf128` to `mfv2-256`, whose
 * mean is short, 0.787 and 0.784; to `dlib128` 0.652 and 0.520; to `faceres1024` 0.558 and 0.381.
 */
const duals: readonly Estimator[] = [[0.3, 0.3], [0.1, 0.3], [0.3, 0.1], [0.1, 0.1]].map(([source, target]) => (
  { method: 'dual', lambda: null, shrinkage: { source: source!, target: target! }, spread: 'centred' }
))

/**
 * The candidates of cross-validation other than low ranks: ties go to the first. The duals come first, since they were
 * best for most pairs on CelebA; the others go from the simplest to the most flexible.
 */
export function candidatesFor (method: 'auto' | 'ridge' | 'dual'): Estimator[] {
  const path = lambdaPath.map(lambda => ({ method: 'ridge' as const, lambda }))
  switch (method) {
    case 'dual':
      return [...duals]
    case 'ridge':
      return path
    case 'auto':
      return [...duals, { method: 'procrustes', lambda: null }, ...path, { method: 'linear', lambda: null }]
  }
}

/**
 * The low ranks that cross-validation tries at one lambda, ascending.
 * @param smaller min(dSource, dTarget)
 */
export function lowRankCandidates (lambda: number, smaller: number): Estimator[] {
  const ranks = new Set(rankFractions.map(fraction => Math.max(1, Math.floor(fraction * smaller))))
  return [...ranks].map(rank => ({ method: 'low-rank-ridge', lambda, rank }))
}

/** The estimator with the spread of the target's own templates. */
export function restored (estimator: Estimator): Estimator {
  return { ...estimator, spread: 'restored' }
}

interface EstimatorParameters {
  readonly lambda: number | null
  readonly rank: number | null
  readonly spread: Spread
  readonly shrinkage?: Shrinkages
}

/** The parameters as a card has them: lambda and rank are null for methods without, shrinkage is that of `dual`. */
export function parametersOf (estimator: Estimator): EstimatorParameters {
  const { method, lambda, spread = 'fitted' } = estimator
  return {
    lambda,
    rank: method === 'low-rank-ridge' ? estimator.rank : null,
    spread,
    ...(method === 'dual' ? { shrinkage: { ...estimator.shrinkage } } : {})
  }
}

/**
 * Estimates from one set of pairs. Results that several estimators share are computed once.
 *
 * @returns a function from estimator to weights, (dSource, dTarget), or undefined when the pairs do not determine them,
 *   which only happens with `linear`
 */
export function createEstimates (
  moments: CentredMoments,
  products: Products
): (estimator: Estimator) => Promise<Matrix | undefined> {
  const lowRank = new Map<number, Promise<OfRank>>() // by lambda
  const rotation = once(() => procrustes(moments, products))
  return async estimator => {
    const weights = await weightsOf(estimator)
    return weights === undefined || estimator.spread !== 'restored'
      ? weights
      : await restoreSpread(weights, moments, products)
  }

  async function weightsOf (estimator: Estimator): Promise<Matrix | undefined> {
    switch (estimator.method) {
      case 'procrustes':
        return await rotation()
      case 'ridge':
        return await ridge(moments, estimator.lambda, products)
      // With no more pairs than dimensions the residuals can be made zero, whatever the templates.
      case 'linear':
        return moments.pairs > moments.gram.rows ? await linear(moments, products) : undefined
      case 'dual':
        return await dual(moments, estimator.shrinkage, products)
      case 'low-rank-ridge': {
        const { lambda, rank } = estimator
        const ofRank = await memoised(lowRank, lambda, () => lowRankRidge(moments, lambda, products))
        return await ofRank(rank)
      }
    }
  }
}

/** The map of an estimate, in single precision as it is stored and applied. */
export function affineMapOf ({ spread }: Estimator, moments: CentredMoments, weights: Matrix): AffineMap {
  const map = toAffineMap(moments, weights)
  return spread === 'centred' ? { ...map, meanTarget: new Float32Array(map.meanTarget.length) } : map
}

/** The weights of one estimator, as `createEstimates` gives them. */
export async function estimate (
  estimator: Estimator,
  moments: CentredMoments,
  products: Products
): Promise<Matrix | undefined> {
  return await createEstimates(moments, products)(estimator)
}

/** An estimator in words. */
export function describe (estimator: Estimator): string {
  const { lambda, rank, spread, shrinkage } = parametersOf(estimator)
  const parameters = [
    ...shrinkage === undefined
      ? []
      : [`shrinkage ${shrinkage.source} of the source, ${shrinkage.target} of the target`],
    ...lambda === null ? [] : [`lambda ${lambda}`],
    ...rank === null ? [] : [`rank ${rank}`],
    ...spread === 'restored' ? ['the spread restored'] : [],
    ...spread === 'centred' ? ["without the target's mean"] : []
  ]
  return parameters.length === 0 ? estimator.method : `${estimator.method} with ${parameters.join(' and ')}`
}
