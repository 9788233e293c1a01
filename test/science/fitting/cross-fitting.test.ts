import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { prepare, translate } from '../../../src/science/alignment/apply.js'
import { shortShare } from '../../../src/science/alignment/comparison-space.js'
import { meanCosine } from '../../../src/science/alignment/criterion.js'
import { gatherMutualFolds } from '../../../src/science/alignment/folds.js'
import { completeOptions, type PairedTemplates } from '../../../src/science/alignment/pairs.js'
import { ridge } from '../../../src/science/alignment/ridge.js'
import { trainingMoments } from '../../../src/science/alignment/selection.js'
import type { PairStatistics } from '../../../src/science/alignment/statistics.js'
import { fitMap, mapOf } from '../../../src/science/fitting/fit-map.js'
import { preparePairs } from '../../../src/science/fitting/prepare-pairs.js'
import { trialsOf } from '../../../src/science/fitting/trials.js'
import { rowRange, toSingle } from '../../../src/science/linear-algebra/matrix.js'
import { normaliseRows } from '../../../src/science/linear-algebra/normalise.js'
import { mean } from '../../../src/science/linear-algebra/sums.js'
import { calibrateSpace } from '../../../src/science/scores/calibration.js'
import { compare, compareParts } from '../../../src/science/scores/comparisons.js'
import { fractionAtOrAbove } from '../../../src/science/scores/histogram.js'
import { measure, trueMatchRates } from '../../../src/science/scores/metrics.js'
import { createEngineProducts } from '../../../src/engines/onnx/products.js'
import { largestDifference, syntheticPairs, type SyntheticOptions } from '../../support/synthetic-pairs.js'

const engine = createEngineProducts({ threads: 1 })
after(() => engine.release())

/** Pairs to fit on, and pairs of other people of the same world. */
function fittedAndOthers (options: SyntheticOptions, others: number): [PairedTemplates, PairedTemplates] {
  const all = syntheticPairs({ ...options, identities: options.identities + others })
  const border = options.identities * options.imagesEach
  const part = (from: number, to: number): PairedTemplates => ({
    ...all,
    samples: all.samples.slice(from, to),
    identities: all.identities.slice(from, to),
    source: rowRange(all.source, from, to),
    target: rowRange(all.target, from, to)
  })
  return [part(0, border), part(border, all.samples.length)]
}

const world = { identities: 60, imagesEach: 4, dSource: 24, dTarget: 16, spread: 0.4 }

test('few people of many dimensions: the templates of others are no shorter than the floor says', async () => {
  // Every dimension counts as much as any other, and there are fewer templates than dimensions.
  const [pairs, others] = fittedAndOthers(
    { identities: 30, imagesEach: 3, dSource: 160, dTarget: 160, spread: 0.3 },
    60
  )
  for (const options of [{}, { heldOutFraction: 0.3 }]) {
    const { comparison } = await fitMap(pairs, { method: 'ridge', lambda: 0.1, ...options }, engine)
    const short = { source: 0, target: 0 }
    for (const name of ['source', 'target'] as const) {
      const { floor, ...side } = comparison![name]
      if (floor === undefined || side.weights === null) continue
      const projected = await engine.multiply(normaliseRows(others[name]), side.weights)
      for (let row = 0; row < projected.rows; row++) {
        const length = Math.hypot(
          ...side.bias.map((bias, j) => projected.data[row * projected.cols + j]! + bias - floor.centre[j]!)
        )
        if (length < shortShare * floor.length) short[name]++
      }
    }
    assert.ok(short.source + short.target <= 4, `${JSON.stringify(options)}: ${JSON.stringify(short)} of 180 each`)
  }
})

test('without a share to hold out everybody fits the map, and is scored by maps of the others', async () => {
  const pairs = syntheticPairs(world)
  const { map, card } = await fitMap(pairs, { method: 'ridge', lambda: 0.1 }, engine)
  const all = { pairs: 240, identities: 60 }
  assert.deepEqual(card.split, {
    method: 'cross-fitting',
    folds: 5,
    heldOutFraction: 0.2,
    training: all,
    heldOut: all
  })
  const { training } = await preparePairs(pairs, completeOptions({}), engine)
  const weights = await ridge(await trainingMoments(training, engine), 0.1, engine)
  assert.ok(largestDifference(map.weights, toSingle(weights)) < 1e-5)
  // Twelve people a fold, four images each: 48 rows against those of eleven others.
  const { crossModel, sourceAlone } = card.evaluation
  assert.equal(crossModel.nonMatedComparisons, 5 * 48 * 44)
  assert.equal(crossModel.matedComparisons, 240 * 3)
  assert.equal(crossModel.matedIdentities, 60)
  assert.equal(sourceAlone.nonMatedComparisons, 5 * 48 * 44 / 2)
  assert.equal(crossModel.identification!.otherImages.gallery, 47)
  assert.equal(crossModel.identification!.otherImages.probes, 240)
  assert.deepEqual(
    [card.calibration.crossModel.nonMatedComparisons, card.calibration.crossModel.identities],
    [5 * 48 * 44, 60]
  )
  assert.equal(card.comparison!.calibration.nonMatedComparisons, 5 * 48 * 44)
  assert.equal(card.baselines!.pairs, 240)
  assert.equal(card.learningCurve!.heldOutPairs, 48)
  assert.equal(card.learningCurve!.points.at(-1)!.identities, 48)
})

