import type { GraphTensor } from '../../onnx/runtime.js'
import type { Box, FivePoints } from '../geometry.js'

/** A face that a detector has found, in pixels of the graph's input until it is mapped back to the picture. */
export interface Detection {
  readonly box: Box
  /** The detector's own confidence, 0..1. */
  readonly score: number
  /** Null when the detector finds boxes only. */
  readonly points: FivePoints | null
}

export interface InputSize {
  readonly width: number
  readonly height: number
}

/**
 * An output that a decoder reads: `rows` candidates of `columns` numbers each, with or without a batch dimension of 1.
 */
interface ExpectedOutput {
  /** Name of its content, for messages. */
  readonly role: string
  readonly rows: number
  readonly columns: number
}

/** Reads the outputs of one family of detectors. */
export interface Decoder {
  /** The input's sides must be multiples of this, in pixels. */
  readonly multipleOf: number
  /** Whether the five points are among the outputs. */
  readonly givesPoints: boolean
  /** The outputs required for an input of this size, in the order of the manifest's `graph.outputs`. */
  expectedOutputs(size: InputSize): readonly ExpectedOutput[]
  /**
   * @param outputs as `expectedOutputs` requires, in its order
   * @returns the candidates with a score of at least `scoreThreshold`, including overlapping ones
   */
  decode(outputs: readonly GraphTensor[], size: InputSize, scoreThreshold: number): Detection[]
}

/** The numbers of an output, which must be single precision. */
export function floats (output: GraphTensor | undefined): Float32Array {
  if (!(output?.data instanceof Float32Array)) throw new TypeError('expected a float32 output of the detector')
  return output.data
}

/** Five points from ten numbers x, y, x, y, ... at `offset`, each mapped by `at`. */
export function fivePoints (
  values: Float32Array,
  offset: number,
  at: (x: number, y: number) => { x: number, y: number }
): FivePoints {
  const point = (i: number): { x: number, y: number } =>
    at(values[offset + 2 * i] as number, values[offset + 2 * i + 1] as number)
  return [point(0), point(1), point(2), point(3), point(4)]
}
