/**
 * Convolution kernels of TensorFlow (height, width, in, out) in the order of ONNX (out, in, height, width).
 * @param shape [height, width, in, out]
 */
export function kernelToOnnx (values: Float32Array, shape: readonly number[]): { dims: number[], data: Float32Array } {
  const [height, width, inputs, outputs] = shape as [number, number, number, number]
  return { dims: [outputs, inputs, height, width], data: swapEnds(values, height * width, inputs, outputs) }
}

/**
 * Depthwise kernels of TensorFlow (height, width, channels, multiplier) as the grouped convolution of ONNX:
 * (channels * multiplier, 1, height, width), with one group per channel.
 * @param shape [height, width, channels, multiplier]
 */
export function depthwiseKernelToOnnx (
  values: Float32Array,
  shape: readonly number[]
): { dims: number[], data: Float32Array } {
  const [height, width, channels, multiplier] = shape as [number, number, number, number]
  const outputs = channels * multiplier
  return { dims: [outputs, 1, height, width], data: swapEnds(values, height * width, 1, outputs) }
}

/** (pixels, inputs, outputs) to (outputs, inputs, pixels). */
function swapEnds (values: Float32Array, pixels: number, inputs: number, outputs: number): Float32Array {
  const data = new Float32Array(pixels * inputs * outputs)
  for (let output = 0; output < outputs; output++) {
    for (let input = 0; input < inputs; input++) {
      for (let pixel = 0; pixel < pixels; pixel++) {
        data[(output * inputs + input) * pixels + pixel] = values[(pixel * inputs + input) * outputs + output] ?? NaN
      }
    }
  }
  return data
}
