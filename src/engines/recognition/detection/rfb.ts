import { floats, type Decoder, type Detection } from './decoder.js'

/**
 * RFB-320 and RFB-640 of "Ultra-Light-Fast-Generic-Face-Detector-1MB" (Linzaer). The graph has decoded its anchors:
 * boxes are corners x1, y1, x2, y2 in 0..1 of the input, scores are the probabilities of background and of face.
 */
export const rfb: Decoder = {
  multipleOf: 1,
  givesPoints: false,

  expectedOutputs (size) {
    const anchors = anchorsPerCell.reduce(
      (sum, [stride, count]) => sum + Math.ceil(size.width / stride) * Math.ceil(size.height / stride) * count,
      0
    )
    return [{ role: 'scores', rows: anchors, columns: 2 }, { role: 'boxes', rows: anchors, columns: 4 }]
  },

  decode (outputs, size, scoreThreshold) {
    const scores = floats(outputs[0])
    const boxes = floats(outputs[1])
    const detections: Detection[] = []
    for (let i = 0; i < scores.length / 2; i++) {
      const score = scores[2 * i + 1] as number
      if (!(score >= scoreThreshold)) continue
      const x = boxes[4 * i] as number * size.width
      const y = boxes[4 * i + 1] as number * size.height
      const width = boxes[4 * i + 2] as number * size.width - x
      const height = boxes[4 * i + 3] as number * size.height - y
      detections.push({ box: { x, y, width, height }, score, points: null })
    }
    return detections
  }
}

/** Stride in pixels, and the number of anchors at each of its cells. */
const anchorsPerCell: readonly (readonly [number, number])[] = [[8, 3], [16, 2], [32, 2], [64, 3]]
