import type { OnnxAttribute, OnnxNode, OnnxTensor, OnnxValue } from '../onnx/model-writer.js'
import { encodeModel } from '../onnx/model-writer.js'

/** Collects the nodes of a graph in the order in which they compute. Values are known by their names. */
export class GraphBuilder {
  readonly #nodes: OnnxNode[] = []
  readonly #initializers: OnnxTensor[] = []

  /** Adds a constant and returns its name. */
  constant (name: string, dims: readonly number[], data: OnnxTensor['data']): string {
    this.#initializers.push({ name, dims, data })
    return name
  }

  /** Adds a node with one output, called `name`, and returns that name. */
  node (
    name: string,
    op: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, OnnxAttribute>> = {}
  ): string {
    this.#nodes.push({ op, inputs, outputs: [name], attributes })
    return name
  }

  encode (name: string, inputs: readonly OnnxValue[], outputs: readonly OnnxValue[]): Uint8Array {
    return encodeModel({ name, inputs, outputs, initializers: this.#initializers, nodes: this.#nodes })
  }
}
