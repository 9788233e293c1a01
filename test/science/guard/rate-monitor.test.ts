import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createRandom } from '../../../src/science/linear-algebra/random.js'
import { createRateMonitor } from '../../../src/science/guard/rate-monitor.js'

const rate = 0.01

test('alarms that are false number one per period at most, whatever the traffic', () => {
  for (const [perPeriod, batch] of [[300, 1], [3000, 1], [3000, 50]] as const) {
    const random = createRandom(perPeriod + batch)
    const monitor = createRateMonitor(rate)
    const periods = 200
    let alarms = 0
    for (let i = 0; i < periods * perPeriod / batch; i++) {
      let hits = 0
      for (let k = 0; k < batch; k++) if (random.next() < rate) hits++
      if (monitor.observe(batch, hits, batch / perPeriod)) alarms++
    }
    // The bound is of the mean: three deviations of a Poisson count above it.
    assert.ok(alarms <= periods + 3 * Math.sqrt(periods), `${alarms} in ${periods} periods of ${perPeriod}`)
  }
})

test('evidence is no more, on average, than the time that has passed', () => {
  const random = createRandom(5)
  const runs = 4000
  const [steps, elapsed] = [40, 0.001]
  let sum = 0
  for (let run = 0; run < runs; run++) {
    const monitor = createRateMonitor(rate)
    let alarmed = false
    for (let i = 0; i < steps && !alarmed; i++) alarmed = monitor.observe(1, random.next() < rate ? 1 : 0, elapsed)
    // Stopped where it alarms, when it had reached 1 at least.
    sum += alarmed ? 1 : monitor.evidence()
  }
  assert.ok(sum / runs <= 1.25 * steps * elapsed, `${sum / runs} after ${steps * elapsed}`)
})

test('a raised rate is found: at once where nearly all hit, within 120 where one in five does', () => {
  // A service that judges ten templates a minute, and that has run for a day.
  const elapsed = 1 / (30 * 24 * 60 * 10)
  for (const [raised, most] of [[1, 12], [0.5, 40], [0.2, 120], [0.1, 400]] as const) {
    const delays: number[] = []
    for (let seed = 1; seed <= 40; seed++) {
      const random = createRandom(seed)
      const monitor = createRateMonitor(rate)
      for (let i = 0; i < 14_400; i++) monitor.observe(1, random.next() < rate ? 1 : 0, elapsed)
      let trials = 1
      while (!monitor.observe(1, random.next() < raised ? 1 : 0, elapsed)) trials++
      delays.push(trials)
    }
    delays.sort((a, b) => a - b)
    assert.ok(delays[20]! <= most, `at ${raised}: ${delays[20]} trials in the median`)
    assert.equal(createRateMonitor(rate).evidence(), 0)
  }
})

test('a silence of years is no evidence', () => {
  const monitor = createRateMonitor(rate)
  assert.equal(monitor.observe(1, 0, 1000), false)
  assert.ok(monitor.evidence() < 1 / 299)
  assert.equal(monitor.observe(1_000_000, 1_000_000, 0), true)
  assert.equal(monitor.evidence(), 0)
})
