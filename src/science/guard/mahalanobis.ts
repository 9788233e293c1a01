import type { Products, TemplateMatrix } from '../linear-algebra/matrix.js'
import { normaliseRows } from '../linear-algebra/normalise.js'

/** A space seen from its centre in units of its spread: `z = l2(x) weights + bias = (l2(x) - mean) weights`. */
export interface Whitening {
  /** (d, d), upper triangular, `L^-t` of the covariance `L Lt` */
  readonly weights: TemplateMatrix
  /** (d), `-mean weights` */
  readonly bias: Float32Array
}

/** Folds the mean once, so that a batch costs one product. */
export function whiteningOf (
  { mean, whitening }: { readonly mean: Float32Array, readonly whitening: TemplateMatrix }
): Whitening {
  const { rows, cols, data } = whitening
  const bias = new Float64Array(cols)
  for (let i = 0; i < rows; i++) {
    for (let j = i; j < cols; j++) bias[j] = bias[j]! - mean[i]! * data[i * cols + j]!
  }
  return { weights: whitening, bias: Float32Array.from(bias) }
}

/**
 * Squared Mahalanobis distances of templates to the centre of a space, `|z|^2`; on average d for the templates that the
 * covariance was computed from.
 *
 * @param templates (n, d), raw or normalised, finite and without zero rows
 * @returns (n)
 * @throws RangeError when the dimensions differ, with both shapes
 */
export async function squaredDistances (
  { weights, bias }: Whitening,
  templates: TemplateMatrix,
  products: Products
): Promise<Float64Array> {
  const { rows, cols, data } = await products.multiply(normaliseRows(templates), weights)
  const distances = new Float64Array(rows)
  for (let i = 0; i < rows; i++) {
    let sum = 0
    for (let j = 0; j < cols; j++) {
      const z = data[i * cols + j]! + bias[j]!
      sum += z * z
    }
    distances[i] = sum
  }
  return distances
}
