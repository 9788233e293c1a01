import assert from 'node:assert/strict'
import { test } from 'node:test'
import { toGraphInput } from '../../src/recognition/graph-input.js'
import type { InputRecipe } from '../../src/recognition/manifest.js'

const plain: InputRecipe = { width: 2, height: 1, layout: 'NCHW', channels: 'RGB', mean: [0], std: [1] }
const picture = { width: 2, height: 1, data: new Uint8Array([10, 20, 30, 40, 50, 60]) }
const numbers = (recipe: InputRecipe): number[] => [...toGraphInput(picture, recipe).data as Float32Array]

test('the layout decides whether channels or pixels come first', () => {
  assert.deepEqual(numbers(plain), [10, 40, 20, 50, 30, 60])
  assert.deepEqual(numbers({ ...plain, layout: 'NHWC' }), [10, 20, 30, 40, 50, 60])
  assert.deepEqual(toGraphInput(picture, plain).dims, [1, 3, 1, 2])
  assert.deepEqual(toGraphInput(picture, { ...plain, layout: 'NHWC' }).dims, [1, 1, 2, 3])
})

test('BGR reverses the channels, and mean and std follow the order of the graph', () => {
  assert.deepEqual(numbers({ ...plain, channels: 'BGR', mean: [30, 20, 10], std: [1, 2, 5] }), [0, 30, 0, 15, 0, 6])
})

test('a single mean and std go for all channels', () => {
  assert.deepEqual(numbers({ ...plain, mean: [10], std: [10] }), [0, 3, 1, 4, 2, 5])
})

test('grey is one channel of luma', () => {
  const { data, dims } = toGraphInput(picture, { ...plain, channels: 'grey', mean: [0], std: [256] })
  assert.deepEqual(dims, [1, 1, 1, 2])
  assert.ok(Math.abs(Number(data[0]) - (0.299 * 10 + 0.587 * 20 + 0.114 * 30) / 256) < 1e-6)
})

test('a picture of another size is refused with both sizes', () => {
  assert.throws(() => toGraphInput(picture, { ...plain, width: 3 }), /expected a picture of 3x1, received 2x1/)
})
