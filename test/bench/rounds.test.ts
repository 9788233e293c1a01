import assert from 'node:assert/strict'
import { test } from 'node:test'
import { alternate, comparison, figure, median } from '../../bench/rounds.js'
import { isMet } from '../../bench/section.js'

test('every contestant runs once a round, none always first, and the warm-up does not count', async () => {
  const order: string[] = []
  const runner = (name: string) => async () => order.push(name)
  const results = await alternate({ a: runner('a'), b: runner('b'), absent: undefined }, { rounds: 2, log: () => {} })
  assert.deepEqual(order, ['a', 'b', 'b', 'a', 'a', 'b'])
  assert.deepEqual(results, { a: [4, 5], b: [3, 6], absent: [] })
})

test('it warms up as often as it is told', async () => {
  let runs = 0
  const results = await alternate({ only: async () => ++runs }, { rounds: 1, log: () => {} }, 3)
  assert.deepEqual(results, { only: [4] })
})

test('a comparison is the median of the ratios within rounds', () => {
  const [compared] = comparison('a against b', [10, 40, 9], [5, 10, 9], 1.5)
  assert.deepEqual(compared, { name: 'a against b', value: 2, target: 1.5, spread: [1, 4], sense: 'at-least' })
  assert.deepEqual(comparison('a against nobody', [1, 2], []), [])
})

test('the median of an even number of values lies between the middle two', () => {
  assert.equal(median([4, 1, 3, 2]), 2.5)
})

test('a figure meets its target from the right side', () => {
  assert.equal(isMet(figure('rate', [0.8], 0.8)), true)
  assert.equal(isMet(figure('rate', [0.79], 0.8)), false)
  assert.equal(isMet(figure('delay', [21], 20, 'at-most')), false)
  assert.equal(isMet(figure('shown only', [1])), undefined)
})
