import type { Products, TemplateMatrix } from '../linear-algebra/matrix.js'
import type { ComparisonSpace, SideName } from './comparison-space.js'

/** What both sides of a comparison space add to the products of their templates and weights, (k) each. */
export interface SideBiases {
  readonly source: Float32Array
  readonly target: Float32Array
}

/** Templates of one side, and how much each of them weighs. */
export interface WeightedTemplates {
  /** (n, d), normalised rows */
  readonly templates: TemplateMatrix
  /** (n), adding up to 1 */
  readonly weights: Float64Array
}

/**
 * Centres a comparison space on the templates of another domain: cameras, poses and people differ, and with them the
 * mean of a model's templates, which the space takes away before it compares. The weights stay as they were fitted. A
 * coordinate that no template contributes to is the constant one of `centredSide`, and stays as well.
 *
 * @returns undefined where the space takes no means away: its templates are compared in a native space, or its scores
 *   are normalised by the cohort of the fit, which lies about the means of the fit
 */
export async function biasesFor (
  space: ComparisonSpace,
  own: Readonly<Record<SideName, WeightedTemplates>>,
  products: Products
): Promise<SideBiases | undefined> {
  if (space.normalisation !== null || space.source.weights === null || space.target.weights === null) return undefined
  return { source: await biasOf('source'), target: await biasOf('target') }

  async function biasOf (name: SideName): Promise<Float32Array> {
    const { weights, bias } = space[name]
    const mean = weightedMean(own[name])
    const { data: projected } = await products.multiply(
      { rows: 1, cols: mean.length, data: Float32Array.from(mean) },
      weights!
    )
    return bias.map((value, k) => isConstant(weights!, k) ? value : -projected[k]!)
  }
}

/** The space with other biases. */
export function withBiases (space: ComparisonSpace, { source, target }: SideBiases): ComparisonSpace {
  return { ...space, source: { ...space.source, bias: source }, target: { ...space.target, bias: target } }
}

function weightedMean ({ templates: { rows, cols, data }, weights }: WeightedTemplates): Float64Array {
  const mean = new Float64Array(cols)
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < cols; j++) mean[j] = mean[j]! + weights[i]! * data[i * cols + j]!
  }
  return mean
}

function isConstant ({ rows, cols, data }: TemplateMatrix, column: number): boolean {
  for (let i = 0; i < rows; i++) if (data[i * cols + column] !== 0) return false
  return true
}
