import type { TemplateMatrix } from '../../science/linear-algebra/matrix.js'
import { normaliseRows } from '../../science/linear-algebra/normalise.js'
import { encodeModel, type OnnxGraph, type OnnxNode, type OnnxTensor } from './model-writer.js'
import { openGraph, type GraphTensor } from './runtime.js'

/** `l2(x) weights + bias`: the common form of a map, a side of a comparison space and the whitening of a profile. */
export interface AffineView {
  /** (d, k) */
  readonly weights: TemplateMatrix
  /** (k) */
  readonly bias: Float32Array
  /** of a side of a comparison space, see `LengthFloor` */
  readonly floor?: { readonly centre: Float32Array, readonly length: number } | undefined
}

/** Rows in, rows out; the input is not changed. It blocks the calling thread. */
export type RowFunction = (rows: TemplateMatrix) => Promise<TemplateMatrix>

/** @param into receives the output rows and has as many numbers; otherwise they get memory of their own */
export type RowFunctionInto = (rows: TemplateMatrix, into?: Float32Array) => Promise<TemplateMatrix>

/**
 * `l2(l2(x) weights + bias)`, or with a floor `l2(raised(l2(x) weights + bias))`, as one graph whose weights are
 * constants: onnxruntime packs them once, and normalises in the vector registers. At 512 x 512 one row takes 25 us,
 * where a product with operands and loops around it took 40; 1,000 rows take 1.07 of the time of their product alone.
 *
 * @returns (n, d) to (n, k), rows of norm 1
 * @throws RangeError naming the row, when it or its image has no direction or is not finite
 */
export async function openTranslation ({ weights, bias, floor }: AffineView): Promise<RowFunctionInto> {
  const run = await openRows({
    name: 'translation',
    inputs: [{ name: 'rows', type: 'float32', dims: ['n', weights.rows] }],
    outputs: [
      { name: 'translated', type: 'float32', dims: ['n', weights.cols] },
      { name: 'scale', type: 'float32', dims: ['n', 1] },
      { name: 'translatedScale', type: 'float32', dims: ['n', 1] }
    ],
    initializers: [
      unitScale('sourceUnit', weights.rows),
      { name: 'weights', dims: [weights.rows, weights.cols], data: weights.data },
      {
        name: 'bias',
        dims: [weights.cols],
        data: floor === undefined ? bias : bias.map((value, j) => value - floor.centre[j]!)
      },
      unitScale('targetUnit', weights.cols),
      ...floor === undefined ? [] : floorConstants(floor)
    ],
    nodes: [
      normalise('rows', 'sourceUnit', 'normalised', 'scale'),
      affine,
      ...floor === undefined ? [] : raised,
      normalise(floor === undefined ? 'projected' : 'raised', 'targetUnit', 'translated', 'translatedScale')
    ]
  })
  return async (rows, into) => {
    const { translated, translatedScale } = await run(
      rows,
      into && {
        translated: { data: into, dims: [rows.rows, weights.cols] },
        scale: null,
        translatedScale: null
      }
    )
    const lost = indexOutside(translatedScale!, Number.MIN_VALUE, Number.MAX_VALUE)
    if (lost >= 0) throw new RangeError(`row ${lost}: expected a translation with a direction, received one without`)
    // onnxruntime returns a copy of what it has written there.
    return { rows: rows.rows, cols: weights.cols, data: into ?? translated! }
  }
}

/**
 * `|l2(x) weights + bias|^2` of several views at once, squared Mahalanobis distances where a view is a whitening, see
 * `squaredDistances`. One graph normalises once and is called once. Views whose weights are all upper triangular share
 * products that leave out most of the zeros: two views of 512 numbers take 84 us for one row and 123 us for ten, where
 * whole products of each view took 119 and 174.
 *
 * @param views at least one, all of the same number of rows of weights, d
 * @returns (n, d) to (n, views)
 * @throws RangeError naming the row, when it has no direction or is not finite
 */
export async function openSquaredNorms (views: readonly AffineView[]): Promise<RowFunction> {
  const dimension = views[0]!.weights.rows
  const inStairs = views.every(({ weights }) => isUpperTriangular(weights))
  const products = inStairs ? stairsOf(views) : views.map(productOf)
  const run = await openRows({
    name: 'squared-norms',
    inputs: [{ name: 'rows', type: 'float32', dims: ['n', dimension] }],
    outputs: [
      { name: 'squares', type: 'float32', dims: ['n', views.length] },
      { name: 'scale', type: 'float32', dims: ['n', 1] }
    ],
    initializers: [
      unitScale('sourceUnit', dimension),
      { name: 'first', dims: [1], data: BigInt64Array.of(0n) },
      { name: 'columns', dims: [1], data: BigInt64Array.of(1n) },
      ...products.flatMap(productConstants)
    ],
    nodes: [
      normalise('rows', 'sourceUnit', 'normalised', 'scale'),
      ...products.flatMap((_, p): OnnxNode[] => [
        { op: 'Slice', inputs: ['normalised', 'first', `height${p}`, 'columns'], outputs: [`part${p}`] },
        { op: 'Gemm', inputs: [`part${p}`, `weights${p}`, `bias${p}`], outputs: [`projected${p}`] },
        { op: 'Reshape', inputs: [`projected${p}`, `byView${p}`], outputs: [`views${p}`] },
        {
          op: 'ReduceSumSquare',
          inputs: [`views${p}`],
          outputs: [`squares${p}`],
          attributes: { axes: { ints: [2] }, keepdims: { int: 0 } }
        }
      ]),
      {
        ...inStairs ? { op: 'Sum' } : { op: 'Concat', attributes: { axis: { int: 1 } } },
        inputs: products.map((_, p) => `squares${p}`),
        outputs: ['squares']
      }
    ]
  })
  return async rows => ({ rows: rows.rows, cols: views.length, data: (await run(rows)).squares! })
}

