import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decodeNumbers, encodeNumbers } from '../../../src/science/alignment/map-codec.js'
import { gaussianTemplates } from '../../support/synthetic-pairs.js'

const map = {
  weights: gaussianTemplates(5, 3, 1),
  meanSource: gaussianTemplates(1, 5, 2).data,
  meanTarget: gaussianTemplates(1, 3, 3).data
}

test('the numbers of a map are read back bit by bit', () => {
  assert.deepEqual(decodeNumbers(encodeNumbers(map), 5, 3), map)
})

test('numbers of another count, and those that are not finite, are refused wherever they stand', () => {
  const bytes = encodeNumbers(map)
  assert.throws(() => decodeNumbers(bytes, 5, 4), /expected 116 bytes of numbers, found 92/)
  for (const number of [NaN, Infinity, -Infinity]) {
    for (let i = 0; i < bytes.length / 4; i++) {
      const changed = Buffer.from(bytes)
      changed.writeFloatLE(number, i * 4)
      assert.throws(() => decodeNumbers(changed, 5, 3), { name: 'RangeError', message: /finite/ }, `${number} at ${i}`)
    }
  }
})
