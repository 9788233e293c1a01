import type { Graph } from '../onnx/runtime.js'
import type { CropSize } from './crop-source.js'
import { createPictureGraph } from './graph-input.js'
import type { RecogniserManifest } from './manifest.js'
import type { Pixels } from './pixels.js'
import type { Similarity } from './similarity.js'
import { warpInto } from './warp.js'

/** A recognition model on this thread. */
export interface Recogniser {
  readonly id: string
  /** The crop that it takes. */
  readonly size: CropSize
  /**
   * @param toCrop maps coordinates of the picture to those of the model's crop
   * @returns the graph's raw output, `dimension` numbers, not normalised
   */
  recognise(picture: Pixels, toCrop: Similarity): Promise<Float32Array>
}

export function createRecogniser (manifest: RecogniserManifest, graph: Graph): Recogniser {
  const { id, crop, input: { width, height } } = manifest
  const pictureGraph = createPictureGraph(manifest, graph)
  return {
    id,
    size: { crop, width, height },
    async recognise (picture, toCrop) {
      const [output] = await pictureGraph.run((data, format) => warpInto(data, format, picture, toCrop, width, height))
      const vector = output?.data
      if (!(vector instanceof Float32Array)) throw new TypeError(`expected a float32 output of model ${id}`)
      return vector
    }
  }
}
