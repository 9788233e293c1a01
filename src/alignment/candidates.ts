import { linear } from './linear.js'
import type { Matrix, Products } from './matrix.js'
import { procrustes } from './procrustes.js'
import { lambdaPath, ridge } from './ridge.js'
import type { CentredMoments } from './statistics.js'

/** An estimator with its parameters. */
export type Estimator =
  | { readonly method: 'procrustes' | 'linear', readonly lambda: null }
  | { readonly method: 'ridge', readonly lambda: number }

/** What cross-validation chooses from, from the simplest to the most flexible: the order in which ties are broken. */
export function candidatesFor (method: 'auto' | 'ridge'): Estimator[] {
  const path = lambdaPath.map(lambda => ({ method: 'ridge' as const, lambda }))
  return method === 'ridge' ? path : [{ method: 'procrustes', lambda: null }, ...path, { method: 'linear', lambda: null }]
}

/**
 * The weights of an estimator.
 * @returns (dSource, dTarget), or undefined when the pairs do not determine them, which only `linear` knows
 */
export async function estimate (estimator: Estimator, moments: CentredMoments, products: Products): Promise<Matrix | undefined> {
  switch (estimator.method) {
    case 'procrustes': return await procrustes(moments, products)
    case 'ridge': return await ridge(moments, estimator.lambda, products)
    // With no more pairs than dimensions the residuals can be made zero, whatever the templates.
    case 'linear': return moments.pairs > moments.gram.rows ? await linear(moments, products) : undefined
  }
}

/** An estimator as a sentence has it. */
export function describe ({ method, lambda }: Estimator): string {
  return lambda === null ? method : `${method} with lambda ${lambda}`
}
