import type { GraphFor } from './runtime.js'
import { productShape, type Products, type TemplateMatrix } from '../../science/linear-algebra/matrix.js'
import { encodeModel } from './model-writer.js'

/** Every so many elements one is sampled. A prime, so that the sample meets all rows and columns. */
const sampleStride = 17
/** Relative error that the sample may make in a share of the elements before all of them are returned. */
const sampleMargin = 1.05

/**
 * `largeElements` of `Products` on onnxruntime. In the graph of the product, a sample of the elements tells where the
 * large ones begin, and these are gathered: of 2.2 million scores a tenth leaves the graph, 0.9 MB in place of 9.
 * Threads of a cross-validation spent their time on the garbage collection of the larger arrays.
 */
export function createLargeElements (graphFor: GraphFor, multiply: Products['multiply']): Products['largeElements'] {
  return async (a, b, positions, count) => {
    const { rows, inner, cols } = productShape(a, b, { transposeB: true })
    const needed = Math.min(count, rows * cols)
    const rank = Math.ceil(needed / sampleStride * sampleMargin)
    if (rank <= Math.floor(rows * cols / sampleStride) && positions.length > 0) {
      const graph = await graphFor('large elements', largeElementsOfProduct, rows * inner * cols)
      const { picked, large, from } = await graph.run({
        a: tensor(a),
        b: tensor(b),
        positions: { data: BigInt64Array.from(positions, BigInt), dims: [positions.length] },
        rank: { data: BigInt64Array.of(BigInt(rank)), dims: [1] }
      })
      if (large!.data.length >= needed) {
        return { picked: picked!.data as Float32Array, large: large!.data as Float32Array, from: Number(from!.data[0]) }
      }
    }
    const { data } = await multiply(a, b, { transposeB: true })
    return { picked: Float32Array.from(positions, position => data[position]!), large: data, from: -Infinity }
  }
}

const tensor = ({ rows, cols, data }: TemplateMatrix) => ({ data, dims: [rows, cols] })

function largeElementsOfProduct (): Uint8Array {
  const integer = (name: string, value: bigint) => ({ name, dims: [1], data: BigInt64Array.of(value) })
  return encodeModel({
    name: 'large-elements',
    inputs: [
      { name: 'a', type: 'float32', dims: ['rows', 'inner'] },
      { name: 'b', type: 'float32', dims: ['cols', 'inner'] },
      { name: 'positions', type: 'int64', dims: ['positions'] },
      { name: 'rank', type: 'int64', dims: [1] }
    ],
    outputs: [
      { name: 'picked', type: 'float32', dims: ['positions'] },
      { name: 'large', type: 'float32', dims: ['count'] },
      { name: 'from', type: 'float32', dims: [] }
    ],
    initializers: [
      integer('flat', -1n),
      integer('first', 0n),
      integer('last', 2n ** 62n),
      integer('stride', BigInt(sampleStride))
    ],
    nodes: [
      { op: 'Gemm', inputs: ['a', 'b'], outputs: ['product'], attributes: { transB: { int: 1 } } },
      { op: 'Reshape', inputs: ['product', 'flat'], outputs: ['elements'] },
      { op: 'Gather', inputs: ['elements', 'positions'], outputs: ['picked'] },
      { op: 'Slice', inputs: ['elements', 'first', 'last', 'first', 'stride'], outputs: ['sample'] },
      { op: 'TopK', inputs: ['sample', 'rank'], outputs: ['largest', 'places'], attributes: { sorted: { int: 0 } } },
      { op: 'ReduceMin', inputs: ['largest'], outputs: ['from'], attributes: { keepdims: { int: 0 } } },
      { op: 'GreaterOrEqual', inputs: ['elements', 'from'], outputs: ['isLarge'] },
      { op: 'Compress', inputs: ['elements', 'isLarge'], outputs: ['large'] }
    ]
  })
}
