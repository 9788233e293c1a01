import type { GraphFor } from './runtime.js'
import { checkSubstitution, type Products } from '../../science/linear-algebra/matrix.js'
import { encodeModel, type OnnxNode, type OnnxTensor } from './model-writer.js'

/**
 * `substitute` of `Products` on onnxruntime, with one graph for each size: `L X = C` is solved for the upper half of
 * the rows, `C2 - L21 X1` is one product, and the lower half follows, recursively down to the diagonal blocks, whose
 * inverses are given. Most of the multiplications are in a few large products, and only X leaves the graph.
 */
export function createSubstitution (graphFor: GraphFor): Products['substitute'] {
  return async (factor, right, direction) => {
    checkSubstitution(factor, right)
    const { lower, inverses } = factor
    const [n, m] = [lower.rows, right.cols]
    // The multiplications of a product of quarters: three in four of all multiplications are in products of this size
    // or more.
    const multiplications = n * n / 16 * m
    const graph = await graphFor(
      `${direction} substitution ${n} by ${inverses.cols}`,
      () => substitution(n, inverses.cols, direction === 'backwards'),
      multiplications
    )
    const { solution } = await graph.run(
      Object.fromEntries(
        Object.entries({ lower, inverses, right }).map(([name, { rows, cols, data }]) => [
          name,
          { data, dims: [rows, cols] }
        ])
      )
    )
    return { rows: n, cols: m, data: solution!.data as Float64Array }
  }
}

function substitution (n: number, block: number, backwards: boolean): Uint8Array {
  const nodes: OnnxNode[] = []
  const initializers = new Map<string, OnnxTensor>()
  const transposed = { transA: { int: backwards ? 1 : 0 } }
  nodes.push({ op: 'Identity', inputs: [solve('right', 0, n)], outputs: ['solution'] })
  return encodeModel({
    name: 'substitution',
    inputs: [
      { name: 'lower', type: 'float64', dims: [n, n] },
      { name: 'inverses', type: 'float64', dims: [n, block] },
      { name: 'right', type: 'float64', dims: [n, 'm'] }
    ],
    outputs: [{ name: 'solution', type: 'float64', dims: [n, 'm'] }],
    initializers: [...initializers.values()],
    nodes
  })

  /**
   * @param right name of the right-hand sides of these rows
   * @returns the name of the solution
   */
  function solve (right: string, start: number, end: number): string {
    const blocks = Math.ceil((end - start) / block)
    if (blocks === 1) {
      return add('Gemm', [slice('inverses', [start, 0], [end, end - start]), right], `X${start}`, transposed)
    }
    const middle = start + Math.ceil(blocks / 2) * block
    const across = slice('lower', [middle, start], [end, middle])
    const halves = [
      { right: slice(right, [0], [middle - start]), start, end: middle },
      { right: slice(right, [middle - start], [end - start]), start: middle, end }
    ]
    const [first, second] = backwards ? halves.reverse() : halves
    const solved = solve(first!.right, first!.start, first!.end)
    const left = add('Gemm', [across, solved, second!.right], `left of ${start} to ${end}`, {
      ...transposed,
      alpha: { float: -1 }
    })
    const solutions = [solved, solve(left, second!.start, second!.end)]
    return add('Concat', backwards ? solutions.reverse() : solutions, `X${start} to ${end}`, { axis: { int: 0 } })
  }

  function slice (of: string, starts: readonly number[], ends: readonly number[]): string {
    return add('Slice', [of, integers(starts), integers(ends)], `${of} ${starts.join()} to ${ends.join()}`)
  }

  function integers (values: readonly number[]): string {
    const name = `at ${values.join()}`
    initializers.set(name, { name, dims: [values.length], data: BigInt64Array.from(values, BigInt) })
    return name
  }

  function add (
    op: string,
    inputs: readonly string[],
    output: string,
    attributes: OnnxNode['attributes'] = {}
  ): string {
    nodes.push({ op, inputs, outputs: [output], attributes })
    return output
  }
}
