import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Pixels } from '../../src/recognition/pixels.js'
import { warp } from '../../src/recognition/warp.js'

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

test('a shift by whole pixels moves the picture, zero outside of it', () => {
  const crop = warp(noise, { a: 1, b: 0, tx: 3, ty: -2 }, 40, 30)
  const at = (data: ArrayLike<number>, x: number, y: number): number | undefined => data[(y * 40 + x) * 3 + 1]
  assert.equal(at(crop.data, 10, 10), at(noise.data, 7, 12))
  assert.equal(at(crop.data, 2, 10), 0)
  assert.equal(at(crop.data, 20, 29), 0)
  assert.ok(Math.abs(crop.outside - (1 - 37 * 28 / (40 * 30))) < 1e-9)
})

test('a quarter turn takes rows to columns', () => {
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

test('a crop beside the picture is black and wholly outside', () => {
  const crop = warp(noise, { a: 1, b: 0, tx: 500, ty: 0 }, 10, 10)
  assert.ok(crop.data.every((value) => value === 0))
  assert.equal(crop.outside, 1)
})
