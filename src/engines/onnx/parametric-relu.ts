import type { OnnxNode, OnnxTensor } from './model-writer.js'
import { rewriteModel, type ReadModel, type ReadNode } from './model-rewriter.js'

/**
 * Decomposes PRelu in the bytes of a model: `y = relu(x) + slope (x - relu(x))`, the same number for every finite x,
 * bit by bit except the sign of a zero, since one of the two terms is 0.
 *
 * onnxruntime 1.30 computes PRelu on the CPU number by number, with a branch that no processor predicts, since the sign
 * of an activation is as good as random. Recognition models are full of it: in r512, 33 PRelu took more time than the
 * 50 convolutions. Behind a convolution it becomes `relu(x) - slope relu(-x)`, with both factors as depthwise
 * convolutions. Unlike a product with a constant, onnxruntime computes these in the layout of the convolutions around
 * them, with relu and sum in the same pass. r512 takes 5.4 ms in place of 11.0, and 7.1 with four plain operators.
 *
 * @param model ONNX; everything but the nodes concerned is kept byte by byte
 * @returns the model itself when there is nothing to decompose
 */
export function splitParametricRelu (model: Uint8Array): Uint8Array {
  return rewriteModel(model, read => {
    const nodes = new Map<ReadNode, OnnxNode[]>()
    const constants: OnnxTensor[] = []
    // Before operator set 7 operands were not broadcast as they are now.
    for (const node of read.operatorSet >= 7 ? read.nodes : []) {
      const [x, slope] = node.inputs
      const [y] = node.outputs
      if (node.op !== 'PRelu' || x === undefined || slope === undefined || y === undefined) continue
      const slopes = slopesByChannel(read, x, slope)
      if (slopes === undefined) {
        nodes.set(node, plain(x, slope, y))
      } else {
        nodes.set(node, byConvolution(x, slopes.length, y))
        constants.push(
          { name: `${y}/minus`, dims: [slopes.length, 1, 1, 1], data: new Float32Array(slopes.length).fill(-1) },
          { name: `${y}/slope`, dims: [slopes.length, 1, 1, 1], data: slopes.map(value => -value) }
        )
      }
    }
    return { nodes, constants }
  })
}

/** The slopes, when they are constants per channel of a picture that a convolution outputs. */
function slopesByChannel (model: ReadModel, x: string, slope: string): Float32Array | undefined {
  const maker = model.nodes.find(({ op, outputs }) => op === 'Conv' && outputs.includes(x))
  const isPicture = model.constant(maker?.inputs[1] ?? '')?.dims.length === 4
  const { dims, floats } = model.constant(slope) ?? {}
  return model.irVersion >= 4 && isPicture && dims?.length === 3 && dims[1] === 1 && dims[2] === 1 && dims[0]! > 1
    ? floats
    : undefined
}

function byConvolution (x: string, channels: number, y: string): OnnxNode[] {
  const eachChannel = { group: { int: channels }, kernel_shape: { ints: [1, 1] } }
  return [
    { op: 'Relu', inputs: [x], outputs: [`${y}/positive`] },
    { op: 'Conv', inputs: [x, `${y}/minus`], outputs: [`${y}/mirrored`], attributes: eachChannel },
    { op: 'Relu', inputs: [`${y}/mirrored`], outputs: [`${y}/negative`] },
    { op: 'Conv', inputs: [`${y}/negative`, `${y}/slope`], outputs: [`${y}/scaled`], attributes: eachChannel },
    { op: 'Add', inputs: [`${y}/scaled`, `${y}/positive`], outputs: [y] }
  ]
}

function plain (x: string, slope: string, y: string): OnnxNode[] {
  return [
    { op: 'Relu', inputs: [x], outputs: [`${y}/positive`] },
    { op: 'Sub', inputs: [x, `${y}/positive`], outputs: [`${y}/negative`] },
    { op: 'Mul', inputs: [`${y}/negative`, slope], outputs: [`${y}/scaled`] },
    { op: 'Add', inputs: [`${y}/positive`, `${y}/scaled`], outputs: [y] }
  ]
}
