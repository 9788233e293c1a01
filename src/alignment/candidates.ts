import { linear } from './linear.js'
import { lowRankRidge, type OfRank } from './low-rank-ridge.js'
import type { Matrix, Products } from './matrix.js'
import { procrustes } from './procrustes.js'
import { lambdaPath, ridge } from './ridge.js'
import type { CentredMoments } from './statistics.js'

/** An estimator with its parameters. */
export type Estimator =
  | { readonly method: 'procrustes' | 'linear', readonly lambda: null }
  | { readonly method: 'ridge', readonly lambda: number }
  | LowRankEstimator

export interface LowRankEstimator {
  readonly method: 'low-rank-ridge'
  readonly lambda: number
  readonly rank: number
}

/** The ranks that cross-validation tries, as fractions of the smaller dimension. All of it is `ridge`. */
const rankFractions: readonly number[] = [1 / 4, 1 / 2, 3 / 4]

/** What cross-validation chooses from, but for low ranks, from the simplest to the most flexible: the order in which ties are broken. */
export function candidatesFor (method: 'auto' | 'ridge'): Estimator[] {
  const path = lambdaPath.map(lambda => ({ method: 'ridge' as const, lambda }))
  return method === 'ridge' ? path : [{ method: 'procrustes', lambda: null }, ...path, { method: 'linear', lambda: null }]
}

/**
 * The low ranks that cross-validation tries at one lambda, ascending.
 * @param smaller min(dSource, dTarget)
 */
export function lowRankCandidates (lambda: number, smaller: number): LowRankEstimator[] {
  const ranks = new Set(rankFractions.map(fraction => Math.max(1, Math.floor(fraction * smaller))))
  return [...ranks].map(rank => ({ method: 'low-rank-ridge', lambda, rank }))
}

/** Lambda and rank as a card has them: null for methods without. */
export function parametersOf (estimator: Estimator): { lambda: number | null, rank: number | null } {
  return { lambda: estimator.lambda, rank: estimator.method === 'low-rank-ridge' ? estimator.rank : null }
}

/**
 * Estimates from one set of pairs. What several estimators share is computed once and kept.
 *
 * @returns a function from estimator to weights, (dSource, dTarget), or undefined when the pairs do not determine them,
 * which only `linear` knows
 */
export function createEstimates (moments: CentredMoments, products: Products): (estimator: Estimator) => Promise<Matrix | undefined> {
  const lowRank = new Map<number, Promise<OfRank>>() // by lambda
  return async estimator => {
    switch (estimator.method) {
      case 'procrustes': return await procrustes(moments, products)
      case 'ridge': return await ridge(moments, estimator.lambda, products)
      // With no more pairs than dimensions the residuals can be made zero, whatever the templates.
      case 'linear': return moments.pairs > moments.gram.rows ? await linear(moments, products) : undefined
      case 'low-rank-ridge': {
        const { lambda, rank } = estimator
        const ofRank = lowRank.get(lambda) ?? lowRankRidge(moments, lambda, products)
        lowRank.set(lambda, ofRank)
        return await (await ofRank)(rank)
      }
    }
  }
}

/** The weights of one estimator, as `createEstimates` has it. */
export async function estimate (estimator: Estimator, moments: CentredMoments, products: Products): Promise<Matrix | undefined> {
  return await createEstimates(moments, products)(estimator)
}

/** An estimator as a sentence has it. */
export function describe (estimator: Estimator): string {
  const { lambda, rank } = parametersOf(estimator)
  if (lambda === null) return estimator.method
  return `${estimator.method} with lambda ${lambda}${rank === null ? '' : ` and rank ${rank}`}`
}
