import type { TemplateMatrix } from '../../science/linear-algebra/matrix.js'
import { encodeModel, type OnnxNode, type OnnxTensor } from './model-writer.js'

/** `l2(raised(l2(x) weights + bias))`, then normalised by a cohort; whatever is missing is left out. */
export interface PortableView {
  /** (d, k); null for templates that stay in their own space */
  readonly weights: TemplateMatrix | null
  /** (k) */
  readonly bias: Float32Array
  /** see `LengthFloor` */
  readonly floor?: { readonly centre: Float32Array, readonly length: number } | undefined
  /** see `cohortOf`; variances below `minVariance` are raised to it */
  readonly cohort?: {
    readonly mean: Float32Array
    readonly covariance: TemplateMatrix
    readonly scale: number
    readonly minVariance: number
  } | undefined
}

export const portableInput = 'templates'

/**
 * A graph that any ONNX runtime runs: operators of the standard set only, where `row-graphs.ts` uses one of
 * onnxruntime. It takes `templates`, (n, d) float32 of any scale, and gives (n, k). A row without a direction is NaN.
 */
export function encodePortableGraph (
  { weights, bias, floor, cohort }: PortableView,
  { name, output, metadata }: {
    readonly name: string
    readonly output: string
    readonly metadata: Readonly<Record<string, string>>
  }
): Uint8Array {
  const initializers: OnnxTensor[] = []
  const nodes: OnnxNode[] = []
  const constant = (name: string, dims: readonly number[], data: OnnxTensor['data']): string => {
    initializers.push({ name, dims, data })
    return name
  }
  const node = (output: string, op: string, inputs: readonly string[], attributes: OnnxNode['attributes'] = {}) => {
    nodes.push({ op, inputs, outputs: [output], attributes })
    return output
  }
  const perRow = { axes: { ints: [1] }, keepdims: { int: 1 } }
  const l2 = (rows: string, unit: string): string =>
    node(unit, 'Div', [rows, node(`${unit} length`, 'ReduceL2', [rows], perRow)])

  // Divided by its largest element first, no row overflows when it is squared.
  const largest = node('largest', 'ReduceMax', [node('magnitudes', 'Abs', [portableInput])], perRow)
  const normalised = l2(node('scaled', 'Div', [portableInput, largest]), 'normalised')
  const biasName = constant('bias', [bias.length], bias)
  let rows = weights === null
    ? node('moved', 'Add', [normalised, biasName])
    : node('moved', 'Gemm', [
      normalised,
      constant('weights', [weights.rows, weights.cols], weights.data),
      biasName
    ])
  if (floor !== undefined) {
    const centre = constant('floor centre', [floor.centre.length], floor.centre)
    const distance = node('from centre', 'Sub', [rows, centre])
    const missing = node('missing', 'Div', [
      constant('floor length', [1], Float32Array.of(floor.length)),
      node('distance', 'ReduceL2', [distance], perRow)
    ])
    const factor = node('factor', 'Max', [missing, constant('one', [1], Float32Array.of(1))])
    rows = node('raised', 'Add', [node('long enough', 'Mul', [distance, factor]), centre])
  }
  if (cohort === undefined) {
    l2(rows, output)
  } else {
    const { mean, covariance, scale, minVariance } = cohort
    const unit = l2(rows, 'unit')
    const spread = node('spread', 'MatMul', [
      unit,
      constant('covariance', [covariance.rows, covariance.cols], covariance.data)
    ])
    const variance = node('variance', 'ReduceSum', [
      node('products', 'Mul', [unit, spread]),
      constant('columns', [1], BigInt64Array.of(1n))
    ], { keepdims: { int: 1 } })
    const floored = node('positive', 'Max', [variance, constant('least', [1], Float32Array.of(minVariance))])
    const root = node('root', 'Sqrt', [node('deviation', 'Sqrt', [floored])])
    const scales = node('scales', 'Div', [constant('scale', [1], Float32Array.of(scale)), root])
    node(output, 'Mul', [node('centred', 'Sub', [unit, constant('mean', [mean.length], mean)]), scales])
  }
  return encodeModel({
    name,
    inputs: [{ name: portableInput, type: 'float32', dims: ['n', weights?.rows ?? bias.length] }],
    outputs: [{ name: output, type: 'float32', dims: ['n', bias.length] }],
    initializers,
    nodes,
    metadata
  })
}
