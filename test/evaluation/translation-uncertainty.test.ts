import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Value } from 'typebox/value'
import { createRandom } from '../../src/alignment/random.js'
import { lostShares } from '../../src/evaluation/lost-comparisons.js'
import { fitTranslationUncertainty, TranslationUncertainty, translationUncertainty, type LostComparisons } from '../../src/evaluation/translation-uncertainty.js'
import { gaussian } from '../support/synthetic-pairs.js'

const squares = fc.array(fc.double({ min: 0, max: 1e5, noNaN: true }), { minLength: 2, maxLength: 50 })
const dimension = 64

/** Templates of which those far out and of a low norm are lost, in any strength. */
function lossesOf (distanceSlope: number, normSlope: number, people = 400): LostComparisons {
  const random = createRandom(3)
  const rows = Array.from({ length: people * 3 }, (_, i) => {
    const [far, long] = [gaussian(random), gaussian(random)]
    const odds = -1 + distanceSlope * far + normSlope * long
    // Three comparisons each.
    const lost = [1, 2, 3].reduce(count => count + Number(random.next() < 1 / (1 + Math.exp(-odds))), 0) / 3
    return { square: dimension * Math.exp(0.2 * far), norm: Math.exp(3 + 0.1 * long), lost, identity: Math.floor(i / 3) }
  })
  return {
    squaredDistances: rows.map(({ square }) => square),
    norms: rows.map(({ norm }) => norm),
    lost: rows.map(({ lost }) => lost),
    identity: rows.map(({ identity }) => identity),
    dimension,
    fmr: 1e-3
  }
}

test('where nothing was learned it is from 0 to 1, and orders templates as their distance does', () => {
  fc.assert(fc.property(squares, fc.integer({ min: 1, max: 4096 }), (values, dimension) => {
    const uncertainty = translationUncertainty({ squaredDistances: values, norms: values.map(() => 1), dimension })
    uncertainty.forEach((u, i) => {
      assert.ok(u >= 0 && u < 1)
      uncertainty.forEach((v, j) => { if (values[i]! < values[j]!) assert.ok(u <= v) })
    })
  }))
})

test('templates like those that a model usually makes are at a half then, whatever its dimension', () => {
  for (const dimension of [3, 128, 1024]) assert.deepEqual([...translationUncertainty({ squaredDistances: [0, dimension], norms: [1, 1], dimension })], [0, 0.5])
})

test('what was learned are the odds that templates are lost by', () => {
  const learned = fitTranslationUncertainty(lossesOf(0.8, -0.5, 3000))!
  assert.deepEqual([...Value.Errors(TranslationUncertainty, learned)], [])
  assert.ok(Math.abs(learned.intercept + 1) < 0.08, String(learned.intercept))
  assert.ok(Math.abs(learned.distance.slope - 0.8) < 0.08, String(learned.distance.slope))
  assert.ok(Math.abs(learned.norm.slope + 0.5) < 0.08, String(learned.norm.slope))
})

test('predictions are as many as were lost, over all templates and over the quarter that is predicted highest', () => {
  const losses = lossesOf(0.8, -0.5)
  const learned = fitTranslationUncertainty(losses)!
  const predicted = translationUncertainty(losses, learned)
  const order = [...predicted.keys()].sort((a, b) => predicted[b]! - predicted[a]!)
  for (const [share, tolerance] of [[1, 1e-5], [0.25, 0.04]] as const) {
    const rows = order.slice(0, share * order.length)
    const mean = (values: ArrayLike<number>) => rows.reduce((sum, i) => sum + values[i]!, 0) / rows.length
    assert.ok(Math.abs(mean(predicted) - mean(losses.lost)) < tolerance, `${mean(predicted)} ${mean(losses.lost)}`)
  }
})

test('an identity counts the same however many images it has', () => {
  const losses = lossesOf(0.8, -0.5)
  // The first person's images twenty times over: the shares of nobody change.
  const rows = [...Array.from(losses.lost).keys(), ...Array.from({ length: 57 }, (_, k) => k % 3)]
  const repeated = {
    ...losses,
    ...Object.fromEntries((['squaredDistances', 'norms', 'lost', 'identity'] as const).map(name => [name, rows.map(i => losses[name][i]!)]))
  }
  const [once, often] = [fitTranslationUncertainty(losses)!, fitTranslationUncertainty(repeated)!]
  assert.ok(Math.abs(once.lost - often.lost) < 1e-9)
  const [a, b] = [once, often].map(learned => translationUncertainty(losses, learned))
  a!.forEach((value, i) => assert.ok(Math.abs(value - b![i]!) < 1e-4))
})

test('a distance never speaks for a template', () => {
  const learned = fitTranslationUncertainty(lossesOf(-0.8, -0.5))!
  assert.equal(learned.distance.slope, 0)
  assert.ok(learned.norm.slope < -0.3)
})

test('norms of templates that were scaled on the way say nothing', () => {
  const losses = lossesOf(0.8, -0.5)
  const learned = fitTranslationUncertainty(losses)!
  const at = (norm: number) => translationUncertainty({ squaredDistances: [dimension], norms: [norm], dimension }, learned)[0]
  assert.equal(at(1), at(Math.exp(learned.norm.mean)))
  assert.ok(at(Math.exp(learned.norm.mean - 2 * learned.norm.deviation))! > at(1)!)
  const normalised = fitTranslationUncertainty({ ...losses, norms: Array.from(losses.norms, (_, i) => 1 + (i % 2) * 1e-7) })!
  assert.deepEqual([normalised.norm.slope, normalised.norm.deviation], [0, 0])
  assert.ok(normalised.distance.slope > 0.5)
})

test('whatever comes, it is from 0 to 1', () => {
  const learned = fitTranslationUncertainty(lossesOf(0.8, -0.5))!
  const measure = fc.double({ min: 0, noNaN: true, noDefaultInfinity: true })
  fc.assert(fc.property(measure, measure, (square, norm) => {
    const [u] = translationUncertainty({ squaredDistances: [square], norms: [norm], dimension }, learned)
    assert.ok(u! >= 0 && u! < 1, String(u))
  }))
})

test('nothing is learned from few people, or where nothing or everything is lost', () => {
  const losses = lossesOf(0.8, -0.5)
  assert.equal(fitTranslationUncertainty({ ...losses, identity: Array.from(losses.identity, who => who % 9) }), undefined)
  for (const share of [0, 1, NaN]) assert.equal(fitTranslationUncertainty({ ...losses, lost: Array.from(losses.lost, () => share) }), undefined)
})

test('lost is what the native template matches and the translated one does not, of each image\'s mates', () => {
  const rows = (...data: number[][]) => ({ rows: data.length, cols: 2, data: Float32Array.from(data.flat()) })
  const native = rows([1, 0], [0.8, 0.6], [0, 1], [1, 0])
  const translated = rows([0, 1], [0.8, 0.6], [0, 1], [1, 0])
  const identity = Int32Array.of(5, 5, 5, 7)
  // Image 0: image 1 matches at 0.8 and is lost at 0.6 < 0.7; image 2 matched neither way. Image 1 loses nothing. Image 2 matches nobody at 0.7.
  assert.deepEqual([...lostShares({ translated, native, identity }, { native: 0.7, translated: 0.7 })], [0.5, 0, 0, NaN])
  assert.deepEqual([...lostShares({ translated, native, identity }, { native: 0.7, translated: 0.5 })], [0, 0, 0, NaN])
})
