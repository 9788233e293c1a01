import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { projectRoot } from '../../../src/config.js'
import { createEngineProducts } from '../../../src/engines/onnx/products.js'
import { createDrift, type DriftAlarm } from '../../../src/features/guard/drift.js'
import { readProfiles } from '../../../src/features/guard/profile-files.js'
import { judge } from '../../../src/science/guard/judge.js'
import { squaredDistances, whiteningOf } from '../../../src/science/guard/mahalanobis.js'
import { selectRows, type TemplateMatrix } from '../../../src/science/linear-algebra/matrix.js'
import { normaliseRows } from '../../../src/science/linear-algebra/normalise.js'
import { changes } from '../../support/drift-streams.js'
import { sharedTemplates, templatesMissing } from '../../support/shared-templates.js'

const space = { model: 'a', fingerprint: 'a'.repeat(64) }

test('models share one false alarm, and each has evidence of its own', () => {
  const alarms: DriftAlarm[] = []
  let now = 0
  const drift = createDrift(alarm => alarms.push(alarm), () => now)
  drift.judged(space, 50, 0, 0.01)
  // Each batch is 23 nats, and an hour is a 1,440th of what both share.
  for (let i = 0; i < 2; i++) {
    now += 3_600_000
    drift.judged({ model: 'b', fingerprint: 'b'.repeat(64) }, 5, 5, 0.01)
  }
  assert.deepEqual(alarms, [{ model: 'b', falseAlarmRate: 0.01 }, { model: 'b', falseAlarmRate: 0.01 }])
  const [a, b] = drift.evidence()
  assert.ok(a!.model === 'a' && a!.evidence < 0.05)
  assert.equal(b!.model, 'b')
})

test('a model that stays changed alarms once an hour, not with every few templates', () => {
  let alarms = 0
  let now = 0
  const drift = createDrift(() => alarms++, () => now)
  const anHourOf = (hits: number) => {
    for (let second = 0; second < 3600; second++) {
      now += 1000
      drift.judged(space, 20, hits, 0.01)
    }
  }
  anHourOf(20)
  assert.equal(alarms, 1)
  assert.equal(drift.evidence()[0]!.evidence, 1)
  anHourOf(20)
  assert.equal(alarms, 2)
  // The model is itself again: it rests, and its evidence goes.
  anHourOf(0)
  anHourOf(0)
  assert.equal(alarms, 2)
  assert.ok(drift.evidence()[0]!.evidence < 0.1)
})

test('another space under the old name, and a new profile, begin anew', () => {
  const drift = createDrift(() => assert.fail('an alarm'), () => 0)
  drift.judged(space, 1, 1, 0.01)
  const [before] = drift.evidence()
  drift.judged({ ...space, fingerprint: 'c'.repeat(64) }, 1, 0, 0.01)
  assert.equal(drift.evidence().length, 2)
  drift.judged(space, 1, 0, 0.02)
  assert.ok(drift.evidence()[0]!.evidence < before!.evidence / 10)
})

test('a model that has changed is found within 200 probes, and people of another data set raise no alarm', {
  skip: templatesMissing
}, async t => {
  const shipped = (await readProfiles(join(projectRoot, 'maps'))).find(({ space: { model } }) =>
    model === 'r512'
  )!.profile
  const whitening = whiteningOf(shipped)
  const products = createEngineProducts({ threads: 1 })
  const own = normaliseRows(sharedTemplates('lfw', 'r512').templates)
  const batches = async (templates: TemplateMatrix, size: number) => {
    const distances = await squaredDistances(whitening, templates, products)
    return Array.from({ length: Math.floor(templates.rows / size) }, (_, i) => {
      const { flagged, falseAlarmRate } = judge(
        templates.cols,
        shipped.summary,
        distances.subarray(i * size, (i + 1) * size),
        []
      )
      return { hits: flagged.length, rate: falseAlarmRate.template }
    })
  }
  const watch = () => {
    let now = 0
    let alarms = 0
    const drift = createDrift(() => alarms++, () => now)
    return (size: number, { hits, rate }: { hits: number, rate: number }): boolean => {
      now += size * 6000
      drift.judged(space, size, hits, rate)
      return alarms > 0
    }
  }

  const steady = watch()
  const before = await batches(own, 1)
  for (const batch of before) assert.equal(steady(1, batch), false)

  const { rows } = own
  const picked = selectRows(own, Array.from({ length: 400 }, (_, i) => (i * 7) % rows))
  for (const [name, change] of Object.entries(changes)) {
    const found = watch()
    const after = await batches(normaliseRows(await change(picked, products)), 1)
    for (const batch of before) found(1, batch)
    const at = after.findIndex(batch => found(1, batch)) + 1
    assert.ok(at >= 1 && at <= 200, `${name}: ${at}`)
    t.diagnostic(`${name}: found after ${at} probes, ${after.filter(({ hits }) => hits > 0).length} of 400 flagged`)
  }
})
