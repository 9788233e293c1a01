import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  decideMigration,
  type MigrationOption,
  migrationOptions,
  type OptionFigures
} from '../../../src/science/cards/migration-decision.js'

const people = 200
/** Of each option for each person, on average 0. */
const deviation = (option: MigrationOption, person: number) =>
  Math.sin((migrationOptions.indexOf(option) + 1) * (person + 0.5) * 2 * Math.PI / people)

/** Figures with intervals of the same width. @param spread of the rates over people */
function figures (rates: Readonly<Record<MigrationOption, number>>, width = 0.01, spread = 0.1): OptionFigures[] {
  const around = (value: number) => ({ lower: value - width, upper: value + width })
  return migrationOptions.map(option => ({
    option,
    tmr: rates[option],
    interval: around(rates[option]),
    found: Float64Array.from({ length: people }, (_, person) => rates[option] + spread * deviation(option, person)),
    loss: { tmr: rates.nothing - rates[option], ...around(rates.nothing - rates[option]) }
  }))
}

const policy = { maxTmrLoss: 0.02, fmr: 1e-3, oldModelStays: true }
const worse = { nothing: 0.9, across: 0.895, probes: 0.85, gallery: 0.86, fusion: 0.86, 're-enrol': 0.87 }
const better = { nothing: 0.8, across: 0.9, probes: 0.85, gallery: 0.9005, fusion: 0.895, 're-enrol': 0.86 }

test('says not to, when the old model finds more', () => {
  const { migrate, option, reasons } = decideMigration(figures(worse), policy, 1)
  assert.deepEqual([migrate, option], [false, 'nothing'])
  assert.match(reasons[0]!, /doing nothing is expected to find most mates: TMR 0\.9000/)
  assert.ok(reasons.some(reason => /translating the gallery may lose 0\.0500/.test(reason)))
})

test('takes what takes least among options that find as many', () => {
  const { migrate, option, reasons } = decideMigration(figures(better), policy, 1)
  assert.deepEqual([migrate, option], [true, 'across'])
  assert.match(reasons[0]!, /takes less than translating the gallery, which is not shown to find more mates: TMR 0\.90/)
  assert.match(reasons[1]!, /\+0\.1000 \(95 % interval \+0\.0900 to \+0\.1100\)/)
})

test('takes more only where that is shown to find more', () => {
  const gains = { ...better, gallery: 0.91 }
  assert.equal(decideMigration(figures(gains, 0.01, 0.2), policy, 1).option, 'across')
  assert.equal(decideMigration(figures(gains, 0.01, 0.01), policy, 1).option, 'gallery')
  assert.equal(decideMigration(figures({ ...worse, across: 0.905 }, 0.01, 0.2), policy, 1).migrate, false)
})

test('refuses what may lose more than the limit, however much it is expected to gain', () => {
  const unsure = figures({ ...worse, across: 0.91 }, 0.05, 0.01)
  assert.deepEqual(decideMigration(unsure, policy, 1).option, 'nothing')
  assert.deepEqual(decideMigration(unsure, { ...policy, maxTmrLoss: 0.05 }, 1).option, 'across')
})

test('moves from a model that finds few to what finds more, however few that is', () => {
  const few = { nothing: 0.26, across: 0.45, probes: 0.33, gallery: 0.32, fusion: 0.33, 're-enrol': 0.1 }
  const { migrate, option } = decideMigration(figures(few), policy, 1)
  assert.deepEqual([migrate, option], [true, 'across'])
})

test('refuses what cannot be told from chance, whatever the policy allows', () => {
  const lost = { nothing: 0.02, across: 0.01, probes: 0.009, gallery: 0.03, fusion: 0.01, 're-enrol': 0.01 }
  const { option, reasons } = decideMigration(figures(lost, 0.01, 0.01), { ...policy, maxTmrLoss: 1 }, 1)
  assert.equal(option, 'gallery')
  assert.ok(reasons.some(reason => /^searching across cannot be told from chance: TMR 0\.0000 or more/.test(reason)))
})

test('says not to, when no option meets the policy', () => {
  const strict = { ...policy, maxTmrLoss: 0 }
  const { migrate, option, reasons } = decideMigration(figures(worse), strict, 1)
  assert.deepEqual([migrate, option], [false, 'nothing'])
  assert.match(reasons[0]!, /no option is shown to lose at most 0 of the TMR at FMR 0\.001/)
  assert.equal(reasons.length, 6)
})

test('names the best of what is left, when the old model goes', () => {
  const without = { ...policy, oldModelStays: false }
  const within = decideMigration(figures(worse), without, 1)
  assert.deepEqual([within.migrate, within.option], [true, 'across'])
  const beyond = decideMigration(figures(worse), { ...without, maxTmrLoss: 0.001 }, 1)
  assert.deepEqual([beyond.migrate, beyond.option], [false, 'across'])
})
