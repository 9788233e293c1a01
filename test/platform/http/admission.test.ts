import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Problem } from '../../../src/errors.js'
import { createAdmission, createAdmissions, type Admission } from '../../../src/platform/http/admission.js'

/** One worker that takes `service` ms for each, on a clock of our own. */
function simulate (
  admission: (now: () => number) => Admission,
  { service, every, until }: { service: number, every: number, until: number }
) {
  let clock = 0
  const admitted: Admission = admission(() => clock)
  const queue: { arrived: number, leave: () => void }[] = []
  const latencies: number[] = []
  let [shed, free] = [0, 0]
  for (let arrival = 0; arrival < until; arrival += every) {
    while (queue.length > 0 && Math.max(free, queue[0]!.arrived) + service <= arrival) {
      const { arrived, leave } = queue.shift()!
      clock = free = Math.max(free, arrived) + service
      latencies.push(clock - arrived)
      leave()
    }
    clock = arrival
    try {
      queue.push({ arrived: arrival, leave: admitted.enter().leave })
    } catch (error) {
      assert.ok(error instanceof Problem && error.code === 'overloaded', String(error))
      shed++
    }
  }
  return { latencies, shed }
}

describe('admission', () => {
  const admission = (maxWait: number, parallel = 1) => (now: () => number) =>
    createAdmission({ label: 'requests', parallel, maxWait, now })

  test('nobody is rejected while the work can be done', () => {
    assert.equal(simulate(admission(0), { service: 10, every: 10, until: 10_000 }).shed, 0)
    assert.equal(simulate(admission(50), { service: 10, every: 30, until: 10_000 }).shed, 0)
  })

  test('far above capacity, the worker stays busy and nobody waits longer than the work takes', () => {
    for (const every of [5, 0.1]) {
      const { latencies, shed } = simulate(admission(0), { service: 10, every, until: 20_000 })
      assert.ok(latencies.length > 0.95 * 2000, `${latencies.length} were served`)
      assert.ok(shed > 0)
      // Before the first has ended nothing is known of how long it takes.
      assert.ok(Math.max(...latencies.slice(20)) <= 20 + 1e-9, String(Math.max(...latencies.slice(20))))
    }
  })

  test('an allowed wait is used, and no longer one', () => {
    const { latencies } = simulate(admission(100), { service: 10, every: 2, until: 20_000 })
    const later = latencies.slice(50)
    assert.ok(Math.max(...later) <= 110 + 1e-9 && Math.max(...later) > 90, String(Math.max(...later)))
  })

  test('bursts, as from a busy thread, are admitted by the overall rate', () => {
    let clock = 0
    const { enter } = admission(100)(() => clock)
    const admitted: number[] = []
    const { leave } = enter()
    clock = 10
    leave()
    for (let burst = 0; burst < 200; burst++) {
      const leaves: (() => void)[] = []
      for (let i = 0; i < 500; i++) {
        try {
          leaves.push(enter().leave)
        } catch {}
      }
      // All are read, then all are worked on, then all are answered at once.
      clock += 10 * leaves.length
      for (const leave of leaves) leave()
      admitted.push(leaves.length)
    }
    // One that is worked on, and ten that wait for 10 ms each.
    assert.ok(
      admitted.every(count => count >= 10 && count <= 12),
      `${Math.min(...admitted)} to ${Math.max(...admitted)}`
    )
  })

  test('as many as can run in parallel are never rejected, and a few more until the first one finishes', () => {
    let clock = 0
    const { enter } = admission(0, 8)(() => clock)
    const leaves = Array.from({ length: 8 + 16 }, enter)
    assert.throws(enter, { code: 'overloaded' })
    for (const { leave } of leaves) {
      clock += 10
      leave()
    }
    for (let i = 0; i < 8; i++) enter()
    assert.throws(() => {
      for (let i = 0; i < 8; i++) enter()
    }, { code: 'overloaded' })
  })

  test('until the first one finishes, a longer allowed wait admits more', () => {
    const { enter } = admission(1000, 8)(() => 0)
    for (let i = 0; i < 8 + 100; i++) enter()
    assert.throws(enter, { code: 'overloaded' })
  })

  test('leaving twice, or leaving and withdrawing, counts once', () => {
    let clock = 0
    const { enter } = admission(0)(() => clock)
    const { leave, withdraw } = enter()
    clock = 10
    leave()
    leave()
    withdraw()
    enter()
    enter()
    assert.throws(enter, { code: 'overloaded' })
  })

  test('together they count what is in flight, and notice work that never finishes', () => {
    let clock = 0
    const admissions = createAdmissions({ maxWait: 0, now: () => clock })
    const [first, second] = [
      admissions.open({ label: 'requests', parallel: 4 }),
      admissions.open({ label: 'images', parallel: 4 })
    ]
    const stays = first.enter()
    for (let minute = 1; minute <= 10; minute++) {
      clock = minute * 60_000
      second.enter().leave()
      first.enter().withdraw()
    }
    assert.deepEqual([admissions.inFlight(), admissions.stuck()], [1, false])
    clock++
    assert.equal(admissions.stuck(), true)
    stays.withdraw()
    assert.deepEqual([admissions.inFlight(), admissions.stuck()], [0, false])
  })
})
