import type { Graph } from '../onnx/runtime.js'
import type { CropSize } from './crop-source.js'
import { toGraphInput } from './graph-input.js'
import type { RecogniserManifest } from './manifest.js'
import type { Crop } from './warp.js'

/** A recognition model on this thread. */
export interface Recogniser {
  readonly id: string
  /** The crop that it takes. */
  readonly size: CropSize
  /** @returns the graph's raw output, `dimension` numbers, not normalised */
  recognise(crop: Crop): Promise<Float32Array>
}

export function createRecogniser (manifest: RecogniserManifest, graph: Graph): Recogniser {
  const { id, crop, input: recipe, graph: { input, outputs: [output = ''] } } = manifest
  return {
    id,
    size: { crop, width: recipe.width, height: recipe.height },
    async recognise (pixels) {
      const results = await graph.run({ [input]: toGraphInput(pixels, recipe) }, [output])
      const vector = results[output]?.data
      if (!(vector instanceof Float32Array)) throw new TypeError(`expected a float32 output of model ${id}`)
      return vector
    }
  }
}
