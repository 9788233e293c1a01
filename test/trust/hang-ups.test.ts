import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hangUp, stages } from '../../scripts/trust/hang-ups.js'

// Once at each stage: `npm run trust -- --only hangups` goes on for 10,000 times.
test('a caller who leaves, at whatever stage of whatever operation, leaves nothing behind', async () => {
  const { operations, aborted, held, unanswered } = await hangUp({ atLeast: 1, moments: [5], everyBody: false })
  assert.deepEqual(held, [])
  assert.deepEqual(unanswered, [])
  for (const stage of stages) {
    assert.ok(aborted[stage] >= operations / 2, `${stage}: ${aborted[stage]} of ${operations} operations`)
  }
})
