import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createRowMemory } from '../../../src/engines/threads/row-memory.js'

test('returned memory is reused, for more or fewer bytes', () => {
  const memory = createRowMemory()
  const first = memory.take(2_000_000)
  const second = memory.take(2_000_000)
  assert.notEqual(first.buffer, second.buffer)
  memory.give(first)
  const third = memory.take(4 * 2 ** 20)
  assert.equal(third.buffer, first.buffer)
  assert.equal(third.length, 4 * 2 ** 20)
  memory.give(new Float32Array(second.buffer, 0, 100))
  assert.equal(memory.take(300_000).buffer, second.buffer)
})

test('memory that is too small, part of a larger buffer, or transferred is not kept', () => {
  const memory = createRowMemory()
  for (const bytes of [0, 1000, 4 * 2 ** 20 + 4]) {
    const taken = memory.take(bytes)
    assert.equal(taken.length, bytes)
    assert.equal(taken.byteOffset, 0)
    memory.give(taken)
    assert.notEqual(memory.take(bytes).buffer, taken.buffer)
  }
  const transferred = memory.take(1_000_000)
  structuredClone(transferred.buffer, { transfer: [transferred.buffer] })
  memory.give(transferred)
  assert.equal(memory.take(1_000_000).length, 1_000_000)
})

test('returning memory twice is refused, since two callers would then share it', () => {
  const memory = createRowMemory()
  const taken = memory.take(1_000_000)
  memory.give(taken)
  assert.throws(() => memory.give(taken), /returned before/)
})
