import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createInt8Products, maxProbeNumber, paddedDimension } from '../../../src/engines/simd/int8-products.js'
import { createRandom } from '../../../src/science/linear-algebra/random.js'

test('products are those of a loop, for every number of probes and any dimension', () => {
  const random = createRandom(1)
  for (const dimension of [1, 15, 16, 17, 128, 512, 1000]) {
    const padded = paddedDimension(dimension)
    const products = createInt8Products(dimension, { maxProbes: 9, maxRows: 20 })
    for (let count = 1; count <= 9; count++) {
      const most = maxProbeNumber(dimension)
      const probes = Int16Array.from({ length: count * dimension }, () => random.integer(2 * most + 1) - most)
      const n = 1 + random.integer(20)
      const rows = new Int8Array(n * padded)
      for (let row = 0; row < n; row++) {
        for (let i = 0; i < dimension; i++) rows[row * padded + i] = random.integer(255) - 127
      }
      products.load(probes)
      const expected = Array.from({ length: count * n }, (_, at) => {
        const [probe, row] = [Math.floor(at / n), at % n]
        let sum = 0
        for (let i = 0; i < dimension; i++) sum += probes[probe * dimension + i]! * rows[row * padded + i]!
        return sum
      })
      assert.deepEqual([...products.multiply(rows)], expected)
    }
  }
})

test('the largest numbers do not overflow', () => {
  for (const dimension of [512, 513, 4096]) {
    const most = maxProbeNumber(dimension)
    const products = createInt8Products(dimension, { maxProbes: 2, maxRows: 1 })
    products.load(new Int16Array(2 * dimension).fill(most, 0, dimension).fill(-most, dimension))
    const rows = new Int8Array(paddedDimension(dimension)).fill(127, 0, dimension)
    assert.deepEqual([...products.multiply(rows)], [127 * most * dimension, -127 * most * dimension])
  }
})
