import { shared, type SharedSpace, type Shrinkages } from '../linear-algebra/canonical-correlation.js'
import { dot } from '../linear-algebra/sums.js'
import type { Matrix, Products } from '../linear-algebra/matrix.js'
import type { CentredMoments } from './statistics.js'

/**
 * The bilinear form of a shared space as a map. With the sides `Ma` and `Mb` of `shared`,
 *
 *     W = Ma Mbt (I - u ut),   u = meanTarget / ||meanTarget||
 *
 * so that the inner product of a translated template with a native target template is the score of the shared space,
 * but for the length of the native one's projection: `(x - meanSource) W y = ((x - meanSource) Ma) ((y - meanTarget)
 * Mb)t + constant`. Without the projection along u the constant would differ from probe to probe by `(x - meanSource)
 * Ma Mbt meanTarget`, and with it the threshold.
 *
 * A regression predicts the target template; this does not. It weighs the directions of the target by what they tell of
 * a person, as a probe for native templates.
 *
 * @param moments with the Gram matrix of the target
 * @returns (dSource, dTarget)
 * @throws RangeError when the two sides are uncorrelated, or the moments have no Gram matrix of the target
 */
export async function dual (moments: CentredMoments, shrinkage: Shrinkages, products: Products): Promise<Matrix> {
  const { source, target } = await sharedSides(moments, shrinkage, products)
  const weights = await products.multiply(source, target, { transposeB: true })
  return withoutDirection(weights, moments.meanTarget)
}

async function sharedSides (
  { gram, gramTarget, cross }: CentredMoments,
  shrinkage: Shrinkages,
  products: Products
): Promise<SharedSpace> {
  if (gramTarget === undefined) throw new RangeError('expected moments with the Gram matrix of the target')
  return await shared({ source: gram, target: gramTarget, cross }, shrinkage, products)
}

/** `W (I - u ut)` with u the direction given; W where there is none. */
function withoutDirection (weights: Matrix, direction: Float64Array): Matrix {
  const square = dot(direction, direction)
  if (!(square > 0)) return weights
  const { rows, cols, data } = weights
  const projected = new Float64Array(data) // (rows, cols), row-major
  for (let i = 0; i < rows; i++) {
    const along = dot(data.subarray(i * cols, (i + 1) * cols), direction) / square
    for (let j = 0; j < cols; j++) projected[i * cols + j] = projected[i * cols + j]! - along * direction[j]!
  }
  return { rows, cols, data: projected }
}