/** Columns `from` to `to` of the weights of some views, which are zero from row `height` on. */
interface SharedProduct {
  readonly views: readonly AffineView[]
  readonly from: number
  readonly to: number
  readonly height: number
}

const productOf = (view: AffineView): SharedProduct => ({
  views: [view],
  from: 0,
  to: view.weights.cols,
  height: view.weights.rows
})

/** With eight, what is left out grows by less than what the nodes take, for up to twenty rows. */
const maxStairs = 4

/** Upper triangular weights, cut into columns of which each has the rows above its last diagonal element. */
function stairsOf (views: readonly AffineView[]): SharedProduct[] {
  const { cols } = views[0]!.weights
  const count = Math.min(maxStairs, cols)
  return Array.from({ length: count }, (_, s) => {
    const [from, to] = [Math.floor(s * cols / count), Math.floor((s + 1) * cols / count)]
    return { views, from, to, height: to }
  })
}

function isUpperTriangular ({ rows, cols, data }: TemplateMatrix): boolean {
  if (rows !== cols) return false
  for (let i = 1; i < rows; i++) {
    for (let j = 0; j < i; j++) if (data[i * cols + j] !== 0) return false
  }
  return true
}

/** The weights, (height, views x width), and the bias, view by view. */
function productConstants ({ views, from, to, height }: SharedProduct, p: number): OnnxTensor[] {
  const width = to - from
  const stride = views.length * width
  const weights = new Float32Array(height * stride)
  const bias = new Float32Array(stride)
  for (const [v, view] of views.entries()) {
    const { data, cols } = view.weights
    for (let i = 0; i < height; i++) {
      weights.set(data.subarray(i * cols + from, i * cols + to), i * stride + v * width)
    }
    bias.set(view.bias.subarray(from, to), v * width)
  }
  return [
    { name: `height${p}`, dims: [1], data: BigInt64Array.of(BigInt(height)) },
    { name: `weights${p}`, dims: [height, stride], data: weights },
    { name: `bias${p}`, dims: [stride], data: bias },
    { name: `byView${p}`, dims: [3], data: BigInt64Array.of(0n, BigInt(views.length), BigInt(width)) }
  ]
}

/**
 * l2, as onnxruntime's root-mean-square normalisation, which divides by the root of the mean square, with a weight that
 * turns the mean into the sum. `scale` receives the reciprocal of the root.
 */
function normalise (input: string, unit: string, output: string, scale: string): OnnxNode {
  return {
    op: 'SimplifiedLayerNormalization',
    inputs: [input, unit],
    outputs: [output, scale],
    attributes: { axis: { int: -1 }, epsilon: { float: 0 } }
  }
}

const affine: OnnxNode = { op: 'Gemm', inputs: ['normalised', 'weights', 'bias'], outputs: ['projected'] }

/**
 * `centre + p max(1, length / |p|)` of projections p about the centre. One whose length is zero becomes NaN, which the
 * normalisation finds.
 */
const raised: OnnxNode[] = [
  {
    op: 'ReduceL2',
    inputs: ['projected'],
    outputs: ['lengths'],
    attributes: { axes: { ints: [1] }, keepdims: { int: 1 } }
  },
  { op: 'Div', inputs: ['floor', 'lengths'], outputs: ['missing'] },
  { op: 'Max', inputs: ['missing', 'one'], outputs: ['factors'] },
  { op: 'Mul', inputs: ['projected', 'factors'], outputs: ['longEnough'] },
  { op: 'Add', inputs: ['longEnough', 'centre'], outputs: ['raised'] }
]

function floorConstants ({ centre, length }: NonNullable<AffineView['floor']>): OnnxTensor[] {
  return [
    { name: 'centre', dims: [centre.length], data: centre },
    { name: 'floor', dims: [1], data: Float32Array.of(length) },
    { name: 'one', dims: [1], data: Float32Array.of(1) }
  ]
}

function unitScale (name: string, dimension: number): OnnxTensor {
  return { name, dims: [dimension], data: new Float32Array(dimension).fill(1 / Math.sqrt(dimension)) }
}

/** Up to this scale squares in single precision neither overflow nor lose digits. */
const maxScale = 1e15

type RowRunner = (
  rows: TemplateMatrix,
  fetches?: Record<string, GraphTensor | null>
) => Promise<Record<string, Float32Array>>

async function openRows (
  model: OnnxGraph
): Promise<RowRunner> {
  const graph = await openGraph(encodeModel(model), { threads: 1 })
  const dimension = model.inputs[0]!.dims[1]
  const run = async ({ rows, cols, data }: TemplateMatrix, fetches?: Record<string, GraphTensor | null>) => {
    if (cols !== dimension) throw new RangeError(`expected rows of ${dimension} numbers, received ${cols}`)
    const results = await graph.run({ rows: { data, dims: [rows, cols] } }, fetches)
    return Object.fromEntries(Object.entries(results).map(([name, tensor]) => [name, tensor.data as Float32Array]))
  }
  return async (rows, fetches) => {
    const results = await run(rows, fetches)
    // Rows that the graph could not normalise are normalised in double precision first, which also finds invalid rows.
    return indexOutside(results.scale!, 1 / maxScale, maxScale) < 0
      ? results
      : await run(normaliseRows(rows), fetches)
  }
}

/** Index of the first element outside the bounds, or NaN; -1 when all are inside. */
function indexOutside (values: Float32Array, low: number, high: number): number {
  for (let i = 0; i < values.length; i++) if (!(values[i]! >= low && values[i]! <= high)) return i
  return -1
}
