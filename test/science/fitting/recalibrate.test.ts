import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { Problem } from '../../../src/errors.js'
import { createEngineProducts } from '../../../src/engines/onnx/products.js'
import { project } from '../../../src/science/alignment/comparison-space.js'
import { withBiases } from '../../../src/science/alignment/own-means.js'
import type { PairedTemplates } from '../../../src/science/alignment/pairs.js'
import { fitMap, type Fit } from '../../../src/science/fitting/fit-map.js'
import { recalibrate, type DomainData, type DomainTemplates } from '../../../src/science/fitting/recalibrate.js'
import { selectRows, type TemplateMatrix } from '../../../src/science/linear-algebra/matrix.js'
import { thresholdAt } from '../../../src/science/scores/calibration.js'
import { compare } from '../../../src/science/scores/comparisons.js'
import { fractionAtOrAbove } from '../../../src/science/scores/histogram.js'
import { syntheticPairs } from '../../support/synthetic-pairs.js'

const products = createEngineProducts({ threads: 1 })
after(() => products.release())

const people = syntheticPairs({ identities: 300, imagesEach: 3, dSource: 24, dTarget: 16, spread: 0.6 })
/** What another camera does to the templates of either model. */
const moved = (templates: TemplateMatrix): TemplateMatrix => (
  { ...templates, data: templates.data.map((value, k) => value + (k % templates.cols < 5 ? 8 : 0)) }
)

const rowsOf = (from: number, to: number) =>
  people.samples.map((_, row) => row).filter(row => row >= 3 * from && row < 3 * to)

const fitted: Promise<Fit> = fitMap(pairsOf(rowsOf(0, 100)), { method: 'ridge', lambda: 0.1 }, products)
const own = (rows: readonly number[], labelled = true): DomainData => ({
  source: sideOf('source', rows, labelled),
  target: sideOf('target', rows, labelled),
  hash: 'own'
})
/** one image a person */
const first = (rows: readonly number[]) => rows.filter(row => row % 3 === 0)

function pairsOf (rows: readonly number[]): PairedTemplates {
  return {
    ...people,
    samples: rows.map(row => people.samples[row]!),
    identities: rows.map(row => people.identities[row]!),
    source: selectRows(people.source, rows),
    target: selectRows(people.target, rows)
  }
}

function sideOf (side: 'source' | 'target', rows: readonly number[], labelled: boolean): DomainTemplates {
  return {
    samples: rows.map(row => people.samples[row]!),
    identities: rows.map(row => labelled ? people.identities[row]! : null),
    templates: moved(selectRows(people[side], rows))
  }
}

async function calibrated (data: DomainData, means: 'own' | 'kept' = 'own') {
  const { map, comparison, card } = await fitted
  return await recalibrate({ map, comparison, card }, data, { seed: 1, means }, products)
}

/** The false match rates of thresholds for FMR 1e-2 and the TMR there, among people that calibrated nothing. */
async function onOthers ({ recalibration, biases }: Awaited<ReturnType<typeof calibrated>>) {
  const { comparison } = await fitted
  const rows = rowsOf(200, 300)
  const space = biases === undefined ? comparison! : withBiases(comparison!, biases)
  const { source, target } = own(rows)
  const { nonMated, mated } = await compare(
    await project(space, 'source', source.templates, products),
    await project(space, 'target', target.templates, products),
    Int32Array.from(rows, row => Math.floor(row / 3)),
    products
  )
  const { threshold } = thresholdAt(recalibration.calibration.comparison!, 1e-2)
  return {
    fmr: fractionAtOrAbove(nonMated, threshold!),
    tmr: mated.scores.filter(score => score >= threshold!).length / mated.scores.length
  }
}

