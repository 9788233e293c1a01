import { readFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { GraphBuilder } from './graph-builder.js'
import { depthwiseKernelToOnnx, kernelToOnnx } from './kernels.js'
import { readWeights, type Weight, type WeightsGroup } from './tfjs-weights.js'

/** What is read of a TensorFlow.js graph model: the GraphDef of TensorFlow as JSON, its strings in base64. */
interface GraphModel {
  modelTopology: { node: GraphNode[] }
  weightsManifest: WeightsGroup[]
}

interface GraphNode {
  name: string
  op: string
  input?: string[]
  attr?: Record<string, GraphAttribute>
}

interface GraphAttribute {
  s?: string
  b?: boolean
  list?: { i?: string[] }
  shape?: { dim?: { size: string }[] }
}

/**
 * Converts the part of a TensorFlow.js convolutional network that one of its nodes needs. The result computes in NCHW:
 * its input, called `input`, is (N, channels, height, width) where TensorFlow has (N, height, width, channels). Its
 * output is called `template`, (N, dimension).
 *
 * @param path of the model's JSON file; its weights lie beside it
 * @param output name of the node whose value is the template
 * @throws Error naming the node that cannot be converted
 */
export async function convertGraphModel (path: string, output: string, dimension: number): Promise<Uint8Array> {
  const model = JSON.parse(await readFile(path, 'utf8')) as GraphModel
  const weights = await readWeights(model.weightsManifest, dirname(path))
  const nodes = new Map(model.modelTopology.node.map((node) => [node.name, node]))
  const graph = new GraphBuilder()
  /** Name in the new graph of each node that is already converted. */
  const converted = new Map<string, string>()
  let inputDims: number[] | undefined

  convert(output)
  if (inputDims === undefined) throw new Error(`${output} does not depend on an input`)
  return graph.encode(output, [{ name: 'input', type: 'float32', dims: ['N', ...inputDims] }], [{
    name: 'template',
    type: 'float32',
    dims: ['N', dimension]
  }])

  /** Converts a node after those it reads, which is the order that ONNX asks for. */
  function convert (name: string): string {
    const existing = converted.get(name)
    if (existing !== undefined) return existing
    const node = nodes.get(name)
    if (node === undefined) throw new Error(`there is no node ${name}`)
    const result = node.op === 'Placeholder' ? placeholder(node) : operation(node, name === output ? 'template' : name)
    converted.set(name, result)
    return result
  }

  function placeholder (node: GraphNode): string {
    const [, height, width, channels] = node.attr?.['shape']?.shape?.dim?.map(({ size }) => Number(size)) ?? []
    if (height === undefined || width === undefined || channels === undefined) throw unsupported(node, 'its shape')
    inputDims = [channels, height, width]
    return 'input'
  }

  function operation (node: GraphNode, name: string): string {
    const [x = '', second = ''] = node.input ?? []
    switch (node.op) {
      case 'Conv2D': {
        const { dims, data } = kernelToOnnx(...kernelOf(node, second))
        return graph.node(name, 'Conv', [convert(x), graph.constant(second, dims, data)], window(node, dims))
      }
      case 'DepthwiseConv2dNative': {
        const [values, shape] = kernelOf(node, second)
        const { dims, data } = depthwiseKernelToOnnx(values, shape)
        return graph.node(name, 'Conv', [convert(x), graph.constant(second, dims, data)], {
          ...window(node, dims),
          group: { int: shape[2] ?? 0 }
        })
      }
      case 'Add':
        return graph.node(name, 'Add', [convert(x), broadcast(node, second)])
      case 'Mul':
        return graph.node(name, 'Mul', [convert(x), broadcast(node, second)])
      // Bounds are scalars, for which Min and Max are a Clip with one side, which onnxruntime joins to the convolution.
      case 'Minimum':
        return graph.node(name, 'Clip', [convert(x), '', bound(node, second)])
      case 'Maximum':
        return graph.node(name, 'Clip', [convert(x), bound(node, second)])
      case 'Relu':
        return graph.node(name, 'Relu', [convert(x)])
      case 'Mean':
        return mean(node, name, x, second)
      default:
        throw unsupported(node, 'the operation')
    }
  }

  /** @returns values and shape (height, width, in, out) or (height, width, channels, multiplier) */
  function kernelOf (node: GraphNode, name: string): [Float32Array, readonly number[]] {
    const { values, shape } = weight(node, name)
    if (!(values instanceof Float32Array) || shape.length !== 4) {
      throw unsupported(node, `a kernel [${shape.join(', ')}]`)
    }
    return [values, shape]
  }

  function window (node: GraphNode, kernelDims: readonly number[]) {
    const { strides, dilations, padding, data_format: format } = node.attr ?? {}
    const [strideN, strideY, strideX, strideC] = strides?.list?.i?.map(Number) ?? []
    const pad = text(padding)
    if (text(format) !== 'NHWC') throw unsupported(node, `data format ${text(format)}`)
    if (strideY === undefined || strideX === undefined || strideN !== 1 || strideC !== 1) {
      throw unsupported(node, 'its strides')
    }
    if (dilations?.list?.i?.some((dilation) => dilation !== '1')) throw unsupported(node, 'dilations')
    if (pad !== 'SAME' && pad !== 'VALID') throw unsupported(node, `padding ${pad}`)
    return {
      // TensorFlow puts the odd row of padding at the end.
      auto_pad: { string: pad === 'SAME' ? 'SAME_UPPER' : 'VALID' },
      kernel_shape: { ints: kernelDims.slice(2) },
      strides: { ints: [strideY, strideX] }
    }
  }

  /** An operand for every element: a constant per channel, which broadcasts from the channel axis. */
  function broadcast (node: GraphNode, name: string): string {
    const { values, shape } = weight(node, name)
    const [channels, ...others] = shape
    if (!(values instanceof Float32Array) || channels === undefined || others.length > 0) {
      throw unsupported(node, `an operand [${shape.join(', ')}]`)
    }
    return graph.constant(name, [channels, 1, 1], values)
  }

  function bound (node: GraphNode, name: string): string {
    const { values, shape } = weight(node, name)
    if (!(values instanceof Float32Array) || shape.length !== 0) {
      throw unsupported(node, `a bound [${shape.join(', ')}]`)
    }
    return graph.constant(name, [], values)
  }

  function mean (node: GraphNode, name: string, x: string, axesName: string): string {
    const axes = [...weight(node, axesName).values].join()
    if (axes !== '1,2' || node.attr?.['keep_dims']?.b === true) throw unsupported(node, `a mean over ${axes}`)
    return graph.node(name, 'ReduceMean', [convert(x)], { axes: { ints: [2, 3] }, keepdims: { int: 0 } })
  }

  function weight (node: GraphNode, name: string): Weight {
    const found = weights.get(name)
    if (found === undefined) throw unsupported(node, `the operand ${name}, which is not a constant`)
    return found
  }
}

function unsupported (node: GraphNode, what: string): Error {
  return new Error(`${node.op} ${node.name}: ${what} cannot be converted`)
}

/** An attribute's string, which protobuf's JSON writes in base64. */
function text (attribute: GraphAttribute | undefined): string {
  return Buffer.from(attribute?.s ?? '', 'base64').toString('latin1')
}
