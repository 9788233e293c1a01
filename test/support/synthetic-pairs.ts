import type { Matrix, TemplateMatrix } from '../../src/science/linear-algebra/matrix.js'
import type { PairedTemplates } from '../../src/science/alignment/pairs.js'
import { createRandom, type Random } from '../../src/science/linear-algebra/random.js'

/** Standard normal, by Box and Muller. */
export function gaussian (random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next())
}

export function gaussianMatrix (rows: number, cols: number, seed: number): Matrix {
  const random = createRandom(seed)
  return { rows, cols, data: Float64Array.from({ length: rows * cols }, () => gaussian(random)) }
}

export function gaussianTemplates (rows: number, cols: number, seed: number): TemplateMatrix {
  return { rows, cols, data: Float32Array.from(gaussianMatrix(rows, cols, seed).data) }
}

/** The largest difference of two matrices of one shape. */
export function largestDifference (
  a: Matrix<Float32Array | Float64Array>,
  b: Matrix<Float32Array | Float64Array>
): number {
  if (a.rows !== b.rows || a.cols !== b.cols) return Infinity
  let largest = 0
  for (let k = 0; k < a.data.length; k++) largest = Math.max(largest, Math.abs(a.data[k]! - b.data[k]!))
  return largest
}

export interface SyntheticOptions {
  readonly identities: number
  readonly imagesEach: number
  readonly dSource: number
  readonly dTarget: number
  readonly seed?: number
  /** spread of the images of one identity, relative to that of the identities */
  readonly spread?: number
  readonly labelled?: boolean
}

/**
 * Two models of one world: every image is a latent vector around its identity's, which each model sees by a linear map
 * of its own.
 */
export function syntheticPairs (
  { identities, imagesEach, dSource, dTarget, seed = 1, spread = 0.3, labelled = true }: SyntheticOptions
): PairedTemplates {
  const random = createRandom(seed)
  const latent = Math.max(dSource, dTarget)
  const toSource = gaussianMatrix(latent, dSource, seed + 1)
  const toTarget = gaussianMatrix(latent, dTarget, seed + 2)
  const n = identities * imagesEach
  const source = new Float32Array(n * dSource)
  const target = new Float32Array(n * dTarget)
  const samples: string[] = []
  const labels: (string | null)[] = []
  for (let who = 0; who < identities; who++) {
    const centre = Float64Array.from({ length: latent }, () => gaussian(random))
    for (let image = 0; image < imagesEach; image++) {
      const row = samples.length
      const view = centre.map(value => value + spread * gaussian(random))
      source.set(times(view, toSource, random), row * dSource)
      target.set(times(view, toTarget, random), row * dTarget)
      samples.push(`p${String(who).padStart(4, '0')}/${image}`)
      labels.push(labelled ? `p${who}` : null)
    }
  }
  return {
    samples,
    identities: labels,
    source: { rows: n, cols: dSource, data: source },
    target: { rows: n, cols: dTarget, data: target },
    oneSided: { source: 0, target: 0 },
    hash: 'synthetic'
  }
}

function times (vector: Float64Array, matrix: Matrix, random: Random): Float64Array {
  const result = Float64Array.from({ length: matrix.cols }, () => 0.1 * gaussian(random))
  for (let i = 0; i < matrix.rows; i++) {
    for (let j = 0; j < matrix.cols; j++) result[j] = result[j]! + vector[i]! * matrix.data[i * matrix.cols + j]!
  }
  return result
}

/** The same pairs with the rows in another order. */
export function reordered (pairs: PairedTemplates, order: readonly number[]): PairedTemplates {
  const rows = ({ cols, data }: TemplateMatrix): TemplateMatrix => {
    const moved = new Float32Array(order.length * cols)
    order.forEach((row, i) => moved.set(data.subarray(row * cols, (row + 1) * cols), i * cols))
    return { rows: order.length, cols, data: moved }
  }
  return {
    ...pairs,
    samples: order.map(row => pairs.samples[row]!),
    identities: order.map(row => pairs.identities[row] ?? null),
    ...(pairs.groups === undefined ? {} : { groups: order.map(row => pairs.groups?.[row] ?? null) }),
    source: rows(pairs.source),
    target: rows(pairs.target)
  }
}
