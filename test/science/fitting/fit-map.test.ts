import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { monitorEventLoopDelay, performance } from 'node:perf_hooks'
import { Value } from 'typebox/value'
import { prepare, translate } from '../../../src/science/alignment/apply.js'
import { createRandom } from '../../../src/science/linear-algebra/random.js'
import { referenceProducts } from '../../../src/science/linear-algebra/reference-products.js'
import { Card } from '../../../src/science/cards/card.js'
import { thresholdAt } from '../../../src/science/scores/calibration.js'
import { Problem } from '../../../src/errors.js'
import { fitMap } from '../../../src/science/fitting/fit-map.js'
import { createFitter, type FitProgress, type PairedTemplates } from '../../../src/features/maps/fitting/fitter.js'
import { createTranslator } from '../../../src/features/translations/translator/translator.js'
import { createEngineProducts } from '../../../src/engines/onnx/products.js'
import { gaussianTemplates, largestDifference, reordered, syntheticPairs } from '../../support/synthetic-pairs.js'
import { sharedPairs, templatesMissing } from '../../support/shared-templates.js'

const engine = createEngineProducts({ threads: 1 })
const stages: string[] = []
const fitter = createFitter({ threads: 1, log: ({ stage }) => stages.push(stage) })
const translator = createTranslator({ threads: 1 })
after(() => Promise.all([engine.release(), fitter.close(), translator.close()]))

const world = { identities: 100, imagesEach: 4, dSource: 24, dTarget: 16, spread: 0.4 }

test('a person under two labels is told, and costs no threshold', async () => {
  const pairs = syntheticPairs({ ...world, imagesEach: 6, identities: 60 })
  const relabelled = pairs.identities.map((label, row) => row % 6 < 3 ? label : `${label} again`)
  const { card } = await fitMap(pairs, { heldOutFraction: 0.3 }, engine)
  const { card: doubted } = await fitMap({ ...pairs, identities: relabelled }, { heldOutFraction: 0.3 }, engine)
  assert.ok(!card.warnings.some(warning => warning.includes('labelled as')))
  const warning = doubted.warnings.find(text => text.includes('labelled as'))
  assert.match(warning!, /^\d+ of \d+ held-out images look to both models like another person/)
  assert.ok(doubted.calibration.crossModel.nonMatedComparisons < card.calibration.crossModel.nonMatedComparisons)
  assert.ok(
    thresholdAt(
      doubted.calibration.crossModel,
      1e-3
    ).threshold! < 1.2 * thresholdAt(card.calibration.crossModel, 1e-3).threshold!
  )
})

test('a worker fits a map that beats the unaligned baseline, with a card that fits its schema', async () => {
  const { map, card } = await fitter.fit(syntheticPairs(world), { heldOutFraction: 0.3 })
  assert.deepEqual([map.weights.rows, map.weights.cols, map.meanSource.length, map.meanTarget.length], [24, 16, 24, 16])
  assert.deepEqual([...Value.Errors(Card, card)], [])
  // What is stored as JSON is what was computed: no NaN, no undefined, no infinity.
  assert.deepEqual(JSON.parse(JSON.stringify(card)), card)
  const tmr = (side: 'crossModel' | 'unaligned') => card.evaluation[side].operatingPoints[1]!.tmr!
  assert.ok(tmr('crossModel') > 0.8, `TMR ${tmr('crossModel')}`)
  assert.ok(tmr('unaligned') < 0.2, `TMR ${tmr('unaligned')}`)
  assert.ok(card.fidelity > 0.9)
  assert.equal(card.split.training.identities + card.split.heldOut.identities, 100)
  assert.equal(card.split.heldOut.identities, 30)
  assert.equal(card.calibration.crossModel.nonMatedComparisons, 120 * 116)
  assert.ok(thresholdAt(card.calibration.crossModel, 1e-2).threshold! > 0)
})

test('a fit chooses where to compare, on training identities, and calibrates it on the others', async () => {
  const { card, comparison } = await fitMap(syntheticPairs(world), { heldOutFraction: 0.3 }, engine)
  const { selection, evaluation, calibration, dimension, kind } = card.comparison!
  assert.ok(selection.candidates.some(candidate => candidate.kind === kind) && selection.reason.length > 0)
  assert.equal(comparison!.source.bias.length, dimension)
  assert.equal(calibration.nonMatedComparisons, 120 * 116)
  assert.ok(calibration.grid.every(({ interval }) => interval!.lower <= interval!.upper))
  assert.ok(evaluation.operatingPoints[1]!.tmr! > 0.8)
  // Nobody has two images: there is nothing to choose by, and the target space is the place.
  const single = await fitMap(syntheticPairs({ ...world, imagesEach: 1 }), { method: 'procrustes' }, engine)
  assert.deepEqual([single.comparison, single.card.comparison], [undefined, undefined])
})

