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
  list?: { i?: string[], s?: string[] }
  shape?: { dim?: { size: string }[] }
}

interface ConversionOptions {
  /** of the square pictures, where it is another than the graph declares: convolutions take any */
  readonly side?: number
  /** the template is the mean over the positions of the output, which is a picture */
  readonly pooled?: boolean
}

/**
 * Converts the part of a TensorFlow.js convolutional network that one of its nodes needs. The result computes in NCHW:
 * its input, called `input`, is (N, channels, height, width) where TensorFlow has (N, height, width, channels). Its
 * output is called `template`, (N, dimension).
 *
 * @param path of the model's JSON file; its weights lie beside it
 * @param output name of the node whose value is the template
 * @param options see `ConversionOptions`
 * @throws Error naming the node that cannot be converted
 */
export async function convertGraphModel (
  path: string,
  output: string,
  dimension: number,
  { side, pooled = false }: ConversionOptions = {}
): Promise<Uint8Array> {
  const model = JSON.parse(await readFile(path, 'utf8')) as GraphModel
  const weights = await readWeights(model.weightsManifest, dirname(path))
  const nodes = new Map(model.modelTopology.node.map((node) => [node.name, node]))
  const graph = new GraphBuilder()
  /** Name in the new graph of each node that is already converted. */
  const converted = new Map<string, string>()
  const scalars = new Set<string>()
  let inputDims: number[] | undefined

  const last = convert(output)
  if (pooled) graph.node('template', 'ReduceMean', [last], { axes: { ints: [2, 3] }, keepdims: { int: 0 } })
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
    const result = node.op === 'Placeholder'
      ? placeholder(node)
      : operation(node, name === output && !pooled ? 'template' : name)
    converted.set(name, result)
    return result
  }

  function placeholder (node: GraphNode): string {
    const [, height, width, channels] = node.attr?.['shape']?.shape?.dim?.map(({ size }) => Number(size)) ?? []
    if (height === undefined || width === undefined || channels === undefined) throw unsupported(node, 'its shape')
    inputDims = [channels, side ?? height, side ?? width]
    return 'input'
  }

  function operation (node: GraphNode, name: string): string {
    const [x = '', second = ''] = node.input ?? []
    switch (node.op) {
      case 'Conv2D':
      case '_FusedConv2D': {
        const { dims, data } = kernelToOnnx(...kernelOf(node, second))
        return fused(node, name, [convert(x), graph.constant(second, dims, data)], window(node, dims))
      }
      case 'DepthwiseConv2dNative':
      case 'FusedDepthwiseConv2dNative': {
        const [values, shape] = kernelOf(node, second)
        const { dims, data } = depthwiseKernelToOnnx(values, shape)
        return fused(node, name, [convert(x), graph.constant(second, dims, data)], {
          ...window(node, dims),
          group: { int: shape[2] ?? 0 }
        })
      }
      case 'Add':
      case 'Mul':
        return graph.node(name, node.op, [operand(node, x), operand(node, second)])
      // Bounds are scalars, for which Min and Max are a Clip with one side, which onnxruntime joins to the convolution.
      case 'Minimum':
        return graph.node(name, 'Clip', [convert(x), '', bound(node, second)])
      case 'Maximum':
        return graph.node(name, 'Clip', [convert(x), bound(node, second)])
      case 'Relu':
        return graph.node(name, 'Relu', [convert(x)])
      case 'Relu6':
        return graph.node(name, 'Clip', [convert(x), scalar('zero', 0), scalar('six', 6)])
      case 'Mean':
        return mean(node, name, x, second)
      default:
        throw unsupported(node, 'the operation')
    }
  }

  /** A convolution with what TensorFlow joined to it: a bias, and an activation. */
  function fused (
    node: GraphNode,
    name: string,
    [input, kernel]: readonly [string, string],
    attributes: Parameters<GraphBuilder['node']>[3]
  ): string {
    const steps = node.attr?.['fused_ops']?.list?.s?.map(step => text({ s: step })) ?? []
    const [, , bias] = node.input ?? []
    if (steps.length === 0) return graph.node(name, 'Conv', [input, kernel], attributes)
    const [first, activation, ...others] = steps
    if (first !== 'BiasAdd' || bias === undefined || (activation ?? 'Relu') !== 'Relu' || others.length > 0) {
      throw unsupported(node, `what is joined to it, ${steps.join(', ')},`)
    }
    const { values, shape } = weight(node, bias)
    if (!(values instanceof Float32Array) || shape.length !== 1) throw unsupported(node, `a bias [${shape.join(', ')}]`)
    const inputs = [input, kernel, graph.constant(bias, shape, values)]
    if (activation === undefined) return graph.node(name, 'Conv', inputs, attributes)
    return graph.node(name, 'Relu', [graph.node(`${name}/linear`, 'Conv', inputs, attributes)])
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

  /** Another value, or a constant: one for all elements, or one per channel, which broadcasts from the channel axis. */
  function operand (node: GraphNode, name: string): string {
    if (!weights.has(name) && nodes.get(name)?.op !== 'Const') return convert(name)
    const { values, shape } = weight(node, name)
    const [channels, ...others] = shape
    if (!(values instanceof Float32Array) || others.length > 0) {
      throw unsupported(node, `an operand [${shape.join(', ')}]`)
    }
    return graph.constant(name, channels === undefined ? [] : [channels, 1, 1], values)
  }

  function scalar (name: string, value: number): string {
    if (!scalars.has(name)) graph.constant(name, [], Float32Array.of(value))
    scalars.add(name)
    return name
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
    if (axes !== '1,2') throw unsupported(node, `a mean over ${axes}`)
    const keepdims = { int: node.attr?.['keep_dims']?.b === true ? 1 : 0 }
    return graph.node(name, 'ReduceMean', [convert(x)], { axes: { ints: [2, 3] }, keepdims })
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
