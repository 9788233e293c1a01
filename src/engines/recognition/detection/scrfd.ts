import { fivePoints, floats, type Decoder, type Detection } from './decoder.js'

/**
 * SCRFD with key points (Guo et al., "Sample and Computation Redistribution for Efficient Face Detection", ICLR 2022),
 * decoded as insightface does: two anchors at the corner of each cell, boxes as distances to the left, top, right and
 * bottom in strides, points as offsets in strides. Outputs: scores of the strides 8, 16, 32, then boxes, then points.
 */
export const scrfd: Decoder = {
  multipleOf: 32,
  givesPoints: true,

  expectedOutputs (size) {
    return columns.flatMap(([role, count]) =>
      strides.map((stride) => ({
        role: `${role}_${stride}`,
        rows: (size.width / stride) * (size.height / stride) * anchorsPerCell,
        columns: count
      }))
    )
  },

  decode (outputs, size, scoreThreshold) {
    const detections: Detection[] = []
    for (const [level, stride] of strides.entries()) {
      const [scores, boxes, points] = columns.map((_, kind) => floats(outputs[kind * strides.length + level])) as [
        Float32Array,
        Float32Array,
        Float32Array
      ]
      const across = size.width / stride
      for (let i = 0; i < scores.length; i++) {
        const score = scores[i] as number
        if (!(score >= scoreThreshold)) continue
        const cell = Math.floor(i / anchorsPerCell)
        const centreX = (cell % across) * stride
        const centreY = Math.floor(cell / across) * stride
        const [left, top, right, bottom] = [0, 1, 2, 3].map((k) => boxes[4 * i + k] as number * stride) as [
          number,
          number,
          number,
          number
        ]
        detections.push({
          box: { x: centreX - left, y: centreY - top, width: left + right, height: top + bottom },
          score,
          points: fivePoints(points, 10 * i, (x, y) => ({ x: centreX + x * stride, y: centreY + y * stride }))
        })
      }
    }
    return detections
  }
}

const strides = [8, 16, 32] as const

const anchorsPerCell = 2

const columns: readonly (readonly [string, number])[] = [['score', 1], ['bbox', 4], ['kps', 10]]
