import { completeOptions } from '../../science/alignment/pairs.js'
import { Problem } from '../../errors.js'
import type { Catalogue, KnownSpace } from '../catalogue/index.js'
import type { FitOptions } from './fitting/fitter.js'
import type { FitRequest } from './maps.js'

/** A fit in the caller's terms, by names and without the pairs. */
export interface FitOrder extends Omit<FitOptions, 'method'> {
  readonly source: string
  readonly target: string
  readonly method: NonNullable<FitOptions['method']> | 'composition'
  /** for a composition */
  readonly via?: string | undefined
}

/**
 * Resolves the order to known spaces.
 * @throws Problem `model-unknown`; `request-invalid` when spaces or options do not go together
 */
export function readFitOrder (catalogue: Catalogue, order: FitOrder): Omit<FitRequest, 'pairs'> {
  const spaces = { source: catalogue.space(order.source), target: catalogue.space(order.target) }
  catalogue.requireDistinct(spaces.source, spaces.target)
  return { ...spaces, ...readMethod(catalogue, order, spaces) }
}

function readMethod (
  catalogue: Catalogue,
  { method, via, lambda, rank, spread, seed, heldOutFraction }: FitOrder,
  { source, target }: { source: KnownSpace, target: KnownSpace }
): Pick<FitRequest, 'options' | 'composition'> {
  if (method !== 'composition') {
    if (via !== undefined) {
      throw new Problem(
        'request-invalid',
        `via: expected only with method "composition", received with method "${method}"`
      )
    }
    return { options: completeOptions({ method, lambda, rank, spread, seed, heldOutFraction }) }
  }
  for (const [name, value] of Object.entries({ lambda, rank, spread })) {
    if (value !== undefined) {
      throw new Problem(
        'request-invalid',
        `${name}: expected only with an estimator that has one, received with method "composition"`
      )
    }
  }
  const between = via === undefined ? undefined : catalogue.space(via)
  if (between !== undefined && [source, target].some(({ fingerprint }) => fingerprint === between.fingerprint)) {
    throw new Problem(
      'request-invalid',
      `via: expected a model other than source and target, received "${between.model}"`
    )
  }
  return { options: { seed, heldOutFraction }, composition: { via: between } }
}
