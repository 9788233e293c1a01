import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { normaliseRows } from '../../../src/science/linear-algebra/normalise.js'
import type { TemplateMatrix } from '../../../src/science/linear-algebra/matrix.js'
import { createRandom } from '../../../src/science/linear-algebra/random.js'
import { bootstrapMeans } from '../../../src/science/scores/bootstrap.js'
import { compare } from '../../../src/science/scores/comparisons.js'
import { measure } from '../../../src/science/scores/metrics.js'
import { createEngineProducts } from '../../../src/engines/onnx/products.js'
import { gaussianTemplates, syntheticPairs } from '../../support/synthetic-pairs.js'

const engine = createEngineProducts({ threads: 1 })
after(() => engine.release())

const pairs = syntheticPairs({ identities: 25, imagesEach: 4, dSource: 12, dTarget: 12, spread: 0.8 })
const probes = normaliseRows(pairs.source)
const references = normaliseRows(gaussianTemplates(100, 12, 5))
const identity = Int32Array.from(pairs.identities, label => Number(label!.slice(1)))

const cosine = (a: TemplateMatrix, i: number, b: TemplateMatrix, j: number) =>
  Array.from(
    { length: a.cols },
    (_, k) => a.data[i * a.cols + k]! * b.data[j * b.cols + k]!
  ).reduce((sum, value) => sum + value, 0)

/** Everything by its definition, one comparison at a time. */
function byDefinition (left: TemplateMatrix, right: TemplateMatrix, within: boolean) {
  const nonMated: number[] = []
  const mated = new Map<number, number[]>()
  const rank1 = new Map<number, number[]>()
  let sameImage = 0
  for (let i = 0; i < left.rows; i++) {
    const others: { score: number, mated: boolean, own: boolean }[] = []
    for (let j = 0; j < right.rows; j++) {
      const score = Math.fround(cosine(left, i, right, j))
      others.push({ score, mated: identity[i] === identity[j], own: i === j })
      if (within && j <= i) continue
      if (identity[i] !== identity[j]) nonMated.push(score)
      else if (i !== j) mated.set(identity[i]!, [...mated.get(identity[i]!) ?? [], score])
    }
    const best = (list: typeof others) => list.reduce((top, other) => other.score > top.score ? other : top)
    rank1.set(identity[i]!, [...rank1.get(identity[i]!) ?? [], Number(best(others.filter(other => !other.own)).mated)])
    sameImage += Number(best(others).mated)
  }
  const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length
  return {
    nonMated: nonMated.sort((a, b) => b - a),
    mated,
    rank1: mean([...rank1.values()].map(mean)),
    rank1SameImage: sameImage / left.rows
  }
}

for (const within of [false, true]) {
  test(`${within ? 'within one space' : 'between two spaces'}: metrics are what their definitions say`, async () => {
    const expected = byDefinition(probes, within ? probes : references, within)
    const metrics = measure(await compare(probes, within ? undefined : references, identity, engine), 1, within)
    assert.equal(metrics.nonMatedComparisons, within ? 100 * 96 / 2 : 100 * 96)
    assert.equal(metrics.matedComparisons, within ? 100 * 3 / 2 : 100 * 3)
    assert.equal(metrics.matedIdentities, 25)
    for (const point of metrics.operatingPoints) {
      if (point.fmr * metrics.nonMatedComparisons < 3) {
        assert.deepEqual({ ...point, fmr: 0 }, {
          fmr: 0,
          support: 'unsupported',
          threshold: null,
          tmr: null,
          interval: null,
          fnmr: null,
          tmrPooled: null
        })
        continue
      }
      // The first score that must not pass, and with it the lowest threshold.
      const limit = expected.nonMated[Math.floor(point.fmr * expected.nonMated.length)]!
      assert.ok(point.threshold! > limit && point.threshold! < limit + 1e-5)
      const rates = [...expected.mated.values()].map(
        scores => scores.filter(score => score >= point.threshold!).length / scores.length
      )
      const tmr = rates.reduce((sum, rate) => sum + rate, 0) / rates.length
      assert.ok(Math.abs(point.tmr! - tmr) < 1e-9)
      assert.ok(Math.abs(point.fnmr! - (1 - tmr)) < 1e-9)
      assert.ok(point.interval!.lower <= point.tmr! && point.tmr! <= point.interval!.upper)
    }
    assert.ok(Math.abs(metrics.rank1! - expected.rank1) < 1e-9)
    if (within) assert.equal(metrics.rank1SameImage, null)
    else assert.ok(Math.abs(metrics.rank1SameImage! - expected.rank1SameImage) < 1e-9)
  })
}

