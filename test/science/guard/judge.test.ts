import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createRandom, type Random } from '../../../src/science/linear-algebra/random.js'
import { testFor } from '../../../src/science/guard/guard-calibration.js'
import { statisticOf, type ProfileSummary } from '../../../src/science/guard/guard-profile.js'
import { isAnotherModel, logLikelihood, requiredAdvantage } from '../../../src/science/guard/guard-rivalry.js'
import { createJudge, judge, tooManyFlagged, type Judgement, type Rival } from '../../../src/science/guard/judge.js'

const d = 16
const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length

/** The rule as it is written: every template by itself, then all of them, each time by the same tests. */
function byDefinition (summary: ProfileSummary, distances: Float64Array, rivals: readonly Rival[]): Judgement {
  const all = Array.from(distances, (_, row) => row)
  const ratio = ({ distances: there, summary: { logDeterminant } }: Rival, rows: readonly number[]) =>
    mean(
      rows.map(row =>
        logLikelihood(there[row]!, logDeterminant) - logLikelihood(distances[row]!, summary.logDeterminant)
      )
    )
  const statistic = (of: Float64Array, rows: readonly number[]) => mean(rows.map(row => statisticOf(of[row]!, d)))
  const claims = (rival: Rival, rows: readonly number[], least: number) =>
    ratio(rival, rows) > least &&
    statistic(rival.distances, rows) <= testFor(rival.summary.tests, rows.length).threshold
  const isForeign = (rows: readonly number[]) =>
    statistic(distances, rows) > testFor(summary.tests, rows.length).threshold ||
    rivals.some(rival =>
      isAnotherModel(rival.advantage, rival.summary, d) &&
      claims(rival, rows, requiredAdvantage(rival.advantage, rows.length))
    )
  const flagged = all.filter(row => isForeign([row]))
  const rate = testFor(summary.tests, 1).falseAlarmRate
  const foreign = isForeign(all) || tooManyFlagged(flagged.length, all.length, rate)
  const suspects = foreign ? all : flagged
  const [likeliest] = suspects.length === 0 ? [] : rivals.filter(rival => claims(rival, suspects, 0))
    .sort((a, b) => ratio(b, suspects) - ratio(a, suspects))
  return {
    foreign,
    flagged,
    likelier: likeliest?.model ?? null,
    falseAlarmRate: { template: rate, batch: testFor(summary.tests, all.length).falseAlarmRate }
  }
}

function anySummary (random: Random): ProfileSummary {
  return {
    schemaVersion: 1,
    templates: 100,
    identities: 50,
    shrinkage: 0.1,
    logDeterminant: random.next() * 4 - 2,
    dispersion: { mean: 1, variance: 0.1 },
    norm: { low: 1, median: 1, high: 1 },
    tests: [1, 2, 5, 10].map(batch => ({
      batch,
      threshold: 0.6 - 0.04 * batch + 0.1 * random.next(),
      falseAlarmRate: batch === 1 ? 0.01 : 0.001,
      detection: 1
    }))
  }
}

test('a judgement is that of the definition, for one template and for many, among any rivals', () => {
  const random = createRandom(1)
  const seen = { passed: 0, flagged: 0, foreign: 0, named: 0 }
  for (let trial = 0; trial < 4000; trial++) {
    const n = trial % 2 === 0 ? 1 : 2 + random.integer(12)
    const distances = () => Float64Array.from({ length: n }, () => Math.fround(d * (0.5 + 1.5 * random.next())))
    const summary = anySummary(random)
    const own = distances()
    const rivals = Array.from({ length: random.integer(4) }, (_, k): Rival => ({
      model: `rival ${k}`,
      summary: anySummary(random),
      distances: distances(),
      advantage: {
        mean: random.next() * 6 - 5,
        standardDeviation: random.next() * 2,
        squaredDistance: d * (0.5 + 2 * random.next()),
        correlation: random.next()
      }
    }))
    const expected = byDefinition(summary, own, rivals)
    assert.deepEqual(judge(d, summary, own, rivals), expected, `trial ${trial}`)
    // Single precision, whose numbers these are, and columns in any order.
    const cols = rivals.length + 2
    const place = 1 + random.integer(cols - 1)
    const places = rivals.map((_, k) => (place + 1 + k) % cols)
    const data = new Float32Array(n * cols)
    own.forEach((value, row) => (data[row * cols + place] = value))
    rivals.forEach((rival, k) => rival.distances.forEach((value, row) => (data[row * cols + places[k]!] = value)))
    const judgeRows = createJudge(
      d,
      { summary, position: place },
      rivals.map((rival, k) => ({ ...rival, position: places[k]! }))
    )
    for (let again = 0; again < 2; again++) assert.deepEqual(judgeRows({ rows: n, cols, data }), expected)
    seen[expected.foreign ? 'foreign' : expected.flagged.length > 0 ? 'flagged' : 'passed']++
    if (expected.likelier !== null) seen.named++
  }
  for (const [outcome, count] of Object.entries(seen)) assert.ok(count > 50, `${outcome}: ${count}`)
})
