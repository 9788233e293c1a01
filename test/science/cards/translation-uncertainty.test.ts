import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { translationUncertainty } from '../../../src/science/cards/translation-uncertainty.js'

const squares = fc.array(fc.double({ min: 0, max: 1e5, noNaN: true }), { minLength: 2, maxLength: 50 })

test('it is from 0 to 1, and orders templates as their distance does', () => {
  fc.assert(fc.property(squares, fc.integer({ min: 1, max: 4096 }), (values, dimension) => {
    const uncertainty = translationUncertainty(Float64Array.from(values), dimension)
    uncertainty.forEach((u, i) => {
      assert.ok(u >= 0 && u <= 1)
      uncertainty.forEach((v, j) => {
        if (values[i]! < values[j]!) assert.ok(u <= v)
      })
    })
  }))
})

test('templates like those that a model usually makes are at a half, whatever its dimension', () => {
  for (const dimension of [3, 128, 1024]) {
    assert.deepEqual([...translationUncertainty(Float64Array.of(0, dimension), dimension)], [0, 0.5])
  }
})
