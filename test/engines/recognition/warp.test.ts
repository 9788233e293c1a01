import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Pixels } from '../../../src/engines/recognition/pixels.js'
import { applySimilarity, invertSimilarity, type Similarity } from '../../../src/engines/recognition/similarity.js'
import { plainRgb, warp, warpInto } from '../../../src/engines/recognition/warp.js'

function picture (width: number, height: number, value: (x: number, y: number, channel: number) => number): Pixels {
  const data = new Uint8Array(width * height * 3)
  for (let i = 0; i < data.length; i++) data[i] = value(Math.floor(i / 3) % width, Math.floor(i / 3 / width), i % 3)
  return { width, height, data }
}

const noise = picture(40, 30, (x, y, c) => (x * 73 + y * 151 + c * 37) % 256)
const identity = { a: 1, b: 0, tx: 0, ty: 0 }

test('the identity returns the picture', () => {
  const crop = warp(noise, identity, 40, 30)
  assert.deepEqual([...crop.data], [...noise.data])
  assert.equal(crop.outside, 0)
})

test('a shift by whole pixels moves the picture and leaves zeros outside it', () => {
  const crop = warp(noise, { a: 1, b: 0, tx: 3, ty: -2 }, 40, 30)
  const at = (data: ArrayLike<number>, x: number, y: number): number | undefined => data[(y * 40 + x) * 3 + 1]
  assert.equal(at(crop.data, 10, 10), at(noise.data, 7, 12))
  assert.equal(at(crop.data, 2, 10), 0)
  assert.equal(at(crop.data, 20, 29), 0)
  assert.ok(Math.abs(crop.outside - (1 - 37 * 28 / (40 * 30))) < 1e-9)
})

test('a quarter turn maps rows to columns', () => {
  const crop = warp(noise, { a: 0, b: 1, tx: 29, ty: 0 }, 30, 40)
  for (const [x, y] of [[0, 0], [5, 17], [39, 29]] as const) {
    // (x, y) of the picture goes to (29 - y, x).
    assert.equal(crop.data[(x * 30 + (29 - y)) * 3], noise.data[(y * 40 + x) * 3])
  }
})

test('between pixels a ramp is interpolated exactly', () => {
  const ramp = picture(20, 20, (x) => x * 10)
  const crop = warp(ramp, { a: 2, b: 0, tx: -10, ty: -10 }, 20, 20)
  for (let x = 0; x < 20; x++) assert.ok(Math.abs((crop.data[(10 * 20 + x) * 3] ?? NaN) - (x + 10) / 2 * 10) < 1e-3)
})

test('fine stripes become grey when the picture shrinks, they do not alias', () => {
  const stripes = picture(400, 400, (x) => x % 2 === 0 ? 0 : 200)
  const crop = warp(stripes, { a: 0.1, b: 0, tx: 0, ty: 0 }, 38, 38)
  for (let i = 3 * 38 + 3; i < 3 * 38 * 37; i++) {
    const column = Math.floor(i / 3) % 38
    if (column > 0 && column < 37) assert.ok(Math.abs((crop.data[i] ?? NaN) - 100) < 12, `pixel ${i}: ${crop.data[i]}`)
  }
})

test('a crop beside the picture is black and entirely outside', () => {
  const crop = warp(noise, { a: 1, b: 0, tx: 500, ty: 0 }, 10, 10)
  assert.ok(crop.data.every((value) => value === 0))
  assert.equal(crop.outside, 1)
})

/**
 * Bilinear by its definition: the mean over the grid of the four neighbours by their weights, those that do not exist
 * 0.
 */
function bilinear (source: Pixels, inverse: Similarity, grid: number, x: number, y: number, c: number): number {
  let sum = 0
  for (let j = 0; j < grid; j++) {
    for (let i = 0; i < grid; i++) {
      const point = applySimilarity(inverse, { x: x + (i + 0.5) / grid - 0.5, y: y + (j + 0.5) / grid - 0.5 })
      for (let row = 0; row < source.height; row++) {
        const weightY = Math.max(0, 1 - Math.abs(point.y - row))
        if (weightY === 0) continue
        for (let column = 0; column < source.width; column++) {
          sum += weightY * Math.max(0, 1 - Math.abs(point.x - column)) * (
            source.data[(row * source.width + column) * 3 + c] as number
          )
        }
      }
    }
  }
  return sum / grid ** 2
}

