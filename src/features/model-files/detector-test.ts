import type { Graph } from '../../engines/onnx/runtime.js'
import { openDetector } from '../../engines/recognition/detection/detector.js'
import { distance, type FivePoints } from '../../engines/recognition/geometry.js'
import type { DetectorManifest } from '../../engines/recognition/manifest.js'
import type { Pixels } from '../../engines/recognition/pixels.js'
import { mean } from '../../science/linear-algebra/sums.js'

/** A photograph with the faces that the service's own detector finds. */
export interface TestPhotograph {
  readonly pixels: Pixels
  /** points of each face, in these pixels */
  readonly faces: readonly FivePoints[]
}

export interface DetectorTest {
  readonly photographs: number
  /** faces of the service's own detector, and how many of them the new one finds too */
  readonly faces: number
  readonly found: number
  /** mean distance of the points of both, in distances between the eyes; null when there are none to compare */
  readonly pointDistance: number | null
}

/** Within this many distances between the eyes the noses of both detectors are of one face. */
const sameFace = 0.5

/** Compares a detector with the service's own. */
export async function testDetector (
  manifest: DetectorManifest,
  graph: Graph,
  photographs: readonly TestPhotograph[]
): Promise<DetectorTest> {
  const detect = await openDetector(manifest, graph)
  const distances: number[] = []
  let found = 0
  let faces = 0
  for (const photograph of photographs) {
    const detections = await detect(photograph.pixels)
    for (const expected of photograph.faces) {
      faces++
      const eyes = distance(expected[0], expected[1])
      const nose = expected[2]
      const match = detections.find(({ box, points }) =>
        points === null
          ? nose.x > box.x && nose.x < box.x + box.width && nose.y > box.y && nose.y < box.y + box.height
          : distance(points[2], nose) < sameFace * eyes
      )
      if (match === undefined) continue
      found++
      if (match.points !== null) {
        distances.push(mean(match.points.map((point, k) => distance(point, expected[k]!))) / eyes)
      }
    }
  }
  return {
    photographs: photographs.length,
    faces,
    found,
    pointDistance: distances.length === 0 ? null : mean(distances)
  }
}
