import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { createEngineProducts } from '../../../src/engines/onnx/products.js'
import { comparisonCandidates } from '../../../src/science/alignment/comparison-candidates.js'
import { nativeSide } from '../../../src/science/alignment/comparison-space.js'
import { findCombination, type EnsembleCard } from '../../../src/science/cards/ensemble-card.js'
import { fitEnsemble, type EnsembleData } from '../../../src/science/fitting/fit-ensemble.js'
import type { TemplateMatrix } from '../../../src/science/linear-algebra/matrix.js'
import { syntheticPairs } from '../../support/synthetic-pairs.js'

const products = createEngineProducts({ threads: 1 })
after(() => products.release())

/** Two models that see different things of the same people, and neither much. */
function dataOf (models: number, spread = 0.7): EnsembleData {
  const pairs = syntheticPairs({ identities: 60, imagesEach: 4, dSource: 16, dTarget: 16, spread })
  const third = syntheticPairs({ identities: 60, imagesEach: 4, dSource: 16, dTarget: 10, spread }).target
  const templates = [pairs.source, pairs.target, third].slice(0, models)
  return {
    models: ['a', 'b', 'c'].slice(0, models),
    samples: pairs.samples,
    identities: pairs.identities,
    templates,
    hash: 'synthetic',
    spaces: templates.flatMap((_, target) =>
      templates.slice(0, target).map((_, source) => ({
        source,
        target,
        map: `${source} ${target}`,
        space: { source: nativeSide(1), target: nativeSide(1), normalisation: null },
        refit: comparisonCandidates[0]!
      }))
    )
  }
}

describe('an ensemble of two models', () => {
  let card: EnsembleCard
  before(async () => {
    card = await fitEnsemble(dataOf(2), { seed: 1 }, products)
  })

  test('has every choice of templates, and finds either direction of each', () => {
    assert.deepEqual(
      card.combinations.map(({ probe, reference }) => `${probe.join('')}>${reference.join('')}`),
      ['ab>a', 'ab>b', 'ab>ab']
    )
    const [straight, back] = [findCombination(card, ['b', 'a'], ['a']), findCombination(card, ['a'], ['a', 'b'])]
    assert.equal(straight!.combination, back!.combination)
    assert.equal(straight!.weight('b', 'a'), back!.weight('a', 'b'))
    assert.equal(findCombination(card, ['a'], ['b']), undefined)
    assert.equal(findCombination(card, ['a', 'c'], ['b']), undefined)
  })

  test('finds more mates than its best part, and never fewer', () => {
    for (const { best: { gain } } of card.combinations) assert.ok(gain.tmr >= 0)
    assert.ok(card.combinations.some(({ best: { gain } }) => gain.lower > 0))
  })

  test('has weights of sum 1', () => {
    for (const { parts } of card.combinations) {
      assert.ok(parts.every(({ weight }) => weight >= 0))
      assert.ok(Math.abs(parts.reduce((sum, { weight }) => sum + weight, 0) - 1) < 1e-9)
    }
  })

  test('counts a comparison of the same models on both sides once', () => {
    const [one, , both] = card.combinations
    assert.equal(one!.calibration.nonMatedComparisons, 2 * both!.calibration.nonMatedComparisons)
    assert.equal(one!.evaluation.matedComparisons, 2 * both!.evaluation.matedComparisons)
  })

  test('is the same from the same data', async () => {
    assert.deepEqual(await fitEnsemble(dataOf(2), { seed: 1 }, products), card)
  })

  test('scores are calibrated on people that fitted neither spaces nor weights', () => {
    for (const { calibration, evaluation } of card.combinations) {
      assert.ok(calibration.likelihoodRatio!.cllr < 0.6)
      assert.ok(evaluation.operatingPoints[1]!.tmr! < 1)
      assert.ok(calibration.grid.every(({ interval, fmr }) => interval!.lower <= fmr))
    }
  })
})

test('an ensemble of three models has all 22 combinations', async () => {
  const { combinations } = await fitEnsemble(dataOf(3), { seed: 1 }, products)
  assert.equal(combinations.length, 22)
  assert.equal(combinations.at(-1)!.parts.length, 9)
})

test('too few people, people with one image and unusable templates are refused', async () => {
  const data = dataOf(2)
  const take = (rows: readonly number[]): EnsembleData => ({
    ...data,
    samples: rows.map(row => data.samples[row]!),
    identities: rows.map(row => data.identities[row]!),
    templates: data.templates.map(({ cols, data: all }): TemplateMatrix => ({
      rows: rows.length,
      cols,
      data: Float32Array.from(rows.flatMap(row => [...all.subarray(row * cols, (row + 1) * cols)]))
    }))
  })
  const fit = async (given: EnsembleData) => await fitEnsemble(given, { seed: 1 }, products)
  await assert.rejects(fit(take([0, 1, 2, 3])), { code: 'pairs-insufficient', detail: /at least 20 samples/ })
  await assert.rejects(fit(take(Array.from({ length: 60 }, (_, person) => 4 * person))), {
    code: 'pairs-insufficient',
    detail: /10 identities with two such samples, received 0/
  })
  data.templates[1]!.data.fill(0, 16, 32)
  await assert.rejects(fit(data), { code: 'template-invalid', detail: /model "b" of sample "p0000\/1"/ })
})
