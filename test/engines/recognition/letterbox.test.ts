import assert from 'node:assert/strict'
import { test } from 'node:test'
import { letterbox } from '../../../src/engines/recognition/detection/letterbox.js'
import { openStretch } from '../../../src/engines/recognition/detection/stretch.js'
import type { InputRecipe } from '../../../src/engines/recognition/manifest.js'
import type { Pixels } from '../../../src/engines/recognition/pixels.js'

function picture (width: number, height: number, value: (x: number, y: number, channel: number) => number): Pixels {
  const data = new Uint8Array(width * height * 3)
  for (let i = 0; i < data.length; i++) data[i] = value(Math.floor(i / 3) % width, Math.floor(i / 3 / width), i % 3)
  return { width, height, data }
}

const input = { width: 32, height: 24 }
const recipe: InputRecipe = { ...input, layout: 'NHWC', channels: 'RGB', mean: [0], std: [1] }

async function stretched (pixels: Pixels): Promise<(x: number, y: number, channel: number) => number> {
  const { data } = await (await openStretch(recipe))(await letterbox(pixels, input))
  return (x, y, channel) => Number(data[(y * 32 + x) * 3 + channel])
}

test('a picture of the size of the input is written unchanged', async () => {
  const noise = picture(32, 24, (x, y, c) => (x * 73 + y * 151 + c * 37) % 256)
  const at = await stretched(noise)
  for (let i = 0; i < noise.data.length; i++) {
    assert.equal(at(Math.floor(i / 3) % 32, Math.floor(i / 96), i % 3), noise.data[i])
  }
})

test('the picture is in the upper left, the rest is black, at every size', async () => {
  for (const side of [1, 5, 23, 24, 25, 36, 37, 300]) {
    const at = await stretched(picture(side, side, (_x, _y, c) => 50 + c))
    for (let y = 0; y < 24; y++) {
      for (let x = 0; x < 32; x++) {
        assert.ok(Math.abs(at(x, y, 1) - (x < 24 ? 51 : 0)) < 1e-4, `${side}: ${at(x, y, 1)} at ${x}, ${y}`)
      }
    }
  }
})

test('a ramp stays a ramp, with the corners of the picture in the corners of the letterbox', async () => {
  for (const [width, height] of [[20, 15], [40, 30], [64, 48]] as const) {
    for (const axis of [0, 1]) {
      const at = await stretched(picture(width, height, (x, y) => 3 * (axis === 0 ? x : y)))
      const scale = 32 / width
      for (let y = 2; y < 22; y++) {
        for (let x = 2; x < 30; x++) {
          const expected = 3 * (((axis === 0 ? x : y) + 0.5) / scale - 0.5)
          assert.ok(Math.abs(at(x, y, 0) - expected) < (scale < 0.6 ? 1 : 1e-4), `${at(x, y, 0)} against ${expected}`)
        }
      }
    }
  }
})

test('channels, layout and numbers follow the recipe', async () => {
  const box = await letterbox(picture(16, 12, (x, y, c) => (x * 73 + y * 151 + c * 37) % 256), input)
  const rgb = await (await openStretch(recipe))(box)
  const at = (i: number, channel: number): number => Number(rgb.data[3 * i + channel])
  const bgr = await (
    await openStretch({ ...input, layout: 'NCHW', channels: 'BGR', mean: [10, 20, 30], std: [2, 4, 5] })
  )(box)
  const grey = await (await openStretch({ ...input, layout: 'NCHW', channels: 'grey', mean: [50], std: [10] }))(box)
  assert.deepEqual([rgb.dims, bgr.dims, grey.dims], [[1, 24, 32, 3], [1, 3, 24, 32], [1, 1, 24, 32]])
  for (let i = 0; i < 32 * 24; i++) {
    const expected = [
      (at(i, 2) - 10) / 2,
      (at(i, 1) - 20) / 4,
      (at(i, 0) - 30) / 5,
      (0.299 * at(i, 0) + 0.587 * at(i, 1) + 0.114 * at(i, 2) - 50) / 10
    ]
    const actual = [0, 1, 2].map(c => Number(bgr.data[c * 32 * 24 + i])).concat(Number(grey.data[i]))
    for (const [c, value] of expected.entries()) {
      assert.ok(Math.abs(actual[c]! - value) < 1e-3, `pixel ${i}: ${actual.join()} against ${expected.join()}`)
    }
  }
})

test('at least one pixel remains of a picture, however thin', async () => {
  for (const [width, height] of [[5000, 1], [1, 5000]] as const) {
    const box = await letterbox(picture(width, height, () => 9), input)
    assert.deepEqual([box.width, box.height], width > height ? [32, 1] : [1, 24])
  }
})
