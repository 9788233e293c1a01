import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  countIdentities,
  dealFolds,
  indexIdentities,
  limitRows,
  rowsByIdentity,
  splitIdentities
} from '../../../src/science/linear-algebra/identities.js'
import { createRandom } from '../../../src/science/linear-algebra/random.js'

/** Labels of images: few people, so that most have several images, and some images without a label. */
const labels = fc.array(fc.option(fc.integer({ min: 0, max: 15 }).map(String), { freq: 8 }), {
  minLength: 4,
  maxLength: 80
})
const seed = fc.nat(1e6)
const samplesOf = (people: readonly unknown[]) => people.map((_, row) => `image ${row}`)
const ascending = (rows: readonly number[]) => [...rows].sort((a, b) => a - b)

test('a split puts every row on one side, and no identity on both', () => {
  fc.assert(fc.property(labels, seed, fc.double({ min: 0.1, max: 0.5, noNaN: true }), (people, start, share) => {
    const index = indexIdentities(people, samplesOf(people))
    const { training, heldOut } = splitIdentities(index, share, createRandom(start))
    assert.deepEqual(ascending([...training, ...heldOut]), people.map((_, row) => row))
    const trained = new Set(training.map(row => index.ofRow[row]))
    assert.ok(heldOut.every(row => !trained.has(index.ofRow[row])))
    const expected = Math.min(index.rows.length, Math.max(2, Math.round(share * index.rows.length)))
    assert.equal(countIdentities(index, heldOut), expected)
  }))
})

test('a split depends on the labels and the seed, not on the order of the rows', () => {
  fc.assert(fc.property(labels, seed, (people, start) => {
    const samples = samplesOf(people)
    const order = createRandom(start).shuffle(people.map((_, row) => row))
    const split = (rows: readonly number[]) => {
      const given = rows.map(row => samples[row]!)
      const index = indexIdentities(rows.map(row => people[row]!), given)
      return splitIdentities(index, 0.3, createRandom(7)).heldOut.map(row => given[row]!).sort()
    }
    assert.deepEqual(split(order), split(people.map((_, row) => row)))
  }))
})

test('folds hold every row once, no identity in two, and differ by no more than the largest identity', () => {
  fc.assert(fc.property(labels, seed, fc.integer({ min: 2, max: 6 }), (people, start, count) => {
    const index = indexIdentities(people, samplesOf(people))
    const all = people.map((_, row) => row)
    const folds = dealFolds(index, all, count, createRandom(start))
    assert.deepEqual(ascending(folds.flat()), all)
    assert.equal(folds.length, Math.min(count, index.rows.length))
    const owners = folds.map(rows => new Set(rows.map(row => index.ofRow[row])))
    assert.equal(owners.reduce((sum, { size }) => sum + size, 0), index.rows.length)
    const sizes = folds.map(rows => rows.length)
    assert.ok(Math.max(...sizes) - Math.min(...sizes) <= Math.max(...index.rows.map(rows => rows.length)))
  }))
})

test('a sample has as many rows as it may, each once, and no more than a tenth of them from one identity', () => {
  fc.assert(fc.property(labels, seed, fc.integer({ min: 1, max: 90 }), (people, start, max) => {
    const index = indexIdentities(people, samplesOf(people))
    const all = people.map((_, row) => row)
    const rows = limitRows(index, all, max, createRandom(start))
    assert.deepEqual(rows, ascending([...new Set(rows)]))
    if (all.length <= max) return assert.deepEqual(rows, all)
    assert.ok(rows.length <= max)
    for (const own of rowsByIdentity(index.ofRow, rows).values()) assert.ok(own.length <= Math.max(2, max / 10))
  }))
})
