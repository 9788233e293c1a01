import type { Matrix, PairSums, Products, RowSums, ShiftedRows } from '../../science/linear-algebra/matrix.js'
import { elementType, encodeModel, type OnnxNode, type OnnxValue } from './model-writer.js'
import type { GraphFor, GraphTensor } from './runtime.js'

/** Rows converted to double precision at once, 16 MB at 1024 dimensions. With 1024 and with 4096 sums took longer. */
const rowBlock = 2048
/**
 * Maximum parts of the columns of A. With four, whose products with one another are taken once, `At A` takes 5/8 of the
 * multiplications.
 */
const maxParts = 4
/** Smaller parts cost more than they save. */
const minColumns = 64

/**
 * `sumRows` of `Products` on onnxruntime: one graph picks rows, converts them to double precision, shifts and
 * multiplies them, and adds the result to the sums so far. The statistics of 50,000 pairs of 512 and 512 dimensions
 * take 0.9 s, where the same products with loops of JavaScript for the rest took 2.0.
 */
export function createRowSums (graphFor: GraphFor): Products['sumRows'] {
  async function sumRows (indices: ArrayLike<number>, a: ShiftedRows): Promise<RowSums>
  async function sumRows (indices: ArrayLike<number>, a: ShiftedRows, b: ShiftedRows): Promise<PairSums>
  async function sumRows (indices: ArrayLike<number>, a: ShiftedRows, b?: ShiftedRows): Promise<RowSums | PairSums> {
    for (const { rows: { cols }, origin } of b === undefined ? [a] : [a, b]) {
      if (origin.length !== cols) {
        throw new RangeError(`expected an origin of ${cols} numbers, received ${origin.length}`)
      }
    }
    const columns = partsOf(a.rows.cols)
    const outputs = outputsOf(columns, b?.rows.cols)
    const constant = {
      columns: { data: BigInt64Array.from(columns, BigInt), dims: [columns.length] },
      ...feedsOf('A', a),
      ...b === undefined ? {} : feedsOf('B', b)
    }
    let sums: Readonly<Record<string, GraphTensor>> = Object.fromEntries(
      outputs.map(({ name, dims }) => [name, {
        data: new Float64Array(dims.reduce((product, dim) => product * dim, 1)),
        dims
      }])
    )
    for (let start = 0; start < indices.length; start += rowBlock) {
      const count = Math.min(rowBlock, indices.length - start)
      const multiplications = count * a.rows.cols * (a.rows.cols + (b?.rows.cols ?? 0))
      const graph = await graphFor(
        `sums of ${b === undefined ? 'rows' : 'pairs'} in ${columns.length}`,
        () => rowSums(columns.length, b !== undefined),
        multiplications
      )
      const rows = BigInt64Array.from({ length: count }, (_, i) => BigInt(indices[start + i]!))
      sums = await graph.run({
        ...constant,
        rows: { data: rows, dims: [count] },
        ...Object.fromEntries(outputs.map(({ name }) => [`${name}SoFar`, sums[name]!]))
      })
    }
    const doubles = (name: string) => sums[name]!.data as Float64Array
    const own = { sum: doubles('sumA'), gram: assemble(columns, (p, q) => doubles(gramName(p, q))) }
    if (b === undefined) return own
    const cross = new Float64Array(a.rows.cols * b.rows.cols) // (dA, dB), row-major
    let to = 0
    columns.forEach((width, p) => {
      cross.set(doubles(`cross${p}`), to * b.rows.cols)
      to += width
    })
    return { ...own, sumB: doubles('sumB'), cross: { rows: a.rows.cols, cols: b.rows.cols, data: cross } }
  }
  return sumRows
}

/** The number of columns of each part of A. */
function partsOf (columns: number): number[] {
  const parts = Math.max(1, Math.min(maxParts, Math.floor(columns / minColumns)))
  return Array.from(
    { length: parts },
    (_, p) => Math.floor((p + 1) * columns / parts) - Math.floor(p * columns / parts)
  )
}

/** The product of the columns of part p with those of part q, p at most q. */
const gramName = (p: number, q: number) => `gram${p}${q}`

