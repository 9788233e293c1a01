import assert from 'node:assert/strict'
import { test } from 'node:test'
import { normaliseRows } from '../../src/alignment/normalise.js'
import { createRandom } from '../../src/alignment/random.js'
import { referenceProducts } from '../../src/alignment/reference-products.js'
import { calibrate, calibrateSpace } from '../../src/evaluation/calibration.js'
import { compare } from '../../src/evaluation/comparisons.js'
import { repeatedPeople } from '../../src/evaluation/repeated-people.js'
import { gaussian } from '../support/synthetic-pairs.js'

/** Images of people around their directions, one matrix per model. @param people (n), who is on each image */
function world (people: readonly number[], seed: number, spread = 0.5) {
  const dimension = 32
  const random = createRandom(seed)
  const centres = new Map<number, Float64Array>()
  const data = people.flatMap(who => {
    const centre = centres.get(who) ?? Float64Array.from({ length: dimension }, () => gaussian(random))
    centres.set(who, centre)
    return Array.from(centre, value => value + spread * gaussian(random))
  })
  return normaliseRows({ rows: people.length, cols: dimension, data: Float32Array.from(data) })
}

// Twelve people with four images each; the last three images of person 4 carry the label 20, which makes two labels of one person.
const people = Array.from({ length: 48 }, (_, i) => i >> 2)
people.push(4, 4, 4)
const identity = Int32Array.from(people, (who, i) => i >= 48 ? 20 : who)
const pairs = { source: world(people, 1), target: world(people, 2), identity }

test('one person under two labels is found, the label with more images first, and nobody else', async () => {
  assert.deepEqual(await repeatedPeople(pairs, referenceProducts), [[4, 20]])
  const order = [...identity.keys()].reverse()
  const reversed = (matrix: typeof pairs.source) => ({ ...matrix, data: Float32Array.from(order.flatMap(row => [...matrix.data.subarray(row * matrix.cols, (row + 1) * matrix.cols)])) })
  assert.deepEqual(await repeatedPeople({ source: reversed(pairs.source), target: reversed(pairs.target), identity: Int32Array.from(order, row => identity[row]!) }, referenceProducts), [[4, 20]])
})

test('both models have to say so', async () => {
  const apart = world(Array.from(identity), 3)
  assert.deepEqual(await repeatedPeople({ ...pairs, target: apart }, referenceProducts), [])
  assert.deepEqual(await repeatedPeople({ ...pairs, source: apart }, referenceProducts), [])
})

test('labels with one image are never in doubt, nor is a single label', async () => {
  const single = Int32Array.from(identity, (who, i) => i === 49 ? 21 : i === 50 ? 22 : who)
  assert.deepEqual(await repeatedPeople({ ...pairs, identity: single }, referenceProducts), [])
  assert.deepEqual(await repeatedPeople({ ...pairs, identity: new Int32Array(identity.length) }, referenceProducts), [])
})

test('thresholds of the rows that are in no doubt are those of these rows alone', async () => {
  const { source: probes, target: references } = pairs
  const comparisons = await compare(probes, references, identity, referenceProducts)
  const calibrating = [...identity.keys()].filter(row => identity[row] !== 20)
  const whole = await calibrateSpace(comparisons, { probes, references, identity }, 1, referenceProducts)
  const part = await calibrateSpace(comparisons, { probes, references, identity, calibrating }, 1, referenceProducts)
  assert.equal(whole.identities, 13)
  assert.equal(part.identities, 12)
  assert.equal(part.nonMatedComparisons, 48 * 44)
  const kept = (matrix: typeof probes) => ({ ...matrix, rows: 48, data: matrix.data.subarray(0, 48 * matrix.cols) })
  const alone = calibrate((await compare(kept(probes), kept(references), identity.slice(0, 48), referenceProducts)).nonMated, 0, 0)
  assert.deepEqual(part.grid.map(({ threshold }) => threshold), alone.grid.map(({ threshold }) => threshold))
  const lowest = (calibration: typeof whole) => calibration.grid.at(-1)!.threshold
  assert.ok(lowest(whole) > lowest(part), 'one person under two labels raises the threshold')
})
