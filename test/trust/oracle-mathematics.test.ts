import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createRandom } from '../../src/science/linear-algebra/random.js'
import {
  cosine,
  directionsAround,
  dot,
  gaussianUnit,
  quantilesOfRanks,
  rotated,
  solveBoundary
} from '../../scripts/trust/oracle-mathematics.js'

test('where the threshold of a template is crossed tells its direction', () => {
  const random = createRandom(1)
  const template = gaussianUnit(random, 24)
  const start = rotated(template, gaussianUnit(random, 24), 0.4)
  const ways = directionsAround(start).flatMap(way => [way, way.map(value => -value)])
  assert.equal(ways.length, 46)
  const angles = ways.map(way => {
    let [low, high] = [0, Math.PI / 2]
    for (let step = 0; step < 40; step++) {
      const middle = (low + high) / 2
      if (dot(rotated(start, way, middle), template) >= 0.7) low = middle
      else high = middle
    }
    return low
  })
  assert.ok(cosine(solveBoundary(start, ways, angles), template)! > 1 - 1e-9)
})

test('numbers of a normal distribution by their ranks fall, and are as far above as below', () => {
  const quantiles = quantilesOfRanks(101)
  assert.ok(Math.abs(quantiles[50]!) < 1e-9)
  quantiles.forEach((value, rank) => {
    assert.ok(rank === 0 || value < quantiles[rank - 1]!)
    assert.ok(Math.abs(value + quantiles[100 - rank]!) < 1e-9)
  })
})
