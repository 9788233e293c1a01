import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { Value } from 'typebox/value'
import { createRandom } from '../../../src/science/linear-algebra/random.js'
import { randomRotation } from '../../../src/science/cards/baselines.js'
import { Card } from '../../../src/science/cards/card.js'
import { fitMap } from '../../../src/science/fitting/fit-map.js'
import { createEngineProducts } from '../../../src/engines/onnx/products.js'
import { gaussianTemplates, largestDifference, reordered, syntheticPairs } from '../../support/synthetic-pairs.js'

const engine = createEngineProducts({ threads: 1 })
after(() => engine.release())

const world = { identities: 120, imagesEach: 4, dSource: 24, dTarget: 16, spread: 0.4 }
const fitted = fitMap(syntheticPairs(world), { heldOutFraction: 0.3 }, engine)

const row = (card: Card, name: string) => card.baselines!.rows.find(baseline => baseline.name === name)!
const tmr = (card: Card, name: string, fmr = 1e-2) =>
  row(card, name).metrics!.operatingPoints.find(point => point.fmr === fmr)!.tmr!

test('every baseline stands beside the map, on the same comparisons', async () => {
  const { card } = await fitted
  assert.deepEqual([...Value.Errors(Card, card)], [])
  assert.equal(card.schemaVersion, 2)
  assert.deepEqual(card.baselines!.rows.map(({ name, reason }) => [name, reason]), [
    ['map', null],
    ['sourceAlone', null],
    ['targetAlone', null],
    ['sourceAboutMean', null],
    ['targetAboutMean', null],
    ['unaligned', null],
    ['randomRotation', null],
    ['paperProcrustes', null],
    ['paperLinear', null],
    ['paperRidge', null]
  ])
  assert.equal(card.baselines!.pairs, card.split.heldOut.pairs)
  const { det, scores, identification, ...metrics } = card.evaluation.crossModel
  assert.ok(det!.length > 5 && scores !== null && identification !== undefined)
  assert.deepEqual(row(card, 'map').metrics, metrics)
  for (const name of ['unaligned', 'randomRotation']) assert.ok(tmr(card, name) < 0.2, `${name}: ${tmr(card, name)}`)
  assert.ok(tmr(card, 'map') > 0.7)
  // The world is linear and has no means worth speaking of: the paper's regressions do as well.
  for (const name of ['paperLinear', 'paperRidge']) {
    assert.ok(Math.abs(tmr(card, name) - tmr(card, 'map')) < 0.1, `${name}: ${tmr(card, name)}`)
  }
})

test('the learning curve grows to the map itself, over nested subsets', async () => {
  const { card } = await fitted
  const { fmr, points, heldOutPairs } = card.learningCurve!
  assert.equal(heldOutPairs, card.split.heldOut.pairs)
  assert.deepEqual(points.map(({ identities }) => identities), [3, 5, 11, 21, 42, 84])
  assert.deepEqual(points.map(({ pairs }) => pairs), [12, 20, 44, 84, 168, 336])
  const last = points.at(-1)!
  assert.deepEqual([last.pairs, last.identities], [card.split.training.pairs, card.split.training.identities])
  assert.equal(last.tmr, card.evaluation.crossModel.operatingPoints.find(point => point.fmr === fmr)!.tmr)
  assert.equal(last.fidelity, card.fidelity)
  assert.ok(last.tmr! > points[0]!.tmr! && last.fidelity! > points[0]!.fidelity!)
})

test('a method that needs more pairs than dimensions has no map of the small subsets', async () => {
  const { card } = await fitMap(syntheticPairs(world), { method: 'linear' }, engine)
  for (const { pairs, tmr, fidelity, reason } of card.learningCurve!.points) {
    assert.deepEqual(
      [tmr === null, fidelity === null, reason !== null],
      [pairs <= 24, pairs <= 24, pairs <= 24],
      `${pairs} pairs`
    )
  }
})

test('a rank higher than the small subsets have pairs does not stop the curve', async () => {
  const { card } = await fitMap(syntheticPairs(world), { method: 'low-rank-ridge', rank: 15, lambda: 0.01 }, engine)
  assert.equal(card.learningCurve!.points[0]!.pairs, 12)
  assert.ok(card.learningCurve!.points.every(({ tmr }) => tmr !== null))
})

test("a paper's map that the pairs do not determine is missing, with the reason", async () => {
  const { card } = await fitMap(
    syntheticPairs({ identities: 20, imagesEach: 3, dSource: 64, dTarget: 48 }),
    { method: 'ridge', lambda: 0.1, heldOutFraction: 0.3 },
    engine
  )
  assert.equal(row(card, 'paperLinear').metrics, null)
  assert.match(row(card, 'paperLinear').reason!, /do not determine this map: expected source templates/)
  assert.equal(row(card, 'paperProcrustes').metrics, null)
  assert.notEqual(row(card, 'paperRidge').metrics, null)
  assert.deepEqual([...Value.Errors(Card, card)], [])
})

