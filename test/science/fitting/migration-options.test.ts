import assert from 'node:assert/strict'
import { before, describe, test } from 'node:test'
import {
  fitMigrationOptions,
  measureMigrationOptions,
  reversedMigration,
  sidesOfOptions,
  figuresOf,
  type FittedMigration,
  type MeasuredOptions
} from '../../../src/science/fitting/migration-options.js'
import type { MigrationOption } from '../../../src/science/cards/migration-decision.js'
import { selectRows, type TemplateMatrix } from '../../../src/science/linear-algebra/matrix.js'
import { normaliseRows } from '../../../src/science/linear-algebra/normalise.js'
import { referenceProducts as products } from '../../../src/science/linear-algebra/reference-products.js'
import { gaussianTemplates, syntheticPairs } from '../../support/synthetic-pairs.js'

const seed = 42
const fmr = 1e-2
const tmrOf = ({ figures }: MeasuredOptions, option: MigrationOption) =>
  figures.find(figure => figure.option === option)!.tmr

describe('options of a migration', () => {
  const pairs = syntheticPairs({ identities: 50, imagesEach: 4, dSource: 8, dTarget: 16, spread: 0.6 })
  let migration: FittedMigration
  before(async () => {
    migration = await fitMigrationOptions(pairs, seed, products)
  })
  const measure = async (share: number, of = migration) =>
    await measureMigrationOptions(of, { fmr, share, seed }, products)

  test('re-enrols from nobody to everybody: from the translated gallery to the new model alone', async () => {
    const [nobody, some, everybody] = [await measure(0), await measure(0.3), await measure(1)]
    assert.equal(tmrOf(nobody, 're-enrol'), tmrOf(nobody, 'gallery'))
    assert.equal(tmrOf(everybody, 're-enrol'), everybody.newModel.tmr)
    assert.ok(everybody.newModel.tmr > tmrOf(everybody, 'gallery') + 0.02, 'there is something to gain')
    assert.ok(tmrOf(some, 're-enrol') > tmrOf(nobody, 're-enrol'))
    assert.ok(tmrOf(some, 're-enrol') < everybody.newModel.tmr)
    assert.deepEqual(
      [nobody, some, everybody].map(({ reEnrolledReferences }) => reEnrolledReferences),
      [0, 60, 200]
    )
  })

  test('re-enrols at a threshold of its own, where strangers score higher in the new model', async () => {
    // What the new model sees of an image beside its person, and the old one does not.
    const { rows, cols, data } = pairs.target
    const beside = gaussianTemplates(rows, 2, 5)
    const target = { rows, cols: cols + 2, data: new Float32Array(rows * (cols + 2)) }
    for (let row = 0; row < rows; row++) {
      target.data.set(data.subarray(row * cols, (row + 1) * cols), row * target.cols)
      for (const j of [0, 1]) target.data[row * target.cols + cols + j] = 12 * beside.data[row * 2 + j]!
    }
    const measured = await measure(0.3, await fitMigrationOptions({ ...pairs, target }, seed, products))
    const [translated, mixed, native] = [
      tmrOf(measured, 'gallery'),
      tmrOf(measured, 're-enrol'),
      measured.newModel.tmr
    ]
    const message = `${translated}, ${mixed}, ${native}`
    assert.ok(Math.abs(mixed - (0.7 * translated + 0.3 * native)) < 0.05, message)
  })

  test('measures the other direction by what was fitted for this one', async () => {
    const [there, back] = [await measure(0.1), await measure(0.1, reversedMigration(migration))]
    assert.equal(tmrOf(back, 'nothing'), there.newModel.tmr)
    assert.equal(tmrOf(back, 'gallery'), tmrOf(there, 'probes'))
    assert.equal(tmrOf(back, 'probes'), tmrOf(there, 'gallery'))
    assert.equal(tmrOf(back, 'across'), tmrOf(there, 'across'))
    assert.deepEqual(await measure(0.1, reversedMigration(reversedMigration(migration))), there)
  })

  test('expects of other people what they reach', async () => {
    const others = syntheticPairs({ identities: 150, imagesEach: 4, dSource: 8, dTarget: 16, spread: 0.6 })
    const later = [...others.samples.keys()].filter(row => row >= pairs.samples.length)
    const select = (templates: TemplateMatrix) => normaliseRows(selectRows(templates, later))
    const expected = await measure(0.1)
    const [source, target] = [select(others.source), select(others.target)]
    const sides = await sidesOfOptions(migration.fitted, source, target, 0.1, products)
    const identity = Int32Array.from(later, row => Math.floor(row / 4))
    const { figures } = await figuresOf([sides], [identity], { fmr, seed }, products)
    for (const { option, tmr, interval } of figures) {
      const before = expected.figures.find(figure => figure.option === option)!
      assert.ok(interval.lower <= before.interval.upper && interval.upper >= before.interval.lower, `${option}: ${tmr}`)
    }
  })

  test('refuses a rate that the comparisons do not support', async () => {
    await assert.rejects(
      measureMigrationOptions(migration, { fmr: 1e-5, share: 0.1, seed }, products),
      /fmr: expected 300000 comparisons of two people for 0.00001, the pairs give \d+: lower rates need/
    )
  })
})