test('the same pairs and seed give the same map and card, in any order of the rows', async () => {
  const pairs = syntheticPairs(world)
  const first = await fitMap(pairs, {}, engine)
  const order = createRandom(5).shuffle(pairs.samples.map((_, row) => row))
  assert.deepEqual(await fitMap(reordered(pairs, order), {}, engine), first)
  assert.notDeepEqual((await fitMap(pairs, { seed: 43 }, engine)).card.split.training, undefined)
  assert.notDeepEqual((await fitMap(pairs, { seed: 43 }, engine)).map, first.map)
})

test('the engine and the plain loops give the same map', async () => {
  const pairs = syntheticPairs({ ...world, identities: 30 })
  for (const method of ['procrustes', 'linear', 'ridge'] as const) {
    const options = method === 'ridge' ? { method, lambda: 0.1 } : { method }
    const [a, b] = [await fitMap(pairs, options, engine), await fitMap(pairs, options, referenceProducts)]
    assert.equal(a.card.method, method)
    assert.ok(largestDifference(a.map.weights, b.map.weights) < 1e-5)
    assert.equal(a.card.selection.criterion, null)
  }
})

test('24 pairs of a small space are fitted by every method, and the card warns', async () => {
  for (const method of ['auto', 'procrustes', 'linear', 'ridge'] as const) {
    const { card } = await fitMap(
      syntheticPairs({ identities: 12, imagesEach: 2, dSource: 4, dTarget: 3 }),
      { method },
      engine
    )
    assert.deepEqual([...Value.Errors(Card, card)], [])
    assert.ok(card.warnings.some(warning => /true match rates rest on/.test(warning)))
    assert.ok(
      card.warnings.some(warning => /support no threshold for FMR 0.01 and below/.test(warning)),
      card.warnings.join('\n')
    )
  }
})

test('fewer pairs than dimensions are fitted, with a warning', async () => {
  const { map, card } = await fitMap(
    syntheticPairs({ identities: 20, imagesEach: 3, dSource: 64, dTarget: 48 }),
    { heldOutFraction: 0.3 },
    engine
  )
  assert.ok(map.weights.data.every(Number.isFinite))
  assert.ok(card.warnings.some(warning => /42 training pairs are no more than the larger dimension, 64/.test(warning)))
})

test('dimensions that never vary are fitted around, with a warning', async () => {
  const pairs = syntheticPairs(world)
  pairs.source.data.forEach((_, k) => {
    if (k % 24 === 3) pairs.source.data[k] = 0
  })
  for (const method of ['procrustes', 'linear', 'ridge'] as const) {
    const { map, card } = await fitMap(pairs, { method }, engine)
    assert.ok(map.weights.data.subarray(3 * 16, 4 * 16).every(weight => Math.abs(weight) < 1e-6))
    assert.ok(card.warnings.some(warning => /1 of 24 dimensions of the source never vary/.test(warning)))
  }
})

