import { readFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { OnnxAttribute } from '../onnx/model-writer.js'
import { GraphBuilder } from './graph-builder.js'
import { kernelToOnnx } from './kernels.js'
import { packageFile } from './packages.js'
import { readWeights, type Weight, type WeightsGroup } from './tfjs-weights.js'

const inputSize = 150
const dimension = 128

/** A feature map of the graph: (N, channels, size, size). */
interface Feature {
  name: string
  channels: number
  size: number
}

/**
 * dlib's face recognition ResNet (29 convolutions) as ONNX: input (N, 3, 150, 150), RGB, normalised by the caller;
 * output (N, 128). Weights and structure are those of @vladmandic/face-api (`src/faceRecognitionNet`), which has the
 * first and not the second in a file.
 */
export async function convertDlib (): Promise<Uint8Array> {
  const path = packageFile('@vladmandic/face-api', 'model/face_recognition_model-weights_manifest.json')
  const groups = JSON.parse(await readFile(path, 'utf8')) as WeightsGroup[]
  return buildDlib(await readWeights(groups, dirname(path)))
}

/** @param weights by the names of face-api, kernels as (height, width, in, out) */
function buildDlib (weights: ReadonlyMap<string, Weight>): Uint8Array {
  const graph = new GraphBuilder()

  let feature = convolution({ name: 'input', channels: 3, size: inputSize }, 'conv32_down', { stride: 2, relu: true })
  feature = {
    ...feature,
    name: graph.node('pool', 'MaxPool', [feature.name], window(3)),
    size: Math.floor((feature.size - 3) / 2) + 1
  }
  for (
    const block of [
      'conv32_1',
      'conv32_2',
      'conv32_3',
      'conv64_down',
      'conv64_1',
      'conv64_2',
      'conv64_3',
      'conv128_down',
      'conv128_1',
      'conv128_2',
      'conv256_down',
      'conv256_1',
      'conv256_2',
      'conv256_down_out'
    ]
  ) {
    feature = block.includes('down') ? residualDown(feature, block) : residual(feature, block)
  }
  const pooled = graph.node('average', 'ReduceMean', [feature.name], { axes: { ints: [2, 3] }, keepdims: { int: 0 } })
  graph.node('template', 'MatMul', [
    pooled,
    graph.constant('fc', [feature.channels, dimension], weight('fc', 2).values)
  ])

  return graph.encode('dlib_face_recognition_resnet_v1', [{
    name: 'input',
    type: 'float32',
    dims: ['N', 3, inputSize, inputSize]
  }], [{ name: 'template', type: 'float32', dims: ['N', dimension] }])

  function residual (input: Feature, block: string): Feature {
    const inner = convolution(input, `${block}/conv1`, { stride: 1, relu: true })
    const outer = convolution(inner, `${block}/conv2`, { stride: 1, relu: false })
    return join(block, outer, input)
  }

  /** Halves the size. The shortcut is an average pool; whichever branch is smaller is padded with zeros at its end. */
  function residualDown (input: Feature, block: string): Feature {
    const inner = convolution(input, `${block}/conv1`, { stride: 2, relu: true })
    const outer = convolution(inner, `${block}/conv2`, { stride: 1, relu: false })
    const shortcut = {
      name: graph.node(`${block}/shortcut`, 'AveragePool', [input.name], window(2)),
      channels: input.channels,
      size: Math.floor(input.size / 2)
    }
    const channels = Math.max(outer.channels, shortcut.channels)
    const size = Math.max(outer.size, shortcut.size)
    return join(block, pad(outer, channels, size), pad(shortcut, channels, size))
  }

  function join (block: string, a: Feature, b: Feature): Feature {
    if (a.channels !== b.channels || a.size !== b.size) {
      throw new Error(`${block}: branches of ${a.channels} x ${a.size}² and ${b.channels} x ${b.size}² do not join`)
    }
    const sum = graph.node(`${block}/sum`, 'Add', [a.name, b.name])
    return { ...a, name: graph.node(block, 'Relu', [sum]) }
  }

  function pad (input: Feature, channels: number, size: number): Feature {
    if (input.channels === channels && input.size === size) return input
    const after = [0, channels - input.channels, size - input.size, size - input.size]
    const pads = BigInt64Array.from([0, 0, 0, 0, ...after], BigInt)
    const name = `${input.name}/padded`
    graph.node(name, 'Pad', [input.name, graph.constant(`${name}/pads`, [8], pads)])
    return { name, channels, size }
  }

  /** dlib's convolution and its affine layer (batch normalisation at inference); with stride 2 it has no padding. */
  function convolution (input: Feature, layer: string, { stride, relu }: { stride: 1 | 2, relu: boolean }): Feature {
    const filters = weight(`${layer}/conv/filters`, 4)
    const [kernelSize = 0, , , channels = 0] = filters.shape
    const margin = stride === 1 ? (kernelSize - 1) / 2 : 0
    const kernel = kernelToOnnx(filters.values, filters.shape)
    const convolved = graph.node(`${layer}/conv`, 'Conv', [
      input.name,
      graph.constant(`${layer}/conv/filters`, kernel.dims, kernel.data),
      graph.constant(`${layer}/conv/bias`, [channels], weight(`${layer}/conv/bias`, 1).values)
    ], {
      kernel_shape: { ints: [kernelSize, kernelSize] },
      pads: { ints: [margin, margin, margin, margin] },
      strides: { ints: [stride, stride] }
    })
    const scaled = graph.node(`${layer}/scale`, 'Mul', [convolved, perChannel(`${layer}/scale/weights`, channels)])
    const shifted = graph.node(`${layer}/shift`, 'Add', [scaled, perChannel(`${layer}/scale/biases`, channels)])
    return {
      name: relu ? graph.node(`${layer}/relu`, 'Relu', [shifted]) : shifted,
      channels,
      size: Math.floor((input.size + 2 * margin - kernelSize) / stride) + 1
    }
  }

  function perChannel (name: string, channels: number): string {
    return graph.constant(name, [channels, 1, 1], weight(name, 1).values)
  }

  function weight (name: string, rank: number): { shape: readonly number[], values: Float32Array } {
    const found = weights.get(name)
    if (found === undefined || !(found.values instanceof Float32Array) || found.shape.length !== rank) {
      throw new Error(
        `dlib: expected a weight ${name} of rank ${rank}, found ${
          found === undefined ? 'none' : `[${found.shape.join(', ')}]`
        }`
      )
    }
    return { shape: found.shape, values: found.values }
  }
}

/** A pooling window without padding, moved by 2. */
function window (size: number): Record<string, OnnxAttribute> {
  return { kernel_shape: { ints: [size, size] }, strides: { ints: [2, 2] } }
}
