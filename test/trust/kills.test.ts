import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { killRepeatedly } from '../../scripts/trust/kills.js'

describe('kill -9 while it writes', () => {
  for (const on of ['embedded', 'postgres'] as const) {
    test(`loses nothing that was acknowledged, and leaves nothing in part (${on})`, async () => {
      const { kills, acknowledged, lost, audited } = await killRepeatedly(2, on)
      assert.equal(kills, 2)
      assert.deepEqual(lost, [])
      assert.ok(acknowledged > 5, `${acknowledged} writes were acknowledged`)
      assert.ok(audited >= acknowledged, `${audited} records of ${acknowledged} writes`)
    })
  }
})
