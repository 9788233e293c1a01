import type { Graph } from '../../onnx/runtime.js'
import { mapFive, type Point } from '../geometry.js'
import type { DetectorManifest } from '../manifest.js'
import type { Pixels } from '../pixels.js'
import type { Decoder, Detection } from './decoder.js'
import { letterbox } from './letterbox.js'
import { rfb } from './rfb.js'
import { scrfd } from './scrfd.js'
import { openStretch } from './stretch.js'
import { suppress } from './suppression.js'
import { yunet } from './yunet.js'

export const decoders: Readonly<Record<DetectorManifest['decoder'], Decoder>> = { rfb, yunet, scrfd }

/**
 * Finds faces in a picture.
 * @returns detections in pixels of the picture, the highest score first
 */
export type Detect = (pixels: Pixels) => Promise<Detection[]>

export async function openDetector (manifest: DetectorManifest, graph: Graph): Promise<Detect> {
  const { input: recipe, graph: { input, outputs }, scoreThreshold, iouThreshold } = manifest
  const decoder = decoders[manifest.decoder]
  const stretch = await openStretch(recipe)

  return async (pixels) => {
    const box = await letterbox(pixels, recipe)
    const results = await graph.run({ [input]: await stretch(box) }, outputs)
    const found = suppress(
      decoder.decode(outputs.flatMap(name => results[name] ?? []), recipe, scoreThreshold),
      iouThreshold
    )
    const scaleX = box.width / pixels.width
    const scaleY = box.height / pixels.height
    const back = ({ x, y }: Point): Point => ({ x: x / scaleX, y: y / scaleY })
    return found.map(({ box, score, points }) => ({
      box: { ...back(box), width: box.width / scaleX, height: box.height / scaleY },
      score,
      points: points === null ? null : mapFive(points, back)
    }))
  }
}
