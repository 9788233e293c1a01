import type { AffineMap } from './affine-map.js'
import { prepare, translate } from './apply.js'
import { toSingle, type Matrix, type Products, type TemplateMatrix } from '../linear-algebra/matrix.js'
import { normaliseRows } from '../linear-algebra/normalise.js'

/**
 * Composes two maps into a single affine map. The exact composition is `l2((l2((l2(x) - mA) V + mH) - nH) W + mC)`: the
 * inner l2 divides by a length that differs between templates, so no affine map equals it. With one length r for all,
 * the mean over templates of the source, it is `l2((l2(x) - mA) VW/r + (mH/r - nH) W + mC)`, which `docs/design.md`
 * measures against the exact one.
 *
 * @param first dA to dH
 * @param second dH to dC
 * @param templates (n, dA), raw or normalised, at least one; r is the harmonic mean of their lengths
 * @returns dA to dC
 * @throws RangeError when the dimension between the maps differs, with both, or there is no template
 */
export async function compose (
  first: AffineMap,
  second: AffineMap,
  templates: TemplateMatrix,
  products: Products
): Promise<AffineMap> {
  if (first.weights.cols !== second.weights.rows) {
    throw new RangeError(
      `expected a second map from ${first.weights.cols} dimensions, the first one's, received one from ` +
        `${second.weights.rows}`
    )
  }
  const scale = await meanInverseLength(first, templates, products)
  const between = first.meanTarget.map((mean, k) => scale * mean - second.meanSource[k]!) // (dH)
  const shift = await products.multiply(
    { rows: 1, cols: between.length, data: Float64Array.from(between) },
    toDouble(second.weights)
  )
  const weights = await products.multiply(toDouble(first.weights), toDouble(second.weights))
  return {
    weights: toSingle({ ...weights, data: weights.data.map(value => scale * value) }),
    meanSource: first.meanSource,
    meanTarget: second.meanTarget.map((mean, k) => mean + shift.data[k]!)
  }
}

/**
 * Translates templates through both maps exactly, with the normalisation in between.
 *
 * @param templates (n, dA)
 * @returns (n, dC), rows of norm 1
 */
export async function translateTwice (
  first: AffineMap,
  second: AffineMap,
  templates: TemplateMatrix,
  products: Products
): Promise<TemplateMatrix> {
  return await translate(prepare(second), await translate(prepare(first), templates, products), products)
}

/** Mean of `1 / |(l2(x) - meanSource) W + meanTarget|`. */
async function meanInverseLength (map: AffineMap, templates: TemplateMatrix, products: Products): Promise<number> {
  if (templates.rows === 0) throw new RangeError('expected at least one template, received none')
  const { weights, bias } = prepare(map)
  const { rows, cols, data } = await products.multiply(normaliseRows(templates), weights)
  let sum = 0
  for (let i = 0; i < rows; i++) {
    let square = 0
    for (let j = 0; j < cols; j++) square += (data[i * cols + j]! + bias[j]!) ** 2
    sum += 1 / Math.sqrt(square)
  }
  return sum / rows
}

function toDouble ({ rows, cols, data }: TemplateMatrix): Matrix {
  return { rows, cols, data: Float64Array.from(data) }
}
