import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { quantiseProbe, quantiseRows } from '../../../src/science/linear-algebra/quantise.js'

const numbers = (most: number) =>
  fc.array(fc.float({ noNaN: true, min: Math.fround(-most), max: Math.fround(most) }), { minLength: 24, maxLength: 24 })
/** Of any size, of numbers of one size, and of numbers that are alike. */
const row = fc.oneof(
  numbers(1e30),
  fc.array(fc.integer({ min: -1000, max: 1000 }), { minLength: 24, maxLength: 24 }),
  fc.array(fc.integer({ min: 990, max: 1000 }), { minLength: 24, maxLength: 24 })
)
const d = 24

test('the score of a row is within the bound of its quantised score', () => {
  fc.assert(
    fc.property(row, row, fc.integer({ min: 1, max: 32_767 }), (reference, probe, most) => {
      const columns = { numbers: new Int8Array(32), scales: new Float32Array(1), errors: new Float32Array(1) }
      quantiseRows(Float32Array.from(reference), d, columns, 0, 32)
      const numbers = new Int16Array(d)
      const { scale, perScale, perError } = quantiseProbe(Float32Array.from(probe), most, numbers)
      let [score, quantised, lost] = [0, 0, 0]
      for (let i = 0; i < d; i++) {
        score += reference[i]! * probe[i]!
        quantised += columns.numbers[i]! * numbers[i]!
        lost += (reference[i]! - columns.scales[0]! * columns.numbers[i]!) ** 2
      }
      assert.ok(Math.sqrt(lost) <= columns.errors[0]!)
      const bound = perScale * columns.scales[0]! + perError * columns.errors[0]!
      assert.ok(Math.abs(score - columns.scales[0]! * scale * quantised) <= bound)
    }),
    { numRuns: 2000, seed: 1 }
  )
})

test('rounding is to the nearest number, and the rest of a row is zero', () => {
  const columns = { numbers: new Int8Array(8).fill(9), scales: new Float32Array(2), errors: new Float32Array(2) }
  quantiseRows(Float32Array.of(127, -63.5, 12.4, 0, 0, 0), 3, columns, 0, 4)
  assert.deepEqual([...columns.numbers], [127, -63, 12, 0, 0, 0, 0, 0])
  assert.deepEqual([...columns.scales], [1, 0])
  assert.ok(Math.abs(columns.errors[0]! - Math.hypot(0.5, 0.4)) < 1e-6)
})