function outputsOf (columns: readonly number[], dB: number | undefined): { name: string, dims: number[] }[] {
  return [
    { name: 'sumA', dims: [columns.reduce((sum, width) => sum + width, 0)] },
    ...columns.flatMap(
      (width, p) => columns.slice(p).map((other, k) => ({ name: gramName(p, p + k), dims: [width, other] }))
    ),
    ...dB === undefined
      ? []
      : [{ name: 'sumB', dims: [dB] }, ...columns.map((width, p) => ({ name: `cross${p}`, dims: [width, dB] }))]
  ]
}

function feedsOf (side: 'A' | 'B', { rows: { rows, cols, data }, origin }: ShiftedRows): Record<string, GraphTensor> {
  return { [`all${side}`]: { data, dims: [rows, cols] }, [`origin${side}`]: { data: origin, dims: [cols] } }
}

/** Assembles a symmetric matrix from the blocks on the diagonal and to its right. */
function assemble (columns: readonly number[], block: (p: number, q: number) => Float64Array): Matrix {
  const n = columns.reduce((sum, width) => sum + width, 0)
  const data = new Float64Array(n * n) // (n, n), row-major
  let top = 0
  columns.forEach((height, p) => {
    let left = top
    columns.slice(p).forEach((width, k) => {
      const values = block(p, p + k)
      for (let i = 0; i < height; i++) {
        for (let j = 0; j < width; j++) {
          const value = values[i * width + j]!
          data[(top + i) * n + left + j] = value
          data[(left + j) * n + top + i] = value
        }
      }
      left += width
    })
    top += height
  })
  return { rows: n, cols: n, data }
}

/**
 * @param parts of the columns of A
 * @param pairs whether there is a B
 */
function rowSums (parts: number, pairs: boolean): Uint8Array {
  const sides = pairs ? ['A', 'B'] : ['A']
  const each = Array.from({ length: parts }, (_, p) => p)
  const sums = [
    ...each.flatMap(p => each.slice(p).map(q => ({ name: gramName(p, q), of: [`A${p}`, `A${q}`] }))),
    ...pairs ? each.map(p => ({ name: `cross${p}`, of: [`A${p}`, 'B'] })) : []
  ]
  const matrix = (name: string): OnnxValue => ({ name, type: 'float64', dims: [`${name} rows`, `${name} columns`] })
  return encodeModel({
    name: 'row-sums',
    inputs: [
      { name: 'rows', type: 'int64', dims: ['count'] },
      { name: 'columns', type: 'int64', dims: [parts] },
      ...sides.flatMap((side): OnnxValue[] => [
        { name: `all${side}`, type: 'float32', dims: [`n${side}`, `d${side}`] },
        { name: `origin${side}`, type: 'float64', dims: [`d${side}`] },
        { name: `sum${side}SoFar`, type: 'float64', dims: [`d${side}`] }
      ]),
      ...sums.map(({ name }) => matrix(`${name}SoFar`))
    ],
    outputs: [
      ...sides.map((side): OnnxValue => ({ name: `sum${side}`, type: 'float64', dims: [`d${side}`] })),
      ...sums.map(({ name }) => matrix(name))
    ],
    initializers: [{ name: 'overRows', dims: [1], data: BigInt64Array.of(0n) }],
    nodes: [
      ...sides.flatMap((side): OnnxNode[] => [
        { op: 'Gather', inputs: [`all${side}`, 'rows'], outputs: [`picked${side}`], attributes: { axis: { int: 0 } } },
        {
          op: 'Cast',
          inputs: [`picked${side}`],
          outputs: [`double${side}`],
          attributes: { to: { int: elementType.float64 } }
        },
        { op: 'Sub', inputs: [`double${side}`, `origin${side}`], outputs: [side] },
        {
          op: 'ReduceSum',
          inputs: [side, 'overRows'],
          outputs: [`blockSum${side}`],
          attributes: { keepdims: { int: 0 } }
        },
        { op: 'Add', inputs: [`sum${side}SoFar`, `blockSum${side}`], outputs: [`sum${side}`] }
      ]),
      { op: 'Split', inputs: ['A', 'columns'], outputs: each.map(p => `A${p}`), attributes: { axis: { int: 1 } } },
      ...sums.map(
        ({ name, of }): OnnxNode => ({
          op: 'Gemm',
          inputs: [...of, `${name}SoFar`],
          outputs: [name],
          attributes: { transA: { int: 1 } }
        })
      )
    ]
  })
}
