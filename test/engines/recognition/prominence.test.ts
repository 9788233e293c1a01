import assert from 'node:assert/strict'
import { test } from 'node:test'
import { mostProminent } from '../../../src/engines/recognition/prominence.js'

const face = (centreX: number, side: number) => ({
  box: { x: centreX - side / 2, y: 50 - side / 2, width: side, height: side }
})

test('the largest face is chosen wherever it stands', () => {
  const large = face(90, 40)
  assert.equal(mostProminent([face(50, 30), large], 100, 100), large)
})

test('among faces of about equal size, the most central is chosen', () => {
  const central = face(50, 38)
  assert.equal(mostProminent([face(90, 40), central, face(48, 20)], 100, 100), central)
})

test('without faces, none is chosen', () => {
  assert.equal(mostProminent([], 100, 100), undefined)
})