test('copies of one image do not stop a fit, whichever subset they fall into', async () => {
  const pairs = syntheticPairs({ ...world, identities: 40 })
  for (const side of [pairs.source, pairs.target]) {
    for (let i = 1; i < side.rows; i++) {
      if (i % 4 !== 0) side.data.copyWithin(i * side.cols, (i - i % 4) * side.cols, (i - i % 4 + 1) * side.cols)
    }
  }
  for (const method of ['procrustes', 'ridge', 'low-rank-ridge'] as const) {
    const { card } = await fitMap(pairs, { method }, engine)
    assert.deepEqual([...Value.Errors(Card, card)], [])
  }
})

test('a good map is usable, a map between unrelated templates is unfit, and without mates nothing is known', async () => {
  const good = (await fitMap(syntheticPairs({ ...world, spread: 0.1 }), {}, engine)).card.verdict!
  assert.equal(good.verdict, 'usable', good.reasons.join())
  const unrelated = { ...syntheticPairs(world), target: syntheticPairs({ ...world, seed: 77 }).target }
  assert.equal((await fitMap(unrelated, {}, engine)).card.verdict!.verdict, 'unfit')
  const { card } = await fitMap(syntheticPairs({ ...world, imagesEach: 1, labelled: false }), {}, engine)
  assert.deepEqual([card.verdict!.verdict, card.verdict!.fmr, card.learningCurve!.fmr], ['unfit', null, null])
  assert.deepEqual([...Value.Errors(Card, card)], [])
})

test('figures are broken down by group, at one threshold, in any order of the rows', async () => {
  const pairs = syntheticPairs({ ...world, identities: 200 })
  // The last two images of every second person are blurred on the source side: noise of their own.
  const groups = pairs.samples.map((_, row) => (row >> 2) % 2 === 0 ? 'indoors' : row % 4 === 3 ? null : 'outdoors')
  const noise = gaussianTemplates(pairs.samples.length, 24, 9)
  pairs.source.data.forEach((value, k) => {
    if ((Math.floor(k / 24) >> 2) % 2 === 1) pairs.source.data[k] = value + 6 * noise.data[k]!
  })
  const { card } = await fitMap({ ...pairs, groups }, { heldOutFraction: 0.3 }, engine)
  assert.deepEqual([...Value.Errors(Card, card)], [])
  const { fmr, threshold, rows, unlabelled, unlisted } = card.groups!
  assert.equal(threshold, card.evaluation.crossModel.operatingPoints.find(point => point.fmr === fmr)!.threshold)
  const [indoors, outdoors] = ['indoors', 'outdoors'].map(name => rows.find(({ group }) => group === name)!)
  assert.deepEqual([rows.length, unlisted], [2, 0])
  assert.equal(unlabelled + indoors!.pairs + outdoors!.pairs, card.split.heldOut.pairs)
  // Four images of a person make twelve comparisons; four of p persons make 4p (4p - 4) non-mated ones.
  assert.equal(indoors!.nonMatedComparisons, indoors!.pairs * (indoors!.pairs - 4))
  assert.equal(outdoors!.pairs, 3 * outdoors!.matedIdentities)
  assert.ok(indoors!.tmr! > outdoors!.tmr!)
  assert.ok(card.warnings.some(warning => warning.startsWith('group "outdoors": TMR')), card.warnings.join())

  const order = createRandom(5).shuffle(pairs.samples.map((_, row) => row))
  assert.deepEqual((await fitMap(reordered({ ...pairs, groups }, order), { heldOutFraction: 0.3 }, engine)).card, card)
  assert.equal((await fitted).card.groups, null)
})

test('groups that together are everybody, each alone, are what the whole is', async () => {
  const pairs = syntheticPairs({ ...world, identities: 60 })
  const { card } = await fitMap({ ...pairs, groups: pairs.samples.map(() => 'all') }, { method: 'linear' }, engine)
  const point = card.evaluation.crossModel.operatingPoints.find(({ fmr }) => fmr === card.groups!.fmr)!
  const [all] = card.groups!.rows
  assert.deepEqual([all!.tmr, all!.interval, all!.nonMatedComparisons], [
    point.tmr,
    point.interval,
    card.evaluation.crossModel.nonMatedComparisons
  ])
  assert.ok(all!.fmr! <= card.groups!.fmr!)
})

test('a card of version 1 fits the schema', async () => {
  const { card: { verdict, baselines, learningCurve, groups, ...old } } = await fitted
  const evaluation = Object.fromEntries(
    Object.entries(old.evaluation).map(([name, { det, scores, identification, ...metrics }]) => [name, metrics])
  )
  assert.ok([verdict, baselines, learningCurve, groups].every(member => member !== undefined))
  assert.deepEqual([...Value.Errors(Card, { ...old, schemaVersion: 1, evaluation })], [])
})

for (const [rows, cols] of [[16, 16], [24, 10], [10, 24]] as const) {
  test(`a random rotation of ${rows} x ${cols} is semi-orthogonal and belongs to its seed`, async () => {
    const R = await randomRotation(rows, cols, 5, engine)
    const gram = await engine.multiply(R, R, rows < cols ? { transposeB: true } : { transposeA: true })
    const identity = gram.data.map((_, k) => Number(k % (gram.cols + 1) === 0))
    assert.ok(largestDifference(gram, { ...gram, data: identity }) < 1e-9)
    assert.deepEqual(await randomRotation(rows, cols, 5, engine), R)
    assert.notDeepEqual(await randomRotation(rows, cols, 6, engine), R)
  })
}
