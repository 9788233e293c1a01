import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import type { TemplateMatrix } from '../../../src/science/linear-algebra/matrix.js'
import { normaliseRows } from '../../../src/science/linear-algebra/normalise.js'
import {
  checkPairs,
  completeOptions,
  countDistinctRows,
  requireRank,
  type FitOptions,
  type PairedTemplates
} from '../../../src/science/alignment/pairs.js'
import { centredGram } from '../../../src/science/alignment/statistics.js'
import { Problem } from '../../../src/errors.js'
import { createEngineProducts } from '../../../src/engines/onnx/products.js'
import { gaussianTemplates, syntheticPairs } from '../../support/synthetic-pairs.js'

const engine = createEngineProducts({ threads: 1 })
after(() => engine.release())

const check = (pairs: PairedTemplates, options: FitOptions = {}) => checkPairs(pairs, completeOptions(options))
const small = () => syntheticPairs({ identities: 12, imagesEach: 2, dSource: 8, dTarget: 5 })

function problem (code: string, detail: RegExp, extensions: Record<string, unknown> = {}) {
  return (error: unknown) => {
    assert.ok(error instanceof Problem, String(error))
    assert.equal(error.code, code)
    assert.match(error.detail, detail)
    for (const [key, value] of Object.entries(extensions)) assert.equal(error.extensions[key], value)
    return true
  }
}

test('24 pairs of 12 people are enough', () => {
  const { split, identities } = check(small(), { heldOutFraction: 0.3 })
  assert.equal(split.training.length + split.heldOut.length, 24)
  assert.deepEqual(check(small()).split, { training: [...Array(24).keys()], heldOut: [...Array(24).keys()] })
  assert.equal(identities.rows.length, 12)
})

test('unlabelled images are identities of their own', () => {
  assert.equal(
    check(
      syntheticPairs({ identities: 12, imagesEach: 2, dSource: 8, dTarget: 5, labelled: false })
    ).identities.rows.length,
    24
  )
})

test('too few pairs, identities or training pairs are refused with both numbers', () => {
  assert.throws(
    () => check(syntheticPairs({ identities: 19, imagesEach: 1, dSource: 8, dTarget: 5 })),
    problem('pairs-insufficient', /expected at least 20 pairs, received 19/, { expected: 20, received: 19 })
  )
  assert.throws(
    () => check(syntheticPairs({ identities: 9, imagesEach: 9, dSource: 8, dTarget: 5 })),
    problem('pairs-insufficient', /expected at least 10 identities, received 9/, { expected: 10, received: 9 })
  )
  assert.throws(
    () =>
      check(syntheticPairs({ identities: 12, imagesEach: 2, dSource: 16, dTarget: 5 }), {
        method: 'linear',
        heldOutFraction: 0.3
      }),
    problem('pairs-insufficient', /17 training pairs, .* received 16/, { expected: 17, received: 16 })
  )
  // Folds of 12 people leave 9 of them, 18 pairs.
  assert.throws(
    () => check(syntheticPairs({ identities: 12, imagesEach: 2, dSource: 18, dTarget: 5 }), { method: 'linear' }),
    problem('pairs-insufficient', /19 training pairs, .* fold of the cross-fitting\), received 18/, { expected: 19 })
  )
  assert.throws(
    () => check(syntheticPairs({ identities: 0, imagesEach: 0, dSource: 8, dTarget: 5 })),
    problem('pairs-insufficient', /received 0/)
  )
})

test('a template that is none is refused by side and sample', () => {
  const withNaN = small()
  withNaN.source.data[3 * 8 + 2] = NaN
  assert.throws(
    () => check(withNaN),
    problem('template-invalid', /source template of sample "p0001\/1": .*received NaN at index 2/)
  )
  const withZero = small()
  withZero.target.data.fill(0, 5, 10)
  assert.throws(() => check(withZero), problem('template-invalid', /target template of sample "p0000\/1": .*norm zero/))
})

test('a sample that comes twice is refused', () => {
  const pairs = small()
  const repeated = pairs.samples.map((sample, i) => i === 7 ? pairs.samples[2]! : sample)
  assert.throws(
    () => check({ ...pairs, samples: repeated }),
    problem('request-invalid', /several of sample "p0001\/0"/)
  )
})

