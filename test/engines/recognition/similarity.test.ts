import assert from 'node:assert/strict'
import { test } from 'node:test'
import { arcFaceCrop, arcFacePoints, templatePoints } from '../../../src/engines/recognition/face-template.js'
import type { Point } from '../../../src/engines/recognition/geometry.js'
import {
  applySimilarity,
  estimateSimilarity,
  invertSimilarity,
  scaleOf,
  type Similarity
} from '../../../src/engines/recognition/similarity.js'

const close = (actual: number, expected: number): void =>
  assert.ok(
    Math.abs(actual - expected) < 1e-9 * Math.max(1, Math.abs(expected)),
    `expected ${expected}, received ${actual}`
  )

const rotation = (degrees: number, scale: number, tx: number, ty: number): Similarity => {
  const angle = degrees * Math.PI / 180
  return { a: scale * Math.cos(angle), b: scale * Math.sin(angle), tx, ty }
}

const squaredError = (transform: Similarity, from: readonly Point[], to: readonly Point[]): number =>
  from.reduce((sum, point, i) => {
    const image = applySimilarity(transform, point)
    const target = to[i] as Point
    return sum + (image.x - target.x) ** 2 + (image.y - target.y) ** 2
  }, 0)

test('a known similarity is recovered from its points', () => {
  for (
    const known of [
      rotation(0, 1, 0, 0),
      rotation(30, 2, -5, 7),
      rotation(-135, 0.1, 400, -80),
      rotation(180, 13, 0, 1)
    ]
  ) {
    const found = estimateSimilarity(arcFacePoints, arcFacePoints.map((point) => applySimilarity(known, point)))
    for (const member of ['a', 'b', 'tx', 'ty'] as const) close(found[member], known[member])
  }
})

test('when no similarity fits the points, every neighbour of the solution is worse', () => {
  const to = arcFacePoints.map(
    ({ x, y }, i) => ({ x: 1.3 * x + 4 * Math.sin(7 * i), y: 0.8 * y - 5 * Math.cos(5 * i) })
  )
  const found = estimateSimilarity(arcFacePoints, to)
  const least = squaredError(found, arcFacePoints, to)
  for (const member of ['a', 'b', 'tx', 'ty'] as const) {
    for (const step of [1e-3, -1e-3]) {
      assert.ok(squaredError({ ...found, [member]: found[member] + step }, arcFacePoints, to) > least)
    }
  }
})

test('mirrored points are not matched with a reflection', () => {
  const { a, b } = estimateSimilarity(arcFacePoints, arcFacePoints.map(({ x, y }) => ({ x: -x, y })))
  // The matrix [a -b; b a] has determinant a a + b b, which no reflection has.
  assert.ok(a * a + b * b > 0)
})

test('the inverse undoes the transform', () => {
  const transform = rotation(77, 0.3, 12, -34)
  const inverse = invertSimilarity(transform)
  for (const point of arcFacePoints) {
    const back = applySimilarity(inverse, applySimilarity(transform, point))
    close(back.x, point.x)
    close(back.y, point.y)
  }
  close(scaleOf(inverse), 1 / scaleOf(transform))
})

test('degenerate points are refused', () => {
  const same = Array.from({ length: 5 }, () => ({ x: 3, y: 4 }))
  assert.throws(() => estimateSimilarity(same, arcFacePoints), RangeError)
  assert.throws(() => estimateSimilarity(arcFacePoints, same.slice(1)), /received 5 and 4/)
  assert.throws(() => invertSimilarity({ a: 0, b: 0, tx: 1, ty: 1 }), RangeError)
})

test('the crop of a manifest places the template by its formula', () => {
  assert.deepEqual(
    templatePoints(arcFaceCrop, 112, 112).map(({ y }) => y.toFixed(4)),
    arcFacePoints.map(({ y }) => y.toFixed(4))
  )
  const [leftEye] = templatePoints({ scale: 1.2, centreY: 0.64 }, 150, 150)
  close(leftEye.x, ((38.2946 / 112 - 0.5) * 1.2 + 0.5) * 150)
  close(leftEye.y, ((51.6963 / 112 - 0.64) * 1.2 + 0.5) * 150)
})
