import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import {
  evaluateModels,
  type EvaluationData,
  type EvaluationOptions
} from '../../../src/science/fitting/evaluate-models.js'
import { createEvaluator } from '../../../src/features/evaluations/evaluator.js'
import { fitMap } from '../../../src/science/fitting/fit-map.js'
import { createEngineProducts } from '../../../src/engines/onnx/products.js'
import { sharedTemplates, templatesMissing } from '../../support/shared-templates.js'
import { syntheticPairs } from '../../support/synthetic-pairs.js'

const products = createEngineProducts({ threads: 1 })
after(() => products.release())

const options: EvaluationOptions = { method: 'ridge', fmr: 0.01, seed: 42, heldOutFraction: 0.3 }
const pairs = syntheticPairs({ identities: 60, imagesEach: 4, dSource: 10, dTarget: 7, spread: 0.5 })
const data = (): EvaluationData => ({
  models: ['a', 'b'],
  corpus: {
    samples: pairs.samples,
    identities: pairs.identities,
    templates: [pairs.source, pairs.target].map(matrix => ({ ...matrix, data: matrix.data.slice() }))
  }
})

test('a pair has the figures of the card of the same fit', async () => {
  const { within, training, maps } = await evaluateModels(data(), options, products)
  const { card } = await fitMap(pairs, { method: 'ridge', lambda: 0.1, seed: 42, heldOutFraction: 0.3 }, products)
  const [{ aligned, unaligned }] = within.matrix.pairs as [typeof within.matrix.pairs[number]]
  const point = (metrics: typeof card.evaluation.crossModel) => metrics.operatingPoints.find(({ fmr }) => fmr === 0.01)!
  assert.equal(aligned.tmr, point(card.evaluation.crossModel).tmr)
  assert.equal(aligned.threshold, point(card.evaluation.crossModel).threshold)
  assert.equal(aligned.rank1, card.evaluation.crossModel.rank1)
  assert.equal(unaligned.tmr, point(card.evaluation.unaligned).tmr)
  assert.equal(within.matrix.alone[0]!.figures.tmr, point(card.evaluation.sourceAlone).tmr)
  assert.deepEqual(training, { samples: card.split.training.pairs, identities: card.split.training.identities })
  assert.deepEqual(maps.map(({ method, lambda }) => [method, lambda]), [['ridge', 0.1], ['ridge', 0.1]])
})

test('the worker gives the same, and reports progress that only grows', async () => {
  const evaluator = createEvaluator({ threads: 1 })
  try {
    const fractions: number[] = []
    const found = await evaluator.evaluate(data(), options, { onProgress: ({ fraction }) => fractions.push(fraction) })
    assert.deepEqual(found, await evaluateModels(data(), options, products))
    assert.ok(fractions.length > 2)
    assert.deepEqual(fractions, [...fractions].sort((x, y) => x - y))
    const copies = data()
    const alike = copies.corpus.templates[0]!
    for (let i = 1; i < alike.rows; i++) alike.data.copyWithin(i * alike.cols, 0, alike.cols)
    await assert.rejects(evaluator.evaluate(copies, options), {
      code: 'pairs-rank-deficient',
      detail: /^model "a": expected at least/
    })
  } finally {
    await evaluator.close()
  }
})

test('what is too little to evaluate is refused', async () => {
  const few = (count: number): EvaluationData => {
    const { models, corpus } = data()
    return {
      models,
      corpus: {
        samples: corpus.samples.slice(0, count),
        identities: corpus.identities.slice(0, count),
        templates: corpus.templates.map(
          ({ cols, data: numbers }) => ({ rows: count, cols, data: numbers.slice(0, count * cols) })
        )
      }
    }
  }
  await assert.rejects(evaluateModels(few(12), options, products), {
    code: 'pairs-insufficient',
    detail: /at least 20 samples.*received 12/
  })
  await assert.rejects(evaluateModels(few(24), options, products), {
    code: 'pairs-insufficient',
    detail: /at least 10 identities.*received 6/
  })
  await assert.rejects(evaluateModels({ ...data(), models: ['a'] }, options, products), {
    code: 'pairs-insufficient',
    detail: /at least 2 models.*received 1/
  })
  const wide = syntheticPairs({ identities: 12, imagesEach: 2, dSource: 40, dTarget: 30 })
  const narrow: EvaluationData = {
    models: ['a', 'b'],
    corpus: { samples: wide.samples, identities: wide.identities, templates: [wide.source, wide.target] }
  }
  await assert.rejects(evaluateModels(narrow, { ...options, method: 'linear' }, products), {
    code: 'pairs-insufficient',
    detail: /method "linear": expected at least 41/
  })
  const { warnings } = await evaluateModels(narrow, options, products)
  assert.ok(warnings.some(warning => /no more than the dimension of "a", 40/.test(warning)))
  assert.ok(warnings.some(warning => /held-out part: true match rates rest on 4 identities/.test(warning)))
})

test('maps between real models carry over to another corpus', async t => {
  if (templatesMissing !== undefined) return t.skip(templatesMissing)
  const models = ['mbf128', 'dlib128-loose']
  const corpusOf = (set: 'celeba' | 'lfw') => {
    const read = models.map(model => sharedTemplates(set, model))
    // Every third identity of LFW, to be quick about it.
    const identities = [...new Set(read[0]!.identities)].filter((_, k) => set === 'celeba' || k % 3 === 0)
    const kept = new Set(identities)
    const rows = read[0]!.identities.flatMap((identity, row) => kept.has(identity) ? [row] : [])
    return {
      samples: rows.map(row => read[0]!.samples[row]!),
      identities: rows.map(row => read[0]!.identities[row]!),
      templates: read.map(
        ({ templates: { cols, data } }) => ({
          rows: rows.length,
          cols,
          data: Float32Array.from(rows.flatMap(row => [...data.subarray(row * cols, (row + 1) * cols)]))
        })
      )
    }
  }
  const { within, across, generalisation } = await evaluateModels(
    { models, corpus: corpusOf('celeba'), testCorpus: corpusOf('lfw') },
    { ...options, fmr: 1e-3 },
    products
  )
  for (const { matrix } of [within, across!]) {
    for (const { aligned, unaligned } of matrix.pairs) {
      assert.ok(unaligned.tmr! < 0.02 && unaligned.rank1! < 0.05, JSON.stringify(unaligned))
      assert.ok(aligned.tmr! > 0.2 && aligned.rank1! > 0.3, JSON.stringify(aligned))
      assert.ok(aligned.rank1SameImage! > aligned.rank1!)
    }
  }
  assert.ok(generalisation!.pairs.every(({ change }) => Math.abs(change!) < 0.4))
})