test('figures are those of people whom the maps have not seen, however well they fit the seen', async () => {
  // Hardly more pairs than dimensions, and hardly a penalty: what is seen is fitted to the last digit.
  const [pairs, others] = fittedAndOthers({ ...world, identities: 16, dSource: 48, dTarget: 32 }, 100)
  const { map, card } = await fitMap(pairs, { method: 'ridge', lambda: 1e-6 }, engine)
  const fidelity = async ({ source, target }: PairedTemplates) =>
    meanCosine(await translate(prepare(map), source, engine), normaliseRows(target))
  assert.ok(await fidelity(pairs) > 0.99, `${await fidelity(pairs)}`)
  assert.ok(await fidelity(others) < 0.9, `${await fidelity(others)}`)
  assert.ok(card.fidelity < 0.9 && card.fidelity < await fidelity(others), `${card.fidelity}`)
})

/**
 * The intervals of a cross-fitted card come from a bootstrap over identities, which takes the five maps as given. There
 * is no unbiased estimator of the variance of a cross-validated figure, since the maps share training data (Bengio and
 * Grandvalet, JMLR 5, 2004). So the coverage is counted, on worlds of their own, with hundreds of other people as the
 * truth: of the map that is fitted on everybody, at the thresholds of its card.
 */
test('the intervals hold the rates of the map of everybody among other people', { timeout: 300_000 }, async t => {
  const worlds = 60
  const rates = [1e-1, 1e-2]
  const held = rates.map(() => ({ fmr: 0, tmr: 0, ratio: 0 }))
  for (let seed = 0; seed < worlds; seed++) {
    const [pairs, others] = fittedAndOthers({ ...world, dSource: 12, dTarget: 12, spread: 0.5, seed: 1000 + seed }, 200)
    const prepared = await preparePairs(pairs, completeOptions({ seed }), engine)
    const folds = await gatherMutualFolds(prepared.training, seed, engine)
    const make = (statistics: PairStatistics) => mapOf({ method: 'ridge', lambda: 0.1 }, statistics, engine)
    const map = await make(folds.total)
    const sides = []
    for (const trial of await trialsOf(prepared, folds, map, make)) {
      const { source, target, identity } = trial.heldOut
      sides.push({ probes: await translate(prepare(trial.map), source, engine), references: target, identity })
    }
    const comparisons = await compareParts(sides, engine)
    const { grid } = await calibrateSpace(comparisons, sides, seed, engine)
    const { operatingPoints } = measure(comparisons, seed, false)
    const truth = await compare(
      await translate(prepare(map), others.source, engine),
      normaliseRows(others.target),
      Int32Array.from(others.samples, (_, row) => row >> 2),
      engine
    )
    rates.forEach((rate, k) => {
      const { threshold, interval } = grid.find(({ fmr }) => fmr === rate)!
      const point = operatingPoints.find(({ fmr }) => fmr === rate)!
      const fmr = fractionAtOrAbove(truth.nonMated, threshold)
      const tmr = mean(trueMatchRates(truth, [point.threshold!]).perIdentity[0]!)
      held[k]!.fmr += Number(interval!.lower <= fmr && fmr <= interval!.upper) / worlds
      held[k]!.tmr += Number(point.interval!.lower <= tmr && tmr <= point.interval!.upper) / worlds
      held[k]!.ratio += fmr / rate / worlds
    })
  }
  rates.forEach((rate, k) => {
    const { fmr, tmr, ratio } = held[k]!
    t.diagnostic(
      `FMR ${rate}: intervals held the FMR in ${(100 * fmr).toFixed(0)} % of ${worlds} worlds and the TMR in ` +
        `${(100 * tmr).toFixed(0)} %, and the FMR was ${ratio.toFixed(2)} times what was asked for on average`
    )
    assert.ok(fmr >= 0.88 && tmr >= 0.82, `${rate}: ${fmr}, ${tmr}`)
    assert.ok(ratio > 0.8 && ratio < 1.3, `${ratio}`)
  })
})
