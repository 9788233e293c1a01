import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Detection } from '../../../src/engines/recognition/detection/decoder.js'
import { suppress } from '../../../src/engines/recognition/detection/suppression.js'
import { intersectionOverUnion, type Box } from '../../../src/engines/recognition/geometry.js'

const detection = (x: number, y: number, width: number, height: number, score: number): Detection => ({
  box: { x, y, width, height },
  score,
  points: null
})

// A deterministic crowd: boxes that overlap in all degrees, no two of one score.
const crowd = Array.from(
  { length: 199 },
  (_, i) => detection((i * 37) % 101, (i * 53) % 89, 20 + (i * 7) % 23, 20 + (i * 11) % 29, ((i * 61) % 199) / 199)
)

test('no two kept boxes overlap by more than the threshold', () => {
  for (const threshold of [0.1, 0.3, 0.5]) {
    const kept = suppress(crowd, threshold)
    for (const [i, a] of kept.entries()) {
      for (const b of kept.slice(i + 1)) assert.ok(intersectionOverUnion(a.box, b.box) <= threshold)
    }
  }
})

test('every dropped box overlaps a kept one with at least its score', () => {
  const kept = suppress(crowd, 0.3)
  for (const dropped of crowd.filter((one) => !kept.includes(one))) {
    assert.ok(kept.some((other) => other.score >= dropped.score && intersectionOverUnion(other.box, dropped.box) > 0.3))
  }
})

test('a second pass changes nothing, nor does the order of the detections', () => {
  const kept = suppress(crowd, 0.3)
  assert.deepEqual(suppress(kept, 0.3), kept)
  assert.deepEqual(suppress([...crowd].reverse(), 0.3), kept)
})

test('kept boxes are ordered by descending score', () => {
  const scores = suppress(crowd, 0.3).map(({ score }) => score)
  assert.deepEqual(scores, [...scores].sort((a, b) => b - a))
})

test('the overlap is intersection over union: 1 with itself, 0 when apart, symmetric', () => {
  const a: Box = { x: 0, y: 0, width: 10, height: 10 }
  const b: Box = { x: 5, y: 0, width: 10, height: 10 }
  assert.equal(intersectionOverUnion(a, a), 1)
  assert.equal(intersectionOverUnion(a, { ...a, x: 10 }), 0)
  assert.equal(intersectionOverUnion(a, b), 1 / 3)
  assert.equal(intersectionOverUnion(b, a), 1 / 3)
  assert.equal(intersectionOverUnion({ ...a, width: 0 }, { ...a, width: 0 }), 0)
})