test('thresholds of another domain hold for its other people, without any label', async () => {
  const result = await calibrated(own(first(rowsOf(100, 200)), false))
  const { fmr } = await onOthers(result)
  assert.ok(fmr > 0.003 && fmr < 0.03, String(fmr))
  assert.equal(result.recalibration.matedIdentities, 0)
  assert.equal(result.recalibration.likelihoodRatios, 'carried')
  // Those of the card do not hold, which the calibration says.
  const before = result.recalibration.before.find(point => point.fmr === 1e-2)!
  assert.ok(before.measured! > 0.03 || before.measured! < 0.003, String(before.measured))
})

test('own means find more mates than those of the fit', async () => {
  const data = own(rowsOf(100, 200))
  const [kept, centred] = [await calibrated(data, 'kept'), await calibrated(data, 'own')]
  assert.equal(kept.biases, undefined)
  assert.equal(kept.recalibration.means, 'kept')
  assert.equal(centred.recalibration.means, 'own')
  assert.ok((await onOthers(centred)).tmr > (await onOthers(kept)).tmr + 0.02)
})

test('labelled templates give likelihood ratios of their own, and carried ones are near them', async () => {
  const labelled = await calibrated(own(rowsOf(100, 200)))
  const unlabelled = await calibrated(own(first(rowsOf(100, 200)), false))
  assert.equal(labelled.recalibration.likelihoodRatios, 'own')
  const at = (score: number, { recalibration }: typeof labelled) => {
    const { slope, offset } = recalibration.calibration.comparison!.likelihoodRatio!
    return slope * score + offset
  }
  const threshold = thresholdAt(labelled.recalibration.calibration.comparison!, 1e-2).threshold!
  assert.ok(Math.abs(at(threshold, labelled) - at(threshold, unlabelled)) < 1.5)
  const { cllr, minCllr } = labelled.recalibration.calibration.comparison!.likelihoodRatio!
  assert.ok(cllr < 1.3 * minCllr + 0.01, `${cllr} ${minCllr}`)
})

test('people need not have templates of both models', async () => {
  const [some, others] = [rowsOf(100, 150), rowsOf(150, 200)]
  const data = { ...own(some), target: own(others).target }
  const { recalibration } = await calibrated(data)
  assert.equal(recalibration.matedIdentities, 0)
  assert.equal(recalibration.calibration.comparison!.nonMatedComparisons, some.length * others.length)
  assert.equal(recalibration.calibration.comparison!.identities, 100)
})

test('an image is not compared with itself, whatever the order of the sides', async () => {
  const rows = rowsOf(100, 160)
  const data = own(rows)
  const order = [...rows.keys()].reverse()
  const { samples, identities, templates } = data.target
  const target = {
    samples: order.map(k => samples[k]!),
    identities: order.map(k => identities[k]!),
    templates: selectRows(templates, order)
  }
  const [straight, reversed] = [await calibrated(data), await calibrated({ ...data, target })]
  const { comparison } = straight.recalibration.calibration
  assert.equal(comparison!.matedComparisons, 60 * 3 * 2)
  assert.equal(reversed.recalibration.calibration.comparison!.matedComparisons, comparison!.matedComparisons)
  assert.equal(reversed.recalibration.calibration.comparison!.nonMatedComparisons, comparison!.nonMatedComparisons)
  comparison!.grid.forEach(({ threshold }, k) =>
    assert.ok(Math.abs(threshold - reversed.recalibration.calibration.comparison!.grid[k]!.threshold) < 1e-4)
  )
})

test('too few people under a model, and what is no template, are refused', async () => {
  const few = own(rowsOf(100, 119))
  await assert.rejects(
    calibrated(few),
    (error: Problem) =>
      error.code === 'pairs-insufficient' &&
      /at least 20 people under the source of the map, received 19/.test(error.detail)
  )
  const half = { ...own(rowsOf(100, 130)), target: few.target }
  await assert.rejects(calibrated(half), /under the target of the map, received 19/)
  const broken = own(rowsOf(100, 130))
  broken.source.templates.data[30] = NaN
  await assert.rejects(
    calibrated(broken),
    (error: Problem) => error.code === 'template-invalid' && error.detail.includes('p0100/1')
  )
})
