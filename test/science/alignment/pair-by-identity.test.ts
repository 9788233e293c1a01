import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { createEngineProducts } from '../../../src/engines/onnx/products.js'
import { pairByIdentity, type NamedTemplates } from '../../../src/science/alignment/pair-by-identity.js'
import { project } from '../../../src/science/alignment/comparison-space.js'
import { fitMap } from '../../../src/science/fitting/fit-map.js'
import { selectRows } from '../../../src/science/linear-algebra/matrix.js'
import { thresholdAt } from '../../../src/science/scores/calibration.js'
import { compare } from '../../../src/science/scores/comparisons.js'
import { fractionAtOrAbove } from '../../../src/science/scores/histogram.js'
import { syntheticPairs } from '../../support/synthetic-pairs.js'

const products = createEngineProducts({ threads: 1 })
after(() => products.release())

const people = syntheticPairs({ identities: 260, imagesEach: 3, dSource: 24, dTarget: 16, spread: 0.4 })

function side (name: 'source' | 'target', rows: readonly number[]): NamedTemplates {
  return {
    samples: rows.map(row => people.samples[row]!),
    identities: rows.map(row => people.identities[row]!),
    groups: rows.map(() => null),
    templates: selectRows(people[name], rows)
  }
}

/** Rows of some images of some people. */
const images = (from: number, to: number, ...which: number[]) =>
  Array.from({ length: to - from }, (_, k) => which.map(image => 3 * (from + k) + image)).flat()

test('a pair is one person in two images, and every image is in one pair at most', () => {
  const pairs = pairByIdentity(side('source', images(0, 5, 0, 1, 2)), side('target', images(2, 8, 0, 1, 2)))
  assert.equal(pairs.samples.length, 9)
  assert.equal(new Set(pairs.samples).size, 9)
  assert.equal(new Set(pairs.others.targetSamples).size, 9)
  pairs.samples.forEach((sample, i) => {
    const other = pairs.others.targetSamples[i]!
    assert.notEqual(sample, other)
    assert.equal(sample.split('/')[0], other.split('/')[0])
  })
  assert.deepEqual(pairs.oneSided, { source: 6, target: 9 })
})

test('a person whose only image has a template of both models is in no pair, nor is one without a name', () => {
  const source = side('source', images(0, 3, 0))
  assert.deepEqual(pairByIdentity(source, side('target', images(0, 3, 0))).samples, [])
  const nameless = { ...source, identities: source.identities.map(() => null) }
  assert.deepEqual(pairByIdentity(nameless, side('target', images(0, 3, 1))).samples, [])
})

test('maps are fitted on the means of all images of a person', () => {
  const pairs = pairByIdentity(side('source', images(0, 4, 0, 1)), side('target', images(0, 4, 2)))
  const single = pairByIdentity(side('source', images(0, 4, 0)), side('target', images(0, 4, 2)))
  assert.equal(pairs.samples.length, 4)
  assert.notDeepEqual(pairs.others.means!.source.data, single.others.means!.source.data)
  assert.deepEqual(pairs.others.means!.target.data, single.others.means!.target.data)
})

test('one pair of other images each gives a comparison space whose thresholds hold for other people', async () => {
  const pairs = pairByIdentity(side('source', images(0, 200, 0)), side('target', images(0, 200, 1)))
  const { card, comparison } = await fitMap({ ...pairs, hash: 'apart' }, {}, products)
  assert.ok(comparison !== undefined)
  assert.equal(card.pairs.pairing, 'identity')
  // Every pair is a mated comparison, and the only one of its person.
  assert.equal(card.comparison!.evaluation.matedComparisons, 200)
  assert.equal(card.evaluation.crossModel.matedComparisons, 200)
  assert.equal(card.evaluation.sourceAlone.matedComparisons, 0)
  assert.notEqual(card.verdict!.verdict, 'unfit')
  assert.match(card.verdict!.reasons[0]!, /how the models do alone is not known/)
  assert.equal(card.comparison!.evaluation.rank1SameImage, null)

  const others = images(200, 260, 0, 1)
  const { nonMated, mated } = await compare(
    await project(comparison, 'source', selectRows(people.source, others), products),
    await project(comparison, 'target', selectRows(people.target, others), products),
    Int32Array.from(others, row => Math.floor(row / 3)),
    products
  )
  const { threshold } = thresholdAt(card.comparison!.calibration, 1e-2)
  const fmr = fractionAtOrAbove(nonMated, threshold!)
  assert.ok(fmr > 0.002 && fmr < 0.05, String(fmr))
  const tmr = mated.scores.filter(score => score >= threshold!).length / mated.scores.length
  const expected = card.comparison!.evaluation.operatingPoints.find(point => point.fmr === 1e-2)!
  assert.ok(Math.abs(tmr - expected.tmr!) < 0.12, `${tmr} ${expected.tmr}`)
})

test('two wrong labels in a hundred cost a few mates, not the map', async () => {
  const right = pairByIdentity(side('source', images(0, 200, 0)), side('target', images(0, 200, 1)))
  const exchanged = images(0, 200, 1).map((row, k, rows) => k < 4 ? rows[(k + 1) % 4]! : row)
  const wrong = { ...right, target: selectRows(people.target, exchanged) }
  const tmrOf = async (pairs: typeof right) => {
    const { comparison } = await fitMap(
      { ...pairs, others: { targetSamples: pairs.others.targetSamples }, hash: 'apart' },
      {},
      products
    )
    const others = images(200, 260, 0, 1)
    const { nonMated, mated } = await compare(
      await project(comparison!, 'source', selectRows(people.source, others), products),
      await project(comparison!, 'target', selectRows(people.target, others), products),
      Int32Array.from(others, row => Math.floor(row / 3)),
      products
    )
    const scores = [...mated.scores].sort((a, b) => a - b)
    return 1 - scores.filter(score => fractionAtOrAbove(nonMated, score) > 1e-2).length / scores.length
  }
  assert.ok(await tmrOf(wrong) > await tmrOf(right) - 0.1)
})
