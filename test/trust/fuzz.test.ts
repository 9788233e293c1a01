import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fuzz } from '../../scripts/trust/fuzz/run.js'

// The same requests every time: `npm run trust -- --only fuzz --minutes 60 --seed 2` looks further.
test('no request makes the service fail, hang or say what its document does not announce', async () => {
  const { statuses, faults, resident: [, end] } = await fuzz({ seed: 1, perOperation: 12 })
  assert.deepEqual(faults, [])
  const kinds = Object.keys(statuses)
  assert.ok(kinds.includes('200') && kinds.includes('400') && kinds.includes('404'), JSON.stringify(statuses))
  assert.ok(end < 4000, `${end} MB are resident`)
})
