import { centredSide, type ComparisonSide } from './comparison-space.js'
import { leadingEigenvectors } from '../linear-algebra/eigenvectors.js'
import type { Matrix, Products, TemplateMatrix } from '../linear-algebra/matrix.js'
import { normaliseRowsInPlace } from '../linear-algebra/normalise.js'
import { centredGram, centre, gatherStatistics, meanOfRows } from './statistics.js'
import { whitening } from '../linear-algebra/whitening.js'

/** Directions below this agreement are one model's own, or noise. */
const minAgreement = 1e-3

/** One space for several models. */
export interface Hub {
  /** per model, its map into the hub: `l2((l2(x) - mean) W)` */
  readonly sides: readonly ComparisonSide[]
  /** (k), descending, above 0: how far the models agree in each direction, about the mean of their correlations */
  readonly agreement: Float64Array
}

/**
 * Fits one space for N models jointly, by generalised canonical correlation analysis with the maximum-variance
 * criterion (Carroll, "Generalization of canonical correlation analysis to three or more sets of variables", 1968;
 * Kettenring, Biometrika 58, 1971). With every model's centred templates whitened, `Pit Ci Pi = I`, the hub's
 * directions are the leading eigenvectors V of the matrix R of blocks `Pit Cij Pj`. A model maps there by `Pi Vi A`,
 * weighted by the agreement `A = (lambda - 1) / (N - 1)`, so that directions the models do not share drop out. For two
 * models it is the shared space of `canonical-correlation.ts` up to a rotation, and A are its correlations.
 *
 * @param templates per model (n, d), normalised rows; row i of all is the same image
 * @param rows those to fit on
 * @param maxDimension limit of k, at most the largest of the models' dimensions; k is lower when the models agree in
 *   fewer directions
 * @param shrinkage of the covariances, see `whitening`
 * @param seed of the iteration's start
 * @throws RangeError when there are fewer than two models, the dimension is invalid, or the models have nothing in
 *   common
 */
export async function fitHub (
  templates: readonly TemplateMatrix[],
  rows: readonly number[],
  maxDimension: number,
  shrinkage: number,
  seed: number,
  products: Products
): Promise<Hub> {
  const largest = Math.max(...templates.map(({ cols }) => cols))
  if (templates.length < 2) throw new RangeError(`expected at least two models, received ${templates.length}`)
  if (!(Number.isInteger(maxDimension) && maxDimension >= 1 && maxDimension <= largest)) {
    throw new RangeError(
      `expected a dimension from 1 to ${largest}, that of the largest model, received ${maxDimension}`
    )
  }
  const means = templates.map(side => meanOfRows(side, rows))
  const whiteners: Matrix[] = []
  for (const side of templates) {
    whiteners.push(await whitening(await centredGram(side, rows, products), shrinkage, products))
  }
  const { vectors, values } = await leadingEigenvectors(
    await correlations(templates, rows, means, whiteners, products),
    maxDimension,
    seed,
    products
  )
  const agreement = values.map(value => (value - 1) / (templates.length - 1)).filter(value => value > minAgreement)
  if (agreement.length === 0) {
    throw new RangeError('expected models that agree in some direction, received uncorrelated ones')
  }
  const dimension = agreement.length

  const sides: ComparisonSide[] = []
  let start = 0
  for (const [i, { cols }] of templates.entries()) {
    const block = new Float64Array(cols * dimension) // (d, k), Vi A
    for (let r = 0; r < cols; r++) {
      for (let k = 0; k < dimension; k++) {
        block[r * dimension + k] = vectors.data[(start + r) * maxDimension + k]! * agreement[k]!
      }
    }
    sides.push(
      centredSide(means[i]!, await products.multiply(whiteners[i]!, { rows: cols, cols: dimension, data: block }), 0)
    )
    start += cols
  }
  return { sides, agreement }
}

/**
 * The template of an image in the hub: the normalised mean of its templates under all models.
 *
 * @param projected per model (n, k), rows of norm 1, see `project`
 * @returns (n, k), rows of norm 1
 */
export function consensus (projected: readonly TemplateMatrix[]): TemplateMatrix {
  const [first, ...others] = projected
  if (first === undefined) throw new RangeError('expected the projections of at least one model, received none')
  const sum = { ...first, data: Float32Array.from(first.data) }
  for (const { data } of others) {
    for (let k = 0; k < data.length; k++) sum.data[k] = sum.data[k]! + data[k]!
  }
  normaliseRowsInPlace(sum)
  return sum
}

/** R: its block (i, j) is the covariance of the whitened templates of models i and j. */
async function correlations (
  templates: readonly TemplateMatrix[],
  rows: readonly number[],
  means: readonly Float64Array[],
  whiteners: readonly Matrix[],
  products: Products
): Promise<Matrix> {
  const starts = templates.map((_, i) => templates.slice(0, i).reduce((sum, { cols }) => sum + cols, 0))
  const size = starts.at(-1)! + templates.at(-1)!.cols
  const R: Matrix = { rows: size, cols: size, data: new Float64Array(size * size) }
  for (let i = 0; i < templates.length; i++) {
    for (let j = i; j < templates.length; j++) {
      const { cross } = centre(
        await gatherStatistics(templates[i]!, templates[j]!, rows, { source: means[i]!, target: means[j]! }, products)
      )
      const block = await products.multiply(
        await products.multiply(whiteners[i]!, cross, { transposeA: true }),
        whiteners[j]!
      )
      for (let r = 0; r < block.rows; r++) {
        for (let c = 0; c < block.cols; c++) {
          const value = block.data[r * block.cols + c]!
          R.data[(starts[i]! + r) * size + starts[j]! + c] = value
          R.data[(starts[j]! + c) * size + starts[i]! + r] = value
        }
      }
    }
  }
  return R
}
