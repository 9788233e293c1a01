import type { AffineMap } from './affine-map.js'
import { factorise, solve } from '../linear-algebra/cholesky.js'
import { linear } from './linear.js'
import {
  rowRange,
  toSingle,
  trace,
  transpose,
  type Matrix,
  type Products,
  type TemplateMatrix
} from '../linear-algebra/matrix.js'
import { polarFactor } from '../linear-algebra/polar.js'
import { ridge } from './ridge.js'
import { gatherStatistics, type CentredMoments } from './statistics.js'

/** The three methods of Rubab, Tong and Ross, arXiv 2604.07282. */
export const paperMethods = ['procrustes', 'linear', 'ridge'] as const
export type PaperMethod = typeof paperMethods[number]

/** The paper's penalty is absolute: it is added to `At A` whatever the number of pairs. */
export const paperLambda = 0.1

/** The pairs do not determine a map of the paper; the message says why. */
export class UndeterminedMap extends RangeError {}

/**
 * Tolerance for the columns of a Procrustes solution to count as orthonormal; those of a rank-deficient one are off by
 * 1.
 */
const orthonormalTolerance = 1e-6

/**
 * The moments `At A` and `At B` of normalised rows about the origin, since the paper's maps have no intercept. The
 * means are zero, so the project's estimators, which take centred moments, compute the paper's.
 *
 * @param source (n, dSource), normalised rows
 * @param target (n, dTarget), normalised rows
 * @param rows those to fit on
 */
export async function momentsAboutOrigin (
  source: TemplateMatrix,
  target: TemplateMatrix,
  rows: ArrayLike<number>,
  products: Products
): Promise<CentredMoments> {
  const origins = { source: new Float64Array(source.cols), target: new Float64Array(target.cols) }
  const { pairs, gram, cross } = await gatherStatistics(source, target, rows, origins, products)
  return { pairs, meanSource: origins.source, meanTarget: origins.target, gram, cross }
}

/**
 * The paper's map, `y = l2(l2(x) W)`, fitted on both sides padded with zeros to `d = max(dSource, dTarget)`. The effect
 * of padding on W (d, d) is known in advance, so W is fitted without it, and the rows and columns that only ever meet
 * zeros are left out:
 *
 * - `linear`, `W = argmin ||A W - B||_F` of least norm, and `ridge`, `W = (At A + 0.1 I)^-1 At B`: zeros wherever
 *   either side is padding.
 * - `procrustes`, `W = U Vt` from `At B = U S Vt`, with W orthogonal (d, d). Where the source is the smaller side, what
 *   would have to be completed only meets its padding. Where it is the larger side, W is `completed`: a source template
 *   keeps its norm, and the part of it outside the target space lowers every score of its probe.
 *
 * @returns a map (dSource, dTarget), or (dSource, dSource) for `procrustes` from the larger side, whose references have
 *   to be padded
 * @throws UndeterminedMap when the pairs do not determine W
 */
export async function paperMap (method: PaperMethod, moments: CentredMoments, products: Products): Promise<AffineMap> {
  const weights = await paperWeights(method, moments, products)
  return {
    weights: toSingle(weights),
    meanSource: new Float32Array(weights.rows),
    meanTarget: new Float32Array(weights.cols)
  }
}

/** W of `paperMap` in double precision. */
export async function paperWeights (method: PaperMethod, moments: CentredMoments, products: Products): Promise<Matrix> {
  switch (method) {
    case 'procrustes': {
      const factor = await polarFactor(moments.cross, products)
      return factor.rows > factor.cols ? await completed(factor, products) : factor
    }
    case 'linear': {
      const weights = await linear(moments, products)
      if (weights === undefined) {
        throw new UndeterminedMap(
          `expected source templates that determine the weights, received ${moments.pairs} linearly dependent ones ` +
            `of ${moments.gram.rows} dimensions`
        )
      }
      return weights
    }
    // The project's penalty is relative to the mean of the diagonal of At A.
    case 'ridge':
      return await ridge(moments, paperLambda * moments.gram.rows / trace(moments.gram), products)
  }
}

/**
 * An orthogonal matrix `[W N]` whose first columns are those of W. Let `X = P Z` be the polar decomposition of the
 * upper square block of `W = [X; Y]`, and `S = Y Zt`. Then `[P; S]` is orthonormal, its complement is `N = [-St; I - S
 * (I + P)^-1 St]`, and it spans the same space as W (the compact form of a product of Householder reflectors; Golub and
 * Van Loan, Matrix Computations, 5.1.7). A decomposition of the padded matrix would give another N; scores do not
 * depend on it.
 *
 * @param matrix (d, r) with r < d and orthonormal columns
 * @returns (d, d)
 * @throws UndeterminedMap when the columns are not orthonormal, as those of a rank-deficient Procrustes solution
 */
export async function completed (matrix: Matrix, products: Products): Promise<Matrix> {
  const { rows: d, cols: r, data } = matrix
  const gram = await products.multiply(matrix, matrix, { transposeA: true })
  const off = gram.data.reduce(
    (largest, value, k) => Math.max(largest, Math.abs(value - (k % (r + 1) === 0 ? 1 : 0))),
    0
  )
  if (!(off < orthonormalTolerance)) {
    throw new UndeterminedMap(`expected ${r} orthonormal columns, received columns whose products are off by ${off}`)
  }

  const upper = rowRange(matrix, 0, r) // X, (r, r)
  const lower = rowRange(matrix, r, d) // Y, (d - r, r)
  const Z = await polarFactor(upper, products)
  const shifted = await products.multiply(upper, Z, { transposeB: true }) // P, then I + P
  for (let k = 0; k < r; k++) shifted.data[k * (r + 1)] = shifted.data[k * (r + 1)]! + 1
  const S = await products.multiply(lower, Z, { transposeB: true }) // (d - r, r)
  const factor = await factorise(shifted, products)
  if (!factor.positiveDefinite) {
    throw new RangeError(`I + P is not positive definite: the pivot of column ${factor.column} vanishes`)
  }
  const correction = await products.multiply(S, await solve(factor, transpose(S), products)) // (d - r, d - r)

  const whole = new Float64Array(d * d) // (d, d), row-major
  for (let i = 0; i < d; i++) {
    whole.set(data.subarray(i * r, (i + 1) * r), i * d)
    for (let j = 0; j < d - r; j++) {
      whole[i * d + r + j] = i < r ? -S.data[j * r + i]! : Number(i - r === j) - correction.data[(i - r) * (d - r) + j]!
    }
  }
  return { rows: d, cols: d, data: whole }
}

/**
 * Pads rows with zeros to (n, dimension).
 * @throws RangeError when they are longer
 */
export function padded (templates: TemplateMatrix, dimension: number): TemplateMatrix {
  const { rows, cols, data } = templates
  if (cols > dimension) throw new RangeError(`expected templates of at most ${dimension} numbers, received ${cols}`)
  if (cols === dimension) return templates
  const wide = new Float32Array(rows * dimension)
  for (let i = 0; i < rows; i++) wide.set(data.subarray(i * cols, (i + 1) * cols), i * dimension)
  return { rows, cols: dimension, data: wide }
}
