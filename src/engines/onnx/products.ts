import { memoised } from '../../memoised.js'
import { productShape, type Matrix, type Products, type TransposeOptions } from '../../science/linear-algebra/matrix.js'
import { createLargeElements } from './large-elements.js'
import { encodeModel } from './model-writer.js'
import { createRowSums } from './row-sums.js'
import { type Graph, type GraphFor, openGraph } from './runtime.js'
import { createSubstitution } from './substitution.js'

/**
 * Products with fewer multiplications run on the calling thread alone. They take a millisecond, which is what it costs
 * to wake a second thread where others compete for the cores: with a load of 12 on two cores, solving 512 equations
 * with 512 right-hand sides, blocks of up to 17 million multiplications, took 53 ms on two threads and 9 ms on one.
 */
const minMultiplicationsForThreads = 2 ** 25

export interface EngineProducts extends Products {
  /** Frees the native memory of all open graphs. */
  release(): Promise<void>
}

/**
 * Products on onnxruntime: graphs of one Gemm whose operands are all inputs, one per precision, transposition and
 * number of threads, and graphs of their own for the other operations, each opened when first needed. 10,000 x 512 by
 * 512 x 512 in single precision takes about 70 ms on two cores; ml-matrix needs 470 ms for 512 x 512 by 512 x 512.
 * Calls block their thread.
 *
 * @param threads within one product. They sleep while they wait for one another: spinning, 1,500 x 512 by 512 x 1,500
 *   took 20 ms with a load of 8 on two cores, sleeping 15.
 */
export function createEngineProducts ({ threads = 1 }: { readonly threads?: number } = {}): EngineProducts {
  const graphs = new Map<string, Promise<Graph>>()

  const graphFor: GraphFor = (name, model, multiplications) => {
    const large = threads > 1 && multiplications >= minMultiplicationsForThreads
    return memoised(
      graphs,
      `${name} ${large}`,
      () => openGraph(model(), { threads: large ? threads : 1, spinning: false })
    )
  }

  async function multiply<T extends Float32Array | Float64Array> (
    a: Matrix<T>,
    b: Matrix<T>,
    options: TransposeOptions = {}
  ): Promise<Matrix<T>> {
    const { rows, inner, cols } = productShape(a, b, options)
    // onnxruntime takes no empty operands; an empty sum is zero.
    if (rows === 0 || inner === 0 || cols === 0) return { rows, cols, data: zeros(a.data, rows * cols) }
    const type = a.data instanceof Float32Array ? 'float32' : 'float64'
    const { transposeA = false, transposeB = false } = options
    const graph = await graphFor(
      `product ${type} ${transposeA} ${transposeB}`,
      () => gemm(type, transposeA, transposeB),
      rows * inner * cols
    )
    const { product } = await graph.run({
      a: { data: a.data, dims: [a.rows, a.cols] },
      b: { data: b.data, dims: [b.rows, b.cols] }
    })
    if (product === undefined) throw new Error('the product graph has no output')
    return { rows, cols, data: product.data as T }
  }

  return {
    multiply,
    largeElements: createLargeElements(graphFor, multiply),
    substitute: createSubstitution(graphFor),
    sumRows: createRowSums(graphFor),
    async release () {
      const opened = [...graphs.values()]
      graphs.clear()
      await Promise.all(opened.map(async graph => await (await graph).release()))
    }
  }
}

function gemm (type: 'float32' | 'float64', transposeA: boolean, transposeB: boolean): Uint8Array {
  return encodeModel({
    name: 'product',
    inputs: [
      { name: 'a', type, dims: transposeA ? ['inner', 'rows'] : ['rows', 'inner'] },
      { name: 'b', type, dims: transposeB ? ['cols', 'inner'] : ['inner', 'cols'] }
    ],
    outputs: [{ name: 'product', type, dims: ['rows', 'cols'] }],
    initializers: [],
    nodes: [{
      op: 'Gemm',
      inputs: ['a', 'b'],
      outputs: ['product'],
      attributes: { transA: { int: transposeA ? 1 : 0 }, transB: { int: transposeB ? 1 : 0 } }
    }]
  })
}

function zeros<T extends Float32Array | Float64Array> (example: T, length: number): T {
  return (example instanceof Float32Array ? new Float32Array(length) : new Float64Array(length)) as T
}
