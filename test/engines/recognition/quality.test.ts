import assert from 'node:assert/strict'
import { test } from 'node:test'
import { arcFacePoints } from '../../../src/engines/recognition/face-template.js'
import { mapFive } from '../../../src/engines/recognition/geometry.js'
import { measureQuality } from '../../../src/engines/recognition/quality.js'
import type { Crop } from '../../../src/engines/recognition/warp.js'

function crop (value: (x: number, y: number) => number): Crop {
  const data = Float32Array.from({ length: 112 * 112 }, (_, i) => value(i % 112, Math.floor(i / 112)))
  return { width: 112, height: 112, data, outside: 0.25 }
}

const flat = crop(() => 90)
const near = (actual: number | null, expected: number, tolerance = 1e-3): void =>
  assert.ok(actual !== null && Math.abs(actual - expected) < tolerance, `expected ${expected}, received ${actual}`)

test('a flat crop has its brightness, no contrast and no sharpness', () => {
  const { brightness, contrast, sharpness, outside } = measureQuality(arcFacePoints, flat, false)
  near(brightness, 90)
  near(contrast, 0)
  near(sharpness, 0)
  assert.equal(outside, 0.25)
})

test('a ramp has contrast and no sharpness, stripes have both', () => {
  const ramp = measureQuality(arcFacePoints, crop((x) => 2 * x), false)
  near(ramp.contrast, 2 * Math.sqrt((112 ** 2 - 1) / 12))
  near(ramp.sharpness, 0)
  const stripes = measureQuality(arcFacePoints, crop((x) => x % 2 === 0 ? 80 : 120), false)
  near(stripes.contrast, 20)
  // The Laplacian is 80 and -80 in turn.
  near(stripes.sharpness, 6400)
})

test('roll is the rotation of the points, distances scale with them, and yaw changes with neither', () => {
  const still = measureQuality(arcFacePoints, flat, false)
  const angle = 25 * Math.PI / 180
  const turned = measureQuality(
    mapFive(arcFacePoints, ({ x, y }) => ({
      x: 3 * (x * Math.cos(angle) - y * Math.sin(angle)),
      y: 3 * (x * Math.sin(angle) + y * Math.cos(angle))
    })),
    flat,
    false
  )
  near(turned.roll, (still.roll ?? NaN) + 25)
  near(turned.interEyeDistance, 3 * still.interEyeDistance)
  near(turned.yaw, still.yaw ?? NaN)
})

test('a nose to the right is a positive yaw, a mirrored face has the opposite', () => {
  const [left, right, nose, mouthLeft, mouthRight] = arcFacePoints
  const { yaw } = measureQuality([left, right, { x: nose.x + 10, y: nose.y }, mouthLeft, mouthRight], flat, false)
  assert.ok(yaw !== null && yaw > 0.2)
  const mirror = ({ x, y }: { x: number, y: number }) => ({ x: 112 - x, y })
  const mirrored = measureQuality(
    [mirror(right), mirror(left), mirror({ x: nose.x + 10, y: nose.y }), mirror(mouthRight), mirror(mouthLeft)],
    flat,
    false
  )
  near(mirrored.yaw, -yaw)
})

test('the pose of an aligned crop is unknown', () => {
  const { roll, yaw } = measureQuality(arcFacePoints, flat, true)
  assert.deepEqual([roll, yaw], [null, null])
})

test('exposure: shares of dark and bright levels and the entropy of all', () => {
  const grey = measureQuality(arcFacePoints, flat, false)
  assert.deepEqual([grey.underExposed, grey.overExposed, grey.dynamicRange], [0, 0, 0])
  // A quarter each of 25, 26, 246 and 247.
  const mixed = measureQuality(arcFacePoints, crop(x => [25, 26, 246, 247][x % 4]!), false)
  near(mixed.underExposed, 0.25)
  near(mixed.overExposed, 0.25)
  near(mixed.dynamicRange, 2)
})

test('cheeks that are lit alike have the same histogram, those that are not have none in common', () => {
  near(measureQuality(arcFacePoints, flat, false).illuminationUniformity, 1)
  const ramp = (x: number, y: number) => (x + y) % 8 < 4 ? 60 : 100
  near(measureQuality(arcFacePoints, crop(x => ramp(Math.min(x, 111 - x), 0)), false).illuminationUniformity, 1, 0.2)
  const sidelit = crop(x => x < 56 ? 200 : 40)
  near(measureQuality(arcFacePoints, sidelit, false).illuminationUniformity, 0)
  const halfway = crop((x, y) => x < 56 || y % 2 === 0 ? 200 : 40)
  near(measureQuality(arcFacePoints, halfway, false).illuminationUniformity, 0.5)
})

test('pitch is negative when the nose is near the eyes, and neither turns nor sizes change it', () => {
  const [left, right, nose, mouthLeft, mouthRight] = arcFacePoints
  const up = [left, right, { x: nose.x, y: nose.y - 10 }, mouthLeft, mouthRight] as const
  const still = measureQuality(up, flat, false).pitch
  assert.ok(still !== null && still < -0.2)
  near(measureQuality(arcFacePoints, flat, false).pitch, 0, 0.02)
  const turned = mapFive(up, ({ x, y }) => ({ x: -2 * y, y: 2 * x }))
  near(measureQuality(turned, flat, false).pitch, still)
  assert.equal(measureQuality(up, flat, true).pitch, null)
})
