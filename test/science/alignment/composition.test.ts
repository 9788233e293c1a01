import { meanCosine } from '../../../src/science/alignment/criterion.js'
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import type { AffineMap } from '../../../src/science/alignment/affine-map.js'
import { prepare, translate } from '../../../src/science/alignment/apply.js'
import { compose, translateTwice } from '../../../src/science/alignment/composition.js'
import { indexIdentities } from '../../../src/science/linear-algebra/identities.js'
import { toSingle } from '../../../src/science/linear-algebra/matrix.js'
import { normaliseRows } from '../../../src/science/linear-algebra/normalise.js'
import { referenceProducts } from '../../../src/science/linear-algebra/reference-products.js'
import { scoreRoutes } from '../../../src/science/alignment/route-selection.js'
import { polarFactor } from '../../../src/science/linear-algebra/polar.js'
import { createEngineProducts } from '../../../src/engines/onnx/products.js'
import { gaussianMatrix, gaussianTemplates, largestDifference, syntheticPairs } from '../../support/synthetic-pairs.js'

const engine = createEngineProducts({ threads: 1 })
after(() => engine.release())

const vector = (length: number, seed: number, size: number) =>
  Float32Array.from(gaussianMatrix(1, length, seed).data, value => size * value)

/** A rotation about the origin. */
async function rotation (dimension: number, seed: number): Promise<AffineMap> {
  return {
    weights: toSingle(await polarFactor(gaussianMatrix(dimension, dimension, seed), engine)),
    meanSource: new Float32Array(dimension),
    meanTarget: new Float32Array(dimension)
  }
}

function affine (dSource: number, dTarget: number, seed: number): AffineMap {
  return {
    weights: toSingle(gaussianMatrix(dSource, dTarget, seed)),
    meanSource: vector(dSource, seed + 1, 0.05),
    meanTarget: vector(dTarget, seed + 2, 0.1)
  }
}

test('rotations compose exactly: nothing changes its length between them', async () => {
  const [first, second] = [await rotation(20, 1), await rotation(20, 2)]
  const templates = gaussianTemplates(50, 20, 3)
  const composed = await compose(first, second, templates, engine)
  assert.ok(
    largestDifference(
      await translate(prepare(composed), templates, engine),
      await translateTwice(first, second, templates, engine)
    ) < 1e-6
  )
})

test('one template, whose own length is the mean, is translated exactly, whatever the maps and dimensions', async () => {
  const [first, second] = [affine(24, 16, 1), affine(16, 40, 7)]
  for (const seed of [10, 11, 12]) {
    const template = gaussianTemplates(1, 24, seed)
    const composed = await compose(first, second, template, engine)
    assert.deepEqual([composed.weights.rows, composed.weights.cols], [24, 40])
    assert.ok(
      largestDifference(
        await translate(prepare(composed), template, engine),
        await translateTwice(first, second, template, engine)
      ) < 1e-5
    )
  }
})

test('many templates are translated nearly so', async () => {
  const [first, second] = [affine(64, 48, 1), affine(48, 64, 7)]
  const templates = gaussianTemplates(500, 64, 20)
  const composed = await compose(first, second, templates, engine)
  const similarity = meanCosine(
    await translate(prepare(composed), templates, engine),
    await translateTwice(first, second, templates, engine)
  )
  assert.ok(similarity > 0.99, `mean cosine ${similarity}`)
})

test('the length of the templates, their order and the implementation of products have no effect', async () => {
  const [first, second] = [affine(12, 10, 1), affine(10, 8, 5)]
  const templates = gaussianTemplates(30, 12, 6)
  const composed = await compose(first, second, templates, engine)
  const doubled = { ...templates, data: templates.data.map(value => 2 * value) }
  assert.deepEqual(await compose(first, second, doubled, engine), composed)
  assert.ok(
    largestDifference((await compose(first, second, templates, referenceProducts)).weights, composed.weights) < 1e-4
  )
})

test('maps that do not meet, and no template to go by, are refused with what was received', async () => {
  await assert.rejects(
    compose(affine(4, 3, 1), affine(5, 4, 2), gaussianTemplates(2, 4, 1), engine),
    /from 3 dimensions.*from 5/
  )
  await assert.rejects(
    compose(affine(4, 3, 1), affine(3, 4, 2), gaussianTemplates(0, 4, 1), engine),
    /at least one template/
  )
})

test('the route through a faithful map scores better than the one through a map that knows nothing', async () => {
  const pairs = syntheticPairs({ identities: 60, imagesEach: 4, dSource: 16, dTarget: 16 })
  const training = {
    source: normaliseRows(pairs.source),
    target: normaliseRows(pairs.source),
    identities: indexIdentities(pairs.identities, pairs.samples),
    rows: pairs.samples.map((_, row) => row)
  }
  const there = await rotation(16, 1)
  const back: AffineMap = {
    ...there,
    weights: toSingle({
      rows: 16,
      cols: 16,
      data: Float64Array.from({ length: 256 }, (_, k) => there.weights.data[(k % 16) * 16 + Math.floor(k / 16)]!)
    })
  }
  const astray = { first: there, second: await rotation(16, 9) }
  const faithful = { first: there, second: back }
  const { scored, criterion } = await scoreRoutes(training, [astray, faithful], 1, engine)
  assert.equal(scored[0]!.route, faithful)
  assert.ok(scored[0]!.score > 0.9 && scored[1]!.score < 0.5, scored.map(({ score }) => score).join(' '))
  assert.match(criterion, /mean TMR on different images at FMR 0.01, 0.001/)
  // Nobody has two images: fidelity decides.
  const alone = { ...training, identities: indexIdentities(pairs.samples.map(() => null), pairs.samples) }
  const unlabelled = await scoreRoutes(alone, [astray, faithful], 1, engine)
  assert.equal(unlabelled.scored[0]!.route, faithful)
  assert.ok(Math.abs(unlabelled.scored[0]!.score - 1) < 1e-5)
})
