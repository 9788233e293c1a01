import assert from 'node:assert/strict'
import { test } from 'node:test'
import { familiesOf } from '../../../src/science/cards/families.js'
import { createRandom } from '../../../src/science/linear-algebra/random.js'

/** Shares of 40 persons about a rate. */
function sharesAbout (rateOf: (source: number, target: number) => number, noise: number, seed = 1) {
  return (source: number, target: number) => {
    const random = createRandom(seed * 1000 + source * 20 + target)
    return new Map(
      Array.from(
        { length: 40 },
        (_, who) => [who, Math.min(1, Math.max(0, rateOf(source, target) + noise * (random.next() - 0.5)))]
      )
    )
  }
}

const models = ['a', 'x', 'b', 'y', 'c']
const family = [0, 1, 0, 1, 0]

test('models that translate into one another are a family, and stay one in resamples', () => {
  const shares = sharesAbout((s, t) => family[s] === family[t] ? 0.9 : 0.2, 0.2)
  const found = familiesOf(models, shares, 7)!
  assert.deepEqual(found.families.map(({ models }) => models), [['a', 'b', 'c'], ['x', 'y']])
  for (const { stability } of found.families) assert.equal(stability, 1)
  assert.ok(found.silhouette! > 0.8)
  for (const { first, second, distance, together } of found.pairs) {
    const same = family[models.indexOf(first)] === family[models.indexOf(second)]
    assert.equal(together, same ? 1 : 0)
    assert.ok(distance.lower <= distance.value && distance.value <= distance.upper)
    assert.ok(Math.abs(distance.value - (same ? 0.1 : 0.8)) < 0.05, `${first} ${second} ${distance.value}`)
  }
})

test('models that are all equally far apart are one family', () => {
  const found = familiesOf(models, () => new Map([[0, 0.5], [1, 0.7]]), 7)!
  assert.deepEqual(found.families.map(({ models }) => models), [models])
  assert.equal(found.silhouette, null)
})

test('a difference that rests on few persons is not stable', () => {
  const one = sharesAbout((s, t) => family[s] === family[t] ? 0.65 : 0.5, 0.9)
  const found = familiesOf(models, one, 7)!
  assert.ok(found.families.every(({ stability }) => stability < 0.9), JSON.stringify(found.families))
})

test('an unknown rate leaves families unknown, and two models are one', () => {
  assert.equal(familiesOf(models, (s, t) => s === 0 && t === 1 ? null : new Map([[0, 1]]), 7), null)
  const two = familiesOf(['a', 'b'], sharesAbout(() => 0.4, 0.2), 7)!
  assert.deepEqual(two.families, [{ models: ['a', 'b'], stability: 1 }])
})
