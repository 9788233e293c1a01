import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  byPlace,
  numberInGallery,
  numberInShard,
  placeOfSubject
} from '../../../src/features/galleries/store/shards.js'

test('a subject stays in its shard for good', () => {
  // The rows of a gallery lie where an earlier version has put them: these values never change.
  assert.deepEqual(
    ['ann', 'bob', 'Zoë', '山田', '😀', 'a b/c?d', 'x'.repeat(256)].map(subject => placeOfSubject(subject, 16)),
    [13, 8, 8, 3, 4, 7, 13]
  )
  assert.equal(placeOfSubject('anybody', 1), 0)
})

test('subjects spread over shards evenly', () => {
  const rows = Array.from({ length: 16_000 }, (_, i) => ({ subject: `person ${i}` }))
  const parts = byPlace(rows, 16)
  assert.equal(parts.size, 16)
  // Of 1,000 expected each, six standard deviations to either side.
  for (const part of parts.values()) assert.ok(Math.abs(part.length - 1000) < 6 * Math.sqrt(1000), String(part.length))
  assert.deepEqual([...parts.values()].flat().length, rows.length)
})

test('a number of a shard is one of the gallery and back, up to the largest position', () => {
  const largest = Math.floor(Number.MAX_SAFE_INTEGER / 256) - 1
  for (const number of [0, 1, 12_345, largest]) {
    for (const place of [0, 7, 255]) {
      assert.deepEqual(numberInShard(numberInGallery(number, place, 256), 256), { place, number })
    }
  }
})
