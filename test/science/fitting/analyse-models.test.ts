import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { analysisNames } from '../../../src/science/cards/model-analyses.js'
import { evaluateModels, type EvaluationOptions } from '../../../src/science/fitting/evaluate-models.js'
import { createEngineProducts } from '../../../src/engines/onnx/products.js'
import { createEvaluator } from '../../../src/features/evaluations/evaluator.js'
import { renderEvaluationPage } from '../../../src/features/evaluations/evaluation-page.js'
import { renderEvaluation } from '../../../scripts/evaluate/tables.js'
import { syntheticPairs } from '../../support/synthetic-pairs.js'

const products = createEngineProducts({ threads: 1 })
after(() => products.release())

const options: EvaluationOptions = {
  method: 'ridge',
  fmr: 0.01,
  seed: 42,
  heldOutFraction: 0.3,
  analyses: analysisNames
}
const pairs = syntheticPairs({ identities: 80, imagesEach: 4, dSource: 10, dTarget: 7, spread: 0.5 })
const data = () => ({
  models: ['a', 'b'],
  corpus: {
    samples: pairs.samples,
    identities: pairs.identities,
    templates: [pairs.source, pairs.target].map(matrix => ({ ...matrix, data: matrix.data.slice() }))
  }
})

test('analyses agree with the matrix where they measure the same', async () => {
  const { analyses, within } = await evaluateModels(data(), options, products)
  const { similarity, families, dataEfficiency, ridgeSensitivity, quadratic } = analyses!
  const [{ aligned }, backward] = within.matrix.pairs as [
    typeof within.matrix.pairs[number],
    typeof within.matrix.pairs[number]
  ]

  assert.equal(similarity!.corpus.people, 80)
  assert.equal(similarity!.testCorpus, null)
  const { rsa, cka } = similarity!.corpus.pairs[0]!
  assert.ok(rsa!.lower > 0.2 && cka!.lower > 0.2, JSON.stringify({ rsa, cka }))

  const near = (x: number, y: number) => assert.ok(Math.abs(x - y) < 1e-12, `${x}, ${y}`)
  near(families!.within!.pairs[0]!.distance.value, 1 - (aligned.tmr! + backward.aligned.tmr!) / 2)
  assert.deepEqual(families!.within!.families, [{ models: ['a', 'b'], stability: 1 }])

  const curve = dataEfficiency!.pairs[0]!
  assert.deepEqual([curve.source, curve.target], ['a', 'b'])
  near(curve.points.at(-1)!.tmr!.value, aligned.tmr!)
  assert.deepEqual(curve.points.at(-1)!.tmr, { value: aligned.tmr, ...aligned.interval })
  assert.equal(curve.points.at(-1)!.identities, 56)
  assert.ok(curve.points[0]!.tmr!.value < aligned.tmr!)

  const penalties = ridgeSensitivity!.pairs[0]!
  assert.equal(penalties.points.find(({ lambda }) => lambda === 0.1)!.tmr!.value, aligned.tmr)
  const best = Math.max(...penalties.points.map(({ tmr }) => tmr!.value))
  near(penalties.loss!.value, best - aligned.tmr!)
  assert.equal(penalties.points.find(({ lambda }) => lambda === penalties.bestLambda)!.tmr!.value, best)

  // The world of these templates is linear.
  assert.equal(quadratic!.pairs.length, 2)
  for (const { linear, quadratic: control, gain } of quadratic!.pairs) {
    near(gain!.value, control.tmr!.value - linear.tmr!.value)
    assert.ok(gain!.upper < 0.1, JSON.stringify(gain))
  }
  near(quadratic!.meanGain!.value, quadratic!.pairs.reduce((sum, { gain }) => sum + gain!.value / 2, 0))
})

test('the quadratic map gains where one model sees products', async () => {
  const { rows, cols, data: numbers } = pairs.source
  const squares = {
    rows,
    cols,
    data: numbers.map((value, k) => value * numbers[k % cols === 0 ? k + cols - 1 : k - 1]!)
  }
  const { analyses } = await evaluateModels(
    { ...data(), corpus: { ...data().corpus, templates: [pairs.source, squares] } },
    { ...options, fmr: 0.1, analyses: ['quadratic'] },
    products
  )
  const { gain } = analyses!.quadratic!.pairs[0]!
  assert.ok(gain!.lower > 0.2, JSON.stringify(gain))
  assert.deepEqual(Object.keys(analyses!), ['quadratic'])
})

test('the page and the tables show what was asked for, and nothing of it where nothing was', async () => {
  const full = await evaluateModels({ ...data(), testCorpus: data().corpus }, options, products)
  const { analyses, ...old } = full
  assert.ok(analyses !== undefined)
  const texts = [
    /encode identity alike/,
    /[Qq]uadratic/,
    /[Ff]amilies/,
    /CKA/,
    /fitting identities/,
    /lambda of a ridge/
  ]
  const page = await renderEvaluationPage(full, { title: 'all' })
  for (const shown of [page, renderEvaluation(full)]) for (const text of texts) assert.match(shown, text)
  for (const shown of [await renderEvaluationPage(old, { title: 'old' }), renderEvaluation(old)]) {
    assert.match(shown, /Rank-1/)
    assert.doesNotMatch(shown, /encode identity alike|CKA/)
  }
})

test('analyses report progress that only grows, and stop when nobody wants them', async () => {
  const evaluator = createEvaluator({ threads: 1 })
  try {
    const fractions: number[] = []
    const found = await evaluator.evaluate(data(), options, { onProgress: ({ fraction }) => fractions.push(fraction) })
    assert.deepEqual(fractions, [...fractions].sort((x, y) => x - y))
    assert.ok(Math.abs(fractions.at(-1)! - 1) < 1e-9)
    assert.deepEqual(found, await evaluateModels(data(), options, products))

    const controller = new AbortController()
    const stages: string[] = []
    await assert.rejects(
      evaluator.evaluate(data(), options, {
        signal: controller.signal,
        onProgress ({ stage }) {
          stages.push(stage)
          if (stage === 'analysing') controller.abort()
        }
      }),
      { code: 'unavailable', detail: /stopped before it was done/ }
    )
    assert.ok(stages.includes('analysing'))
  } finally {
    await evaluator.close()
  }
})