test('a card says that a target with a large mean has no steady threshold by the plain cosine', async () => {
  const pairs = syntheticPairs(world)
  const warned = async () =>
    (await fitMap(pairs, { method: 'procrustes' }, engine)).card.warnings.find(warning => /plain cosine/.test(warning))
  assert.equal(await warned(), undefined)
  const rows = pairs.target.data.length / 16
  const norm = Math.hypot(...pairs.target.data) / Math.sqrt(rows)
  for (let row = 0; row < rows; row++) pairs.target.data[row * 16]! += norm
  assert.match((await warned())!, /^the mean has \d\d % of the squared norm of the target's templates: /)
})

test('without labels there are thresholds and no match rates', async () => {
  const { card } = await fitMap(syntheticPairs({ ...world, imagesEach: 1, labelled: false }), {}, engine)
  assert.equal(card.evaluation.crossModel.eer, null)
  assert.ok(card.calibration.crossModel.grid.length > 20)
  assert.ok(card.warnings.some(warning => /true match rates are unknown/.test(warning)))
  assert.deepEqual(JSON.parse(JSON.stringify(card)), card)
})

test('problems arrive from the worker as what they are, with their extensions', async () => {
  const pairs = syntheticPairs(world)
  pairs.target.data.forEach((_, k) => {
    if (k % 16 === 7) pairs.target.data[k] = pairs.target.data[k - 1]!
  })
  await assert.rejects(fitter.fit(pairs, {}), (error: unknown) => {
    assert.ok(error instanceof Problem)
    assert.deepEqual([error.code, error.extensions], [
      'pairs-rank-deficient',
      { side: 'target', rank: 15, expected: 16 }
    ])
    return true
  })
  const few: PairedTemplates = syntheticPairs({ ...world, identities: 3 })
  await assert.rejects(fitter.fit(few, {}), { name: 'Problem', code: 'pairs-insufficient' })
  assert.ok(few.source.data.length > 0, 'refused before the arrays were handed over')
})

test('progress is reported, in order, to the end', async () => {
  const reports: FitProgress[] = []
  stages.length = 0
  await fitter.fit(syntheticPairs(world), {}, {
    onProgress (report) {
      reports.push(report)
      assert.equal(fitter.progress(), report)
    }
  })
  assert.ok(reports.length > 10)
  assert.equal(fitter.progress(), undefined)
  assert.deepEqual(stages, [...new Set(reports.map(({ stage }) => stage))])
  assert.deepEqual(
    reports.map(({ fraction }) => fraction),
    reports.map(({ fraction }) => fraction).sort((a, b) => a - b)
  )
  assert.deepEqual([...new Set(reports.map(({ stage }) => stage))], [
    'checking',
    'selecting',
    'evaluating',
    'assessing',
    'comparing'
  ])
})

test('a fit that is ended is unavailable to whoever waits for it, and those behind it go on in the same thread', async () => {
  const [running, waiting, staying] = [new AbortController(), new AbortController(), new AbortController()]
  let started = 0
  process.on('worker', () => started++)
  const stages: string[] = []
  const fits = [
    running,
    waiting,
    staying
  ].map(({ signal }, k) =>
    fitter.fit(syntheticPairs({ ...world, identities: k === 0 ? 800 : 100 }), {}, {
      signal,
      onProgress ({ stage }) {
        if (k === 0) stages.push(stage)
        running.abort()
      }
    })
  )
  waiting.abort()
  const stopped = { name: 'Problem', code: 'unavailable', detail: /stopped before it was done/ }
  await Promise.all(fits.slice(0, 2).map(ended => assert.rejects(ended, stopped)))
  assert.equal((await fits[2]!).card.pairs.pairs, (await fitter.fit(syntheticPairs(world), {})).card.pairs.pairs)
  assert.ok(!stages.includes('comparing'), 'expected the work to end, too')
  // One that is ended in the middle of a product takes the process with it.
  assert.equal(started, 0)
  const before = new AbortController()
  before.abort()
  await assert.rejects(fitter.fit(syntheticPairs(world), {}, { signal: before.signal }), stopped)
})

test('arrays that are part of a larger buffer are left to their owner', async () => {
  const pairs = syntheticPairs({ ...world, identities: 20 })
  const whole = new Float32Array(pairs.source.data.length + 10)
  whole.set(pairs.source.data, 10)
  await fitter.fit({ ...pairs, source: { ...pairs.source, data: whole.subarray(10) } }, { method: 'procrustes' })
  assert.equal(whole.length, pairs.samples.length * 24 + 10)
})

test('a translator gives the same rows however many there are', async () => {
  const { map } = await fitMap(syntheticPairs(world), { method: 'linear' }, engine)
  const templates = gaussianTemplates(200, 24, 6)
  const expected = await translate(prepare(map), templates, referenceProducts)
  for (const rows of [0, 1, 64, 65, 200]) {
    const translated = await translator.translate(map, { rows, cols: 24, data: templates.data.subarray(0, rows * 24) })
    assert.ok(
      largestDifference(translated, { rows, cols: 16, data: expected.data.subarray(0, rows * 16) }) < 1e-6,
      `${rows} rows`
    )
  }
  assert.equal(templates.data.length, 200 * 24)
  await assert.rejects(translator.translate(map, gaussianTemplates(2, 23, 1)), RangeError)
})

test('a translator gives the same rows at the size of real templates', async () => {
  const map = {
    weights: gaussianTemplates(512, 128, 7),
    meanSource: new Float32Array(512).fill(0.01),
    meanTarget: new Float32Array(128).fill(0.02)
  }
  const templates = gaussianTemplates(130, 512, 8)
  const expected = await translate(prepare(map), templates, referenceProducts)
  for (const rows of [1, 2, 64, 130]) {
    const translated = await translator.translate(map, {
      rows,
      cols: 512,
      data: templates.data.subarray(0, rows * 512)
    })
    assert.ok(
      largestDifference(translated, { rows, cols: 128, data: expected.data.subarray(0, rows * 128) }) < 1e-5,
      `${rows} rows`
    )
  }
})

test('the calling thread stays free during a fit of real templates', async t => {
  if (templatesMissing !== undefined) return t.skip(templatesMissing)
  // The first people, whose images are next to one another: a fit that takes seconds.
  const all = sharedPairs('lfw', 'r512', 'mbf128')
  const pairs = reordered(all, Array.from({ length: 2000 }, (_, row) => row))
  const delay = monitorEventLoopDelay({ resolution: 5 })
  delay.enable()
  const before = performance.eventLoopUtilization()
  const { card } = await fitter.fit(pairs, { method: 'ridge', lambda: 0.01 })
  delay.disable()
  const { utilization } = performance.eventLoopUtilization(before)
  t.diagnostic(
    `calling thread busy for ${utilization.toFixed(2)} of the time, longest delay ${(delay.max / 1e6).toFixed(0)} ms`
  )
  // The delay is that of the machine too; on the calling thread the fit would keep it busy throughout.
  assert.ok(utilization < 0.5, `busy for ${utilization} of the time`)
  assert.ok(card.evaluation.crossModel.operatingPoints[2]!.tmr! > 0.96)
})
