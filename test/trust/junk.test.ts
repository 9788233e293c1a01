import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sendJunk } from '../../scripts/trust/junk.js'

// `npm run trust -- --only junk` sends 100,000.
test('no body with junk at a boundary is accepted that JSON.parse refuses', async () => {
  const { sent, accepted, good } = await sendJunk({ bodies: 2000, seed: 1 })
  assert.deepEqual(accepted, [])
  assert.ok(sent === 2000 && good >= 40, `${sent} sent, ${good} of the same without junk`)
})
