import assert from 'node:assert/strict'
import { test } from 'node:test'
import { applyLevels, fullSpan, liftedLevels, stretchedLevels } from '../../../src/engines/recognition/levels.js'
import type { Pixels } from '../../../src/engines/recognition/pixels.js'

/** A grey ramp from `low` to `high`. */
function ramp (low: number, high: number, width = 200, height = 100): Pixels {
  const data = Uint8Array.from(
    { length: width * height * 3 },
    (_, i) => Math.round(low + (high - low) * (Math.floor(i / 3) % width) / (width - 1))
  )
  return { width, height, data }
}

test('narrow levels are stretched to the whole range, in order', () => {
  for (const [low, high] of [[0, 25], [115, 140], [200, 255]] as const) {
    const picture = ramp(low, high)
    const { data } = applyLevels(picture, stretchedLevels(picture, fullSpan)!)
    const row = [...data.subarray(0, 600)]
    assert.ok(Math.min(...row) === 0 && Math.max(...row) === 255)
    assert.ok(row.every((value, i) => i < 3 || value >= row[i - 3]!))
  }
})

test('wide levels and a picture of one level are left alone', () => {
  assert.equal(stretchedLevels(ramp(0, 255), fullSpan), null)
  assert.equal(stretchedLevels(ramp(90, 90), fullSpan), null)
})

test('the levels of a box are those of its pixels, also where it reaches beyond the picture', () => {
  const picture = ramp(0, 250)
  assert.equal(stretchedLevels(picture, 96), null)
  const levels = stretchedLevels(picture, 96, { x: -20, y: -20, width: 60, height: 60 })!
  // Columns 0 to 39 have levels up to 49.
  assert.ok(levels[49]! >= 250 && levels[0] === 0)
})

test('a shade is lifted and white stays white; without a shade nothing is', () => {
  const levels = liftedLevels(ramp(0, 255))!
  assert.ok(levels[20]! > 60 && levels[0] === 0 && levels[255] === 255)
  assert.equal(liftedLevels(ramp(100, 255)), null)
})
