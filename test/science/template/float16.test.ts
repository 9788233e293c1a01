import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createRandom } from '../../../src/science/linear-algebra/random.js'
import { float16, float16Bits } from '../../../src/science/template/float16.js'

test('every number of half precision is its own nearest one', () => {
  for (let bits = 0; bits < 2 ** 16; bits++) {
    const value = float16(bits)
    // The sign of a zero is in the bits and not in the number that they are read as.
    if (Number.isNaN(value)) assert.ok(Number.isNaN(float16(float16Bits(value))))
    else assert.equal(float16Bits(value), value === 0 && !Object.is(value, -0) ? 0 : bits, `${bits}`)
  }
})

test('a number becomes the nearest one, half way the even one', () => {
  const random = createRandom(4)
  for (let round = 0; round < 20_000; round++) {
    const value = Math.fround((random.next() - 0.5) * 2 ** (random.integer(44) - 26))
    const bits = float16Bits(value)
    const [nearest, above, below] = [bits, bits + 1, bits - 1].map(
      candidate => Math.abs(float16(candidate & 0xffff) - value)
    )
    assert.ok(nearest! <= above! || (bits & 0x7fff) === 0x7c00, `${value}`)
    assert.ok(nearest! <= below! || (bits & 0x7fff) === 0, `${value}`)
  }
  for (let bits = 0; bits < 0x7bff; bits++) assert.equal(float16Bits((float16(bits) + float16(bits + 1)) / 2) & 1, 0)
  assert.deepEqual([65_519, 65_520, 1e30, Infinity].map(value => float16(float16Bits(value))), [
    65_504,
    Infinity,
    Infinity,
    Infinity
  ])
})