test('every pixel follows the definition, at any scale and rotation, inside, across the border and outside', () => {
  const [width, height] = [17, 13]
  const transforms = [
    [1, 0, 0, 0],
    [0.9, 0.3, 4, -3],
    [2.7, -1.2, -20, 15],
    [0.31, 2.5, 14, 9],
    [0.7, 3.1, 25, 20],
    [1.4, 0.5, -6, -23],
    [0.62, 0.1, -3, -4]
  ] as const
  for (const [scale, angle, tx, ty] of transforms) {
    const transform = { a: scale * Math.cos(angle), b: scale * Math.sin(angle), tx, ty }
    const inverse = invertSimilarity(transform)
    const grid = 1 / scale <= 1.5 ? 1 : Math.ceil(1 / scale)
    const crop = warp(noise, transform, width, height)
    const planar = new Float32Array(width * height * 3)
    // 2 g - 1, r + b + 3 and half of b, plane by plane.
    warpInto(
      planar,
      { channels: 3, weights: [0, 2, 0, 1, 0, 1, 0, 0, 0.5], bias: [-1, 3, 0], planar: true },
      noise,
      transform,
      width,
      height
    )
    for (let i = 0; i < width * height; i++) {
      const [red, green, blue] = [0, 1, 2].map(
        (c) => bilinear(noise, inverse, grid, i % width, Math.floor(i / width), c)
      ) as [number, number, number]
      const near = (actual: number | undefined, expected: number): void =>
        assert.ok(
          actual !== undefined && Math.abs(actual - expected) < 1e-3,
          `pixel ${i} at scale ${scale}: ${actual} against ${expected}`
        )
      for (const [c, value] of [red, green, blue].entries()) near(crop.data[3 * i + c], value)
      for (const [c, value] of [2 * green - 1, red + blue + 3, blue / 2].entries()) {
        near(planar[c * width * height + i], value)
      }
    }
  }
  // The last two lie all inside, on the way that asks nowhere for the border.
  for (const [scale, angle, tx, ty] of transforms.slice(-2)) {
    assert.equal(
      warp(noise, { a: scale * Math.cos(angle), b: scale * Math.sin(angle), tx, ty }, width, height).outside,
      0
    )
  }
})

test('a single shrinking channel follows the definition, inside and across the border', () => {
  const [width, height] = [9, 7]
  for (
    const [scale, angle, tx, ty] of [[0.5, 0, -3, -4], [0.3, 0.2, 0, -1], [0.25, -2, 6, 9], [0.3, 1, 40, 0]] as const
  ) {
    const transform = { a: scale * Math.cos(angle), b: scale * Math.sin(angle), tx, ty }
    const inverse = invertSimilarity(transform)
    const grey = new Float32Array(width * height)
    const outside = warpInto(
      grey,
      { channels: 1, weights: [0.2, 0.5, 0.3], bias: [-4], planar: true },
      noise,
      transform,
      width,
      height
    )
    const whole = warp(noise, transform, width, height)
    assert.ok(Math.abs(outside - whole.outside) < 1e-12)
    for (let i = 0; i < grey.length; i++) {
      const [red, green, blue] = [0, 1, 2].map(
        (c) => bilinear(noise, inverse, Math.ceil(1 / scale), i % width, Math.floor(i / width), c)
      ) as [number, number, number]
      assert.ok(Math.abs(grey[i]! - (0.2 * red + 0.5 * green + 0.3 * blue - 4)) < 1e-3, `pixel ${i} at scale ${scale}`)
    }
  }
})

test('an array of the wrong length is refused', () => {
  assert.throws(
    () => warpInto(new Float32Array(10), plainRgb, noise, identity, 2, 2),
    /expected an array of 12 numbers, received 10/
  )
})
