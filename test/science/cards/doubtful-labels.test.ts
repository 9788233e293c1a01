import assert from 'node:assert/strict'
import { test } from 'node:test'
import { normaliseRows } from '../../../src/science/linear-algebra/normalise.js'
import { createRandom } from '../../../src/science/linear-algebra/random.js'
import { referenceProducts } from '../../../src/science/linear-algebra/reference-products.js'
import { calibrate, calibrateSpace } from '../../../src/science/scores/calibration.js'
import { compare } from '../../../src/science/scores/comparisons.js'
import { doubtfulRows } from '../../../src/science/cards/doubtful-labels.js'
import { gaussian } from '../../support/synthetic-pairs.js'

/** These show their people well. */
const clear = [18, 19, 29]

/** Images of people around their directions, one matrix per model. @param people (n), who is on each image */
function world (people: readonly number[], seed: number) {
  const dimension = 32
  const random = createRandom(seed)
  const centres = new Map<number, Float64Array>()
  const data = people.flatMap((who, image) => {
    const centre = centres.get(who) ?? Float64Array.from({ length: dimension }, () => gaussian(random))
    centres.set(who, centre)
    return Array.from(centre, value => value + (clear.includes(image) ? 0.1 : 0.5) * gaussian(random))
  })
  return normaliseRows({ rows: people.length, cols: dimension, data: Float32Array.from(data) })
}

// Twelve people with four images each.
const people = Array.from({ length: 48 }, (_, i) => i >> 2)
const labelled = (of: ReadonlyMap<number, number>) => Int32Array.from(people, (who, i) => of.get(i) ?? who)
const pairs = { source: world(people, 1), target: world(people, 2) }
// One image of person 7 stands under person 3.
const misplaced = labelled(new Map([[29, 3]]))

test('an image that went to the wrong person is in doubt, and no other', async () => {
  assert.deepEqual(await doubtfulRows({ ...pairs, identity: misplaced }, referenceProducts), [29])
  assert.deepEqual(await doubtfulRows({ ...pairs, identity: labelled(new Map()) }, referenceProducts), [])
})

test('of one person under two labels images of both are in doubt, and of nobody else', async () => {
  const rows = await doubtfulRows({ ...pairs, identity: labelled(new Map([[18, 20], [19, 20]])) }, referenceProducts)
  assert.ok(rows.length >= 2)
  assert.ok(rows.every(row => people[row] === 4), String(rows))
})

test('both models have to say so', async () => {
  const apart = world(Array.from(misplaced), 3)
  assert.deepEqual(await doubtfulRows({ ...pairs, target: apart, identity: misplaced }, referenceProducts), [])
  assert.deepEqual(await doubtfulRows({ ...pairs, source: apart, identity: misplaced }, referenceProducts), [])
})

test('nothing is like a label with one image, or where there is one label', async () => {
  assert.deepEqual(await doubtfulRows({ ...pairs, identity: labelled(new Map([[19, 20]])) }, referenceProducts), [19])
  assert.deepEqual(
    await doubtfulRows({ ...pairs, identity: Int32Array.from(people, (_, i) => i) }, referenceProducts),
    []
  )
  assert.deepEqual(await doubtfulRows({ ...pairs, identity: new Int32Array(people.length) }, referenceProducts), [])
})

test('thresholds of the rows that are in no doubt are those of these rows alone', async () => {
  const [probes, references] = [pairs.source, pairs.source]
  const identity = misplaced
  const comparisons = await compare(probes, references, identity, referenceProducts)
  const calibrating = [...identity.keys()].filter(row => row !== 29)
  const whole = await calibrateSpace(comparisons, [{ probes, references, identity }], 1, referenceProducts)
  const part = await calibrateSpace(comparisons, [{ probes, references, identity, calibrating }], 1, referenceProducts)
  const kept = (matrix: typeof probes) => ({
    rows: 47,
    cols: matrix.cols,
    data: Float32Array.from(
      calibrating.flatMap(row => [...matrix.data.subarray(row * matrix.cols, (row + 1) * matrix.cols)])
    )
  })
  const alone = await compare(
    kept(probes),
    kept(references),
    Int32Array.from(calibrating, row => identity[row]!),
    referenceProducts
  )
  assert.equal(part.nonMatedComparisons, alone.nonMated.total)
  assert.deepEqual(
    part.grid.map(({ threshold }) => threshold),
    calibrate(alone.nonMated, 0, 0).grid.map(({ threshold }) => threshold)
  )
  const lowest = (calibration: typeof whole) => calibration.grid.at(-1)!.threshold
  assert.ok(lowest(whole) > lowest(part), 'an image under the wrong label raises the threshold')
})
