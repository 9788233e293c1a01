import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decodeComparison, encodeComparison } from '../../../src/science/alignment/comparison-codec.js'
import { nativeSide, type ComparisonSpace } from '../../../src/science/alignment/comparison-space.js'

const centre = Float32Array.of(0, 0, 0.5)
const mapped = {
  weights: { rows: 2, cols: 3, data: Float32Array.from([1, 2, 0, 3, 4, 0]) },
  bias: Float32Array.of(0.1, 0.2, 0.5)
}
const normalisation = {
  meanSource: Float32Array.of(1, 2, 3),
  meanTarget: Float32Array.of(4, 5, 6),
  covarianceSource: { rows: 3, cols: 3, data: Float32Array.from({ length: 9 }, (_, k) => k) },
  covarianceTarget: { rows: 3, cols: 3, data: Float32Array.from({ length: 9 }, (_, k) => 9 - k) },
  scale: 0.25
}

test('a space comes back as it was stored, with floors on both sides, on one and on none', () => {
  const floor = { centre, length: Math.fround(0.7) }
  const spaces: ComparisonSpace[] = [
    { source: mapped, target: nativeSide(3), normalisation: null },
    { source: { ...mapped, floor }, target: { ...nativeSide(3), floor }, normalisation: null },
    { source: mapped, target: { ...nativeSide(3), floor }, normalisation },
    { source: { ...mapped, floor }, target: nativeSide(3), normalisation }
  ]
  for (const space of spaces) assert.deepEqual(decodeComparison(encodeComparison(space)), space)
})

test('a space that was stored before there were floors has none, and its shape is as it was', () => {
  const { shape } = encodeComparison({ source: mapped, target: mapped, normalisation: null })
  assert.deepEqual(shape, { dimension: 3, source: 2, target: 2, scale: null })
})

test('numbers that lack a floor that the shape has are refused', () => {
  const encoded = encodeComparison({ source: mapped, target: mapped, normalisation: null })
  const shape = { ...encoded.shape, floors: { source: true, target: false } }
  assert.throws(() => decodeComparison({ ...encoded, shape }), /expected 88 bytes of a comparison space, found 72/)
})