test('identities weigh the same, however many images they have', async () => {
  // Identity 0 has 20 images all alike; identities 1 to 10 have two images each, at right angles.
  const rows: number[][] = []
  const who: number[] = []
  const axis = (k: number) => Array.from({ length: 32 }, (_, j) => Number(j === k))
  for (let i = 0; i < 20; i++) {
    rows.push(axis(0))
    who.push(0)
  }
  for (let i = 1; i <= 10; i++) {
    rows.push(axis(i), axis(i + 10))
    who.push(i, i)
  }
  const templates = { rows: 40, cols: 32, data: Float32Array.from(rows.flat()) }
  const { operatingPoints } = measure(await compare(templates, undefined, Int32Array.from(who), engine), 1, true)
  assert.ok(Math.abs(operatingPoints[0]!.tmr! - 1 / 11) < 1e-12)
  assert.ok(Math.abs(operatingPoints[0]!.tmrPooled! - 190 / 200) < 1e-12)
})

test('without a second image of anybody thresholds remain, and rates are null', async () => {
  const alone = Int32Array.from({ length: 100 }, (_, i) => i)
  const metrics = measure(await compare(probes, references, alone, engine), 1, false)
  assert.deepEqual([metrics.eer, metrics.rank1, metrics.matedIdentities], [null, null, 0])
  assert.equal(metrics.operatingPoints[0]!.support, 'measured')
  assert.equal(typeof metrics.operatingPoints[0]!.threshold, 'number')
  assert.equal(metrics.operatingPoints[0]!.tmr, null)
})

test('a tie at rank 1 counts against the probe', async () => {
  const same = { rows: 4, cols: 2, data: Float32Array.of(1, 0, 1, 0, 1, 0, 1, 0) }
  assert.equal(measure(await compare(same, same, Int32Array.of(0, 0, 1, 1), engine), 1, false).rank1, 0)
})

test('the order of the rows has no effect on the metrics', async () => {
  const order = createRandom(9).shuffle(Array.from({ length: 100 }, (_, i) => i))
  const shuffled = (m: TemplateMatrix) => ({
    ...m,
    data: Float32Array.from(order.flatMap(row => [...m.data.subarray(row * m.cols, (row + 1) * m.cols)]))
  })
  const [a, b] = [
    measure(await compare(probes, references, identity, engine), 1, false),
    measure(
      await compare(shuffled(probes), shuffled(references), Int32Array.from(order, row => identity[row]!), engine),
      1,
      false
    )
  ]
  a.operatingPoints.forEach((point, i) => {
    assert.equal(point.threshold, b.operatingPoints[i]!.threshold)
    assert.ok(Math.abs((point.tmr ?? 0) - (b.operatingPoints[i]!.tmr ?? 0)) < 1e-12)
  })
})

test('a bootstrap interval contains its mean, narrows with identities, and belongs to its seed', () => {
  const random = createRandom(4)
  const values = (count: number) => Float64Array.from({ length: count }, () => random.next())
  const [few, many] = [values(30), values(3000)]
  const [narrow] = bootstrapMeans([many], 1)
  const [wide] = bootstrapMeans([few], 1)
  const mean = many.reduce((sum, value) => sum + value, 0) / many.length
  assert.ok(narrow!.lower <= mean && mean <= narrow!.upper)
  assert.ok(wide!.upper - wide!.lower > 5 * (narrow!.upper - narrow!.lower))
  // Of a uniform variable: 2 x 1.96 x 0.2887 / sqrt(3000).
  assert.ok(Math.abs(narrow!.upper - narrow!.lower - 0.02066) < 0.004)
  assert.deepEqual(bootstrapMeans([many], 1), [narrow])
  assert.notDeepEqual(bootstrapMeans([many], 2), [narrow])
})