test('options are refused by name', () => {
  for (
    const [options, detail] of [
      [{ method: 'linear', lambda: 0.1 }, /lambda: expected only with method "ridge"/],
      [{ lambda: 0.1 }, /received with method "auto"/],
      [{ method: 'ridge', lambda: 0 }, /lambda: .*received 0/],
      [{ method: 'low-rank-ridge', lambda: 0 }, /lambda: .*received 0/],
      [{ method: 'ridge', rank: 3 }, /rank: expected only with method "low-rank-ridge", received with method "ridge"/],
      [{ method: 'low-rank-ridge', rank: 0 }, /rank: expected an integer of at least 1, received 0/],
      [{ method: 'low-rank-ridge', rank: 2.5 }, /rank: .*received 2.5/],
      [{ seed: 1.5 }, /seed: .*received 1.5/],
      [{ heldOutFraction: 0.9 }, /heldOutFraction: .*received 0.9/]
    ] as const
  ) assert.throws(() => completeOptions(options), problem('request-invalid', detail))
})

const rank = async (templates: TemplateMatrix) => {
  const rows = normaliseRows(templates)
  return requireRank('source', rows, await centredGram(rows, Array.from({ length: rows.rows }, (_, i) => i), engine))
}

test('templates that span their space pass, more or fewer than its dimensions', async () => {
  assert.equal(await rank(gaussianTemplates(200, 64, 1)), 0)
  assert.equal(await rank(gaussianTemplates(40, 64, 2)), 0)
})

test('templates far from zero and of uneven spread pass', async () => {
  const templates = gaussianTemplates(400, 32, 3)
  templates.data.forEach((value, k) => {
    templates.data[k] = 10 + value * 10 ** -(k % 32 / 8)
  })
  assert.equal(await rank(templates), 0)
})

test('templates quantised to eight bits pass', async () => {
  const templates = gaussianTemplates(400, 32, 4)
  assert.equal(
    await rank({
      ...templates,
      data: templates.data.map(value => Math.max(-127, Math.min(127, Math.round(value * 40))))
    }),
    0
  )
})

test('some dimensions that never vary are counted, too many are refused', async () => {
  const withDead = (dead: number) => {
    const templates = gaussianTemplates(100, 16, 5)
    return { ...templates, data: templates.data.map((value, k) => k % 16 < dead ? 0 : value) }
  }
  assert.equal(await rank(withDead(4)), 4)
  await assert.rejects(
    rank(withDead(5)),
    problem('pairs-rank-deficient', /at least 12 of 16 dimensions to vary.*received 11/, {
      side: 'source',
      rank: 11,
      expected: 12
    })
  )
})

test('a few copies of an image pass, many are refused', async () => {
  const copies = (distinct: number) => {
    const templates = gaussianTemplates(distinct, 64, 6)
    return {
      rows: 40,
      cols: 64,
      data: Float32Array.from({ length: 40 * 64 }, (_, k) => templates.data[k % (distinct * 64)]!)
    }
  }
  assert.equal(countDistinctRows(copies(35)), 35)
  assert.equal(await rank(copies(35)), 0)
  await assert.rejects(
    rank(copies(3)),
    problem('pairs-rank-deficient', /at least 10 different templates among the 40 training pairs, received 3/, {
      rank: 3,
      expected: 10
    })
  )
})

test('dimensions that others determine are refused, with the rank', async () => {
  const templates = gaussianTemplates(200, 24, 7)
  const copied = { ...templates, data: templates.data.map((value, k) => k % 24 === 9 ? templates.data[k - 1]! : value) }
  await assert.rejects(
    rank(copied),
    problem('pairs-rank-deficient', /rank 24 or more about their mean, received rank 23/, {
      side: 'source',
      rank: 23,
      expected: 24
    })
  )

  const [left, right] = [gaussianTemplates(200, 6, 8), gaussianTemplates(6, 24, 9)]
  await assert.rejects(
    rank(await engine.multiply(left, right)),
    problem('pairs-rank-deficient', /received rank 6/, { rank: 6, expected: 24 })
  )
})
