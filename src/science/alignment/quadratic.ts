import { factorise, solve } from '../linear-algebra/cholesky.js'
import { trace, type Matrix, type Products, type TemplateMatrix } from '../linear-algebra/matrix.js'
import { normaliseRowsInPlace } from '../linear-algebra/normalise.js'

/** A map of all features of a template and all products of two of them. */
export type QuadraticMap = (source: TemplateMatrix) => Promise<TemplateMatrix>

export interface QuadraticParameters {
  /** of the variance of the features, 0 to 1, that the products have; with 0 it is `ridge` */
  readonly share: number
  /** as that of `ridge` */
  readonly lambda: number
}

/**
 * Quadratic ridge regression by kernels (Schölkopf and Smola, Learning with Kernels, 2002, chapter 2): 512 features
 * have 131,328 products of two, whose inner product is `(x . y)^2`. With Kl and Kq the centred kernels of features and
 * products over the training rows, each scaled to a mean diagonal of 1,
 *
 *     K = (1 - share) Kl + share Kq,   A = (K + lambda (n / dSource) I)^-1 (B - meanTarget)
 *
 * so that `share` 0 gives the ridge regression of the same lambda.
 *
 * @param source (n, dSource), normalised rows; memory grows with the square of n
 * @param target (n, dTarget), normalised rows; row i of both is the same image
 * @returns a function that fits for some parameters; the kernels are computed once
 * @throws RangeError when the source templates are all the same
 */
export async function quadraticFits (
  source: TemplateMatrix,
  target: TemplateMatrix,
  products: Products
): Promise<(parameters: QuadraticParameters) => Promise<QuadraticMap>> {
  const { rows: n, cols } = source
  const meanSource = columnMeans(source)
  const meanTarget = columnMeans(target)
  const X = shifted(source, meanSource)
  const linear = await products.multiply(X, X, { transposeB: true })
  const kernels = [centre(linear), centre(squared(linear))] as const
  if (!kernels.every(({ scale }) => scale > 0)) throw new RangeError('the source templates do not vary')
  const B = shifted(target, meanTarget)

  return async ({ share, lambda }) => {
    const weights = [1 - share, share]
    const K = new Float64Array(n * n) // (n, n), row-major
    kernels.forEach(({ matrix, scale }, k) => {
      const factor = weights[k]! / scale
      for (let i = 0; i < K.length; i++) K[i] = K[i]! + factor * matrix.data[i]!
    })
    for (let i = 0; i < n; i++) K[i * (n + 1)] = K[i * (n + 1)]! + lambda * n / cols
    const factor = await factorise({ rows: n, cols: n, data: K }, products)
    if (!factor.positiveDefinite) throw new RangeError(`the pivot of row ${factor.column} is zero`)
    const A = await solve(factor, B, products) // (n, dTarget)

    return async probes => {
      const cross = await products.multiply(shifted(probes, meanSource), X, { transposeB: true })
      const combined = new Float64Array(cross.data.length) // (probes, n), row-major
      ;[cross, squared(cross)].forEach((kernel, k) => {
        addCentred(combined, kernel, kernels[k]!, weights[k]! / kernels[k]!.scale)
      })
      const translated = await products.multiply({ ...cross, data: combined }, A)
      const single = { ...translated, data: Float32Array.from(translated.data) }
      normaliseRowsInPlace(single, Float32Array.from(meanTarget))
      return single
    }
  }
}

function columnMeans ({ rows, cols, data }: TemplateMatrix): Float64Array {
  const means = new Float64Array(cols)
  for (let k = 0; k < data.length; k++) means[k % cols] = means[k % cols]! + data[k]! / rows
  return means
}

function shifted ({ rows, cols, data }: TemplateMatrix, origin: Float64Array): Matrix {
  return { rows, cols, data: Float64Array.from(data, (value, k) => value - origin[k % cols]!) }
}

const squared = ({ rows, cols, data }: Matrix): Matrix => ({ rows, cols, data: data.map(value => value * value) })

interface CentredKernel {
  readonly matrix: Matrix
  /** mean of each row before centring */
  readonly rowMeans: Float64Array
  readonly mean: number
  /** mean of the diagonal after centring */
  readonly scale: number
}

/** Centring of the features: `K_ij - m_i - m_j + m`. */
function centre (kernel: Matrix): CentredKernel {
  const { rows: n, data } = kernel
  const rowMeans = Float64Array.from({ length: n }, (_, i) => {
    let sum = 0
    for (let j = 0; j < n; j++) sum += data[i * n + j]!
    return sum / n
  })
  const mean = rowMeans.reduce((sum, value) => sum + value, 0) / n
  const matrix = {
    ...kernel,
    data: data.map((value, k) => value - rowMeans[Math.floor(k / n)]! - rowMeans[k % n]! + mean)
  }
  return { matrix, rowMeans, mean, scale: trace(matrix) / n }
}

/** The same centring, of kernels of other rows with those that were centred. */
function addCentred (
  into: Float64Array,
  { rows, cols, data }: Matrix,
  { rowMeans, mean }: CentredKernel,
  factor: number
): void {
  for (let i = 0; i < rows; i++) {
    let own = 0
    for (let j = 0; j < cols; j++) own += data[i * cols + j]!
    own /= cols
    for (let j = 0; j < cols; j++) {
      const k = i * cols + j
      into[k] = into[k]! + factor * (data[k]! - own - rowMeans[j]! + mean)
    }
  }
}
