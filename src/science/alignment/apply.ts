import type { AffineMap } from './affine-map.js'
import type { Products, TemplateMatrix } from '../linear-algebra/matrix.js'
import { normaliseRows, normaliseRowsInPlace } from '../linear-algebra/normalise.js'

/** A map with its means folded into one bias: `(l2(x) - meanSource) W + meanTarget = l2(x) W + bias`. */
export interface PreparedMap {
  /** (dSource, dTarget), row-major */
  readonly weights: TemplateMatrix
  /** (dTarget), `meanTarget - meanSource W` */
  readonly bias: Float32Array
}

/**
 * Folds the means of a map once, so that translating a template costs one product and one sum.
 * @throws RangeError when the means do not fit the weights, with all three shapes
 */
export function prepare ({ weights, meanSource, meanTarget }: AffineMap): PreparedMap {
  const { rows, cols, data } = weights
  if (meanSource.length !== rows || meanTarget.length !== cols || data.length !== rows * cols) {
    throw new RangeError(
      `expected weights of ${meanSource.length} x ${meanTarget.length}, as the means have it, ` +
        `received ${rows} x ${cols} with ${data.length} elements`
    )
  }
  const bias = Float64Array.from(meanTarget)
  for (let i = 0; i < rows; i++) {
    const mean = meanSource[i]!
    for (let j = 0; j < cols; j++) bias[j] = bias[j]! - mean * data[i * cols + j]!
  }
  return { weights, bias: Float32Array.from(bias) }
}

/**
 * Translates templates into the target space: `l2((l2(x) - meanSource) W + meanTarget)`.
 *
 * @param templates (n, dSource), raw or normalised, finite and without zero rows
 * @returns (n, dTarget), rows of norm 1
 * @throws RangeError when the dimensions differ, with both shapes
 */
export async function translate (
  map: PreparedMap,
  templates: TemplateMatrix,
  products: Products
): Promise<TemplateMatrix> {
  return await translateNormalised(map, normaliseRows(templates), products)
}

/** As `translate`, for rows of norm 1. */
export async function translateNormalised (
  map: PreparedMap,
  templates: TemplateMatrix,
  products: Products
): Promise<TemplateMatrix> {
  const translated = await products.multiply(templates, map.weights)
  normaliseRowsInPlace(translated, map.bias)
  return translated
}
