import { templateDefect } from '../../science/template/check.js'
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
  /** @param toCrop maps coordinates of the picture to those of the model's crop */
  recognise(picture: Pixels, toCrop: Similarity): Promise<Recognised>
}

/**
 * The raw output of a graph, `dimension` numbers, not normalised; or why it is not a template. A graph that ends in
 * ReLU and a mean outputs only zeros for a black crop, and no template can be compared with zeros.
 */
type Recognised = { readonly vector: Float32Array } | { readonly defect: string }

export function createRecogniser (manifest: RecogniserManifest, graph: Graph): Recogniser {
  const { id, dimension, crop, input: { width, height } } = manifest
  const pictureGraph = createPictureGraph(manifest, graph)
  return {
    id,
    size: { crop, width, height },
    async recognise (picture, toCrop) {
      const [output] = await pictureGraph.run((data, format) => warpInto(data, format, picture, toCrop, width, height))
      if (!(output?.data instanceof Float32Array)) throw new TypeError(`expected a float32 output of model ${id}`)
      const vector = pooled(output.data, manifest)
      const defect = templateDefect(vector, { model: id, dimension })
      return defect === undefined ? { vector } : { defect }
    }
  }
}

/** The template in an output of tokens, row-major (tokens, dimension); see `pooling` in the manifest. */
function pooled (data: Float32Array, { pooling, dimension }: RecogniserManifest): Float32Array {
  if (pooling === undefined) return data
  if ('token' in pooling) return data.slice(pooling.token * dimension, (pooling.token + 1) * dimension)
  const sums = new Float64Array(dimension)
  const tokens = data.length / dimension - pooling.meanFrom
  for (let k = pooling.meanFrom * dimension; k < data.length; k++) {
    sums[k % dimension] = sums[k % dimension]! + data[k]!
  }
  return Float32Array.from(sums, sum => sum / tokens)
}
