import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createRandom } from '../../../src/science/linear-algebra/random.js'
import { sketchDeviation, sketchOf } from '../../../src/science/template/sketch.js'
import { gaussian } from '../../support/synthetic-pairs.js'

test('the deviation of two sketches is that of their templates, within a factor of two', () => {
  const random = createRandom(3)
  for (const d of [2, 128, 512, 1024]) {
    for (const change of [0.01, 0.1, 1]) {
      const a = Float32Array.from({ length: d }, () => gaussian(random))
      const noise = a.map(() => gaussian(random))
      const factor = change * Math.hypot(...a) / Math.hypot(...noise)
      const b = a.map((value, i) => value + factor * noise[i]!)
      const deviation = sketchDeviation(sketchOf(b), sketchOf(a))
      assert.ok(deviation > 0.5 * change && deviation < 2 * change, `${d}: ${change} was ${deviation}`)
    }
  }
})

test('a sketch is linear and the same again, and a template has no deviation from itself', () => {
  const template = Float32Array.from({ length: 64 }, (_, i) => Math.sin(i))
  assert.equal(sketchOf(template).length, 32)
  assert.deepEqual(sketchOf(template), sketchOf(template.slice()))
  assert.equal(sketchDeviation(sketchOf(template), sketchOf(template)), 0)
  const doubled = sketchDeviation(sketchOf(template.map(value => 2 * value)), sketchOf(template))
  assert.ok(Math.abs(doubled - 1) < 1e-6)
})
