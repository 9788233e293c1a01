import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createRandom, type Random } from '../../../src/science/linear-algebra/random.js'
import { createScoreMonitor, scoreCells } from '../../../src/science/guard/score-monitor.js'
import { HistogramBuilder } from '../../../src/science/scores/histogram.js'
import { scoreDistribution } from '../../../src/science/scores/score-distribution.js'
import { gaussian } from '../../support/synthetic-pairs.js'

const nonMatedScore = (random: Random): number => 0.1 * gaussian(random)
const matedScore = (random: Random): number => Math.min(1, 0.6 + 0.12 * gaussian(random))

const cells = (() => {
  const random = createRandom(1)
  const nonMated = new HistogramBuilder()
  for (let k = 0; k < 400_000; k++) nonMated.add(nonMatedScore(random))
  const scores = Float32Array.from({ length: 4000 }, () => matedScore(random))
  const distribution = scoreDistribution({
    nonMated: nonMated.finish(),
    mated: { scores, identity: Int32Array.from(scores, (_, k) => k) },
    rank1: new Int8Array(),
    rank1SameImage: new Int8Array(),
    identity: new Int32Array()
  })!
  return scoreCells(distribution)
})()

/** Alarms of a month each, which has `perPeriod` verifications. */
function alarmsOf (
  score: (random: Random, k: number) => number,
  periods: number,
  perPeriod: number,
  seed: number
): number {
  const random = createRandom(seed)
  const monitor = createScoreMonitor(cells)
  let alarms = 0
  for (let k = 0; k < periods * perPeriod; k++) if (monitor.observe(score(random, k), 1 / perPeriod)) alarms++
  return alarms
}

test('the cells have the shares of the calibration, and what is above them may have everything', () => {
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value)
  assert.ok(Math.abs(sum(cells.nonMated) - 1) < 1e-5)
  assert.equal(cells.edges.length, cells.highest.length - 1)
  assert.deepEqual([...cells.edges].sort((a, b) => a - b), cells.edges)
  assert.equal(cells.highest.at(-1), 1)
  // One in a thousand non-mated scores of a standard deviation of 0.1 is above 0.309, and half of them above 0.
  assert.ok(Math.abs(cells.edges.at(-1)! - 0.309) < 0.05)
  for (const [k, highest] of cells.highest.slice(0, -1).entries()) assert.ok(highest >= cells.nonMated[k]!)
})

test('alarms that are false number one per period at most, whatever the share of mated comparisons', () => {
  const periods = 100
  const mixtures: Readonly<Record<string, (random: Random, k: number) => number>> = {
    'none mated': nonMatedScore,
    'half of them': random => random.next() < 0.5 ? matedScore(random) : nonMatedScore(random),
    'nearly all': random => random.next() < 0.95 ? matedScore(random) : nonMatedScore(random),
    'mornings of members and nights of strangers': (random, k) =>
      Math.floor(k / 500) % 2 === 0 ? matedScore(random) : nonMatedScore(random)
  }
  for (const [name, score] of Object.entries(mixtures)) {
    const alarms = alarmsOf(score, periods, 1000, name.length)
    assert.ok(alarms <= periods + 3 * Math.sqrt(periods), `${name}: ${alarms} in ${periods} periods`)
  }
})

test('so do those of scores that fill the cells as far as they may', () => {
  const periods = 100
  const middle = [-1, ...cells.edges, 1].slice(0, -1).map((edge, k) => (edge + [...cells.edges, 1][k]!) / 2)
  for (const order of [Array.from(middle.keys()), Array.from(middle.keys()).reverse().slice(1)]) {
    let left = 1
    const shares = order.map(cell => {
      const share = Math.min(left, cells.highest[cell]!)
      left -= share
      return [cell, share] as const
    })
    const alarms = alarmsOf(
      random => {
        let at = random.next() * (1 - left)
        return middle[shares.find(([, share]) => (at -= share) < 0)?.[0] ?? order[0]!]!
      },
      periods,
      1000,
      order[0]!
    )
    assert.ok(alarms <= periods + 3 * Math.sqrt(periods), `${alarms} in ${periods} periods`)
  }
})

test('scores that fall, rise, draw together or apart are found within 200 verifications', () => {
  // A service that verifies ten times a minute, and has run for a day.
  const elapsed = 1 / (30 * 24 * 60 * 10)
  const changed: Readonly<Record<string, (random: Random) => number>> = {
    'fallen by a standard deviation': random => nonMatedScore(random) - 0.1,
    'risen by a standard deviation': random => nonMatedScore(random) + 0.1,
    'drawn together to 0.4 of it': random => 0.4 * nonMatedScore(random),
    'drawn apart to three times it': random => 3 * nonMatedScore(random),
    'mated ones at 0.25': random => random.next() < 0.8 ? 0.25 + 0.03 * gaussian(random) : nonMatedScore(random)
  }
  for (const [name, score] of Object.entries(changed)) {
    const delays: number[] = []
    for (let seed = 1; seed <= 20; seed++) {
      const random = createRandom(seed)
      const monitor = createScoreMonitor(cells)
      for (let k = 0; k < 5000; k++) {
        monitor.observe(random.next() < 0.5 ? matedScore(random) : nonMatedScore(random), elapsed)
      }
      let delay = 1
      while (!monitor.observe(score(random), elapsed)) delay++
      delays.push(delay)
    }
    delays.sort((a, b) => a - b)
    assert.ok(delays[10]! <= 200, `${name}: ${delays[10]} in the median`)
  }
})
