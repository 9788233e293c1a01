import { fivePoints, floats, type Decoder, type Detection } from './decoder.js'

/**
 * YuNet (Wu et al., "YuNet: A Tiny Millisecond-level Face Detector", 2023), decoded as OpenCV's FaceDetectorYN does:
 * the score is the geometric mean of class and objectness, centres are offsets from the cell in strides, sides are
 * exponentials. Outputs: cls of the strides 8, 16, 32, then obj, bbox and kps likewise.
 */
export const yunet: Decoder = {
  multipleOf: 32,
  givesPoints: true,

  expectedOutputs (size) {
    return columns.flatMap(([role, count]) =>
      strides.map((stride) => ({
        role: `${role}_${stride}`,
        rows: (size.width / stride) * (size.height / stride),
        columns: count
      }))
    )
  },

  decode (outputs, size, scoreThreshold) {
    const detections: Detection[] = []
    for (const [level, stride] of strides.entries()) {
      const [cls, obj, bbox, kps] = columns.map((_, kind) => floats(outputs[kind * strides.length + level])) as [
        Float32Array,
        Float32Array,
        Float32Array,
        Float32Array
      ]
      const across = size.width / stride
      for (let i = 0; i < cls.length; i++) {
        const score = Math.sqrt(clamp(cls[i] as number) * clamp(obj[i] as number))
        if (!(score >= scoreThreshold)) continue
        const column = i % across
        const row = Math.floor(i / across)
        const width = Math.exp(bbox[4 * i + 2] as number) * stride
        const height = Math.exp(bbox[4 * i + 3] as number) * stride
        detections.push({
          box: {
            x: (column + (bbox[4 * i] as number)) * stride - width / 2,
            y: (row + (bbox[4 * i + 1] as number)) * stride - height / 2,
            width,
            height
          },
          score,
          points: fivePoints(kps, 10 * i, (x, y) => ({ x: (column + x) * stride, y: (row + y) * stride }))
        })
      }
    }
    return detections
  }
}

const strides = [8, 16, 32] as const

const columns: readonly (readonly [string, number])[] = [['cls', 1], ['obj', 1], ['bbox', 4], ['kps', 10]]

function clamp (value: number): number {
  return Math.min(1, Math.max(0, value))
}
