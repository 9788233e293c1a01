import assert from 'node:assert/strict'
import { test } from 'node:test'
import { modelSimilarity, ranksOf } from '../../../src/science/cards/representational-similarity.js'
import { indexIdentities } from '../../../src/science/linear-algebra/identities.js'
import type { TemplateMatrix } from '../../../src/science/linear-algebra/matrix.js'
import { normaliseRows } from '../../../src/science/linear-algebra/normalise.js'
import { createRandom } from '../../../src/science/linear-algebra/random.js'
import { referenceProducts } from '../../../src/science/linear-algebra/reference-products.js'
import { gaussian, gaussianMatrix, gaussianTemplates } from '../../support/synthetic-pairs.js'

const people = (count: number) => {
  const samples = Array.from({ length: count }, (_, k) => `s${String(k).padStart(4, '0')}`)
  return indexIdentities(samples, samples)
}

async function similarityOf (first: TemplateMatrix, second: TemplateMatrix, identities = people(first.rows), seed = 7) {
  const templates = [first, second].map(normaliseRows)
  const found = await modelSimilarity(['a', 'b'], { identities, templates }, seed, referenceProducts)
  return { people: found.people, ...found.pairs[0]! }
}

test('a rotation changes nothing', async () => {
  const templates = gaussianTemplates(30, 2, 1)
  const [cos, sin] = [Math.cos(1), Math.sin(1)]
  const turned = {
    ...templates,
    data: templates.data.map((value, k) =>
      k % 2 === 0 ? cos * value - sin * templates.data[k + 1]! : sin * templates.data[k - 1]! + cos * value
    )
  }
  const { rsa, cka, ckaBiased } = await similarityOf(templates, turned)
  for (const { value, lower } of [rsa!, cka!]) assert.ok(value > 1 - 1e-4 && lower > 1 - 1e-3, `${value}, ${lower}`)
  assert.ok(ckaBiased! > 1 - 1e-4)
})

test('unrelated models have 0 within the interval of the debiased figure, and not of the biased one', async () => {
  const { rsa, cka, ckaBiased } = await similarityOf(gaussianTemplates(60, 200, 1), gaussianTemplates(60, 200, 2))
  assert.ok(ckaBiased! > 0.5, String(ckaBiased))
  for (const { value, lower, upper } of [rsa!, cka!]) {
    assert.ok(Math.abs(value) < 0.1 && lower < 0 && upper > 0, JSON.stringify({ value, lower, upper }))
  }
})

test('the debiased figure is the one of Song et al., by their formula', async () => {
  const sides = [gaussianTemplates(12, 5, 3), gaussianTemplates(12, 4, 4)].map(normaliseRows)
  const grams = sides.map(({ rows, cols, data }) =>
    Array.from({ length: rows }, (_, i) =>
      Array.from({ length: rows }, (_, j) => {
        let sum = 0
        for (let k = 0; k < cols; k++) sum += data[i * cols + k]! * data[j * cols + k]!
        return i === j ? 0 : sum
      }))
  )
  const hsic = (K: number[][], L: number[][]) => {
    const n = K.length
    const total = (M: number[][]) => M.flat().reduce((sum, value) => sum + value, 0)
    let trace = 0
    let rows = 0
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < n; j++) trace += K[i]![j]! * L[j]![i]!
      rows += total([K[i]!]) * total([L[i]!])
    }
    return (trace + total(K) * total(L) / ((n - 1) * (n - 2)) - 2 / (n - 2) * rows) / (n * (n - 3))
  }
  const [K, L] = grams as [number[][], number[][]]
  const expected = hsic(K, L) / Math.sqrt(hsic(K, K) * hsic(L, L))
  const { cka } = await similarityOf(sides[0]!, sides[1]!)
  assert.ok(Math.abs(cka!.value - expected) < 1e-6, `${cka!.value}, ${expected}`)
})

test('equal cosines share the mean of their ranks', () => {
  const data = Float64Array.of(9, 3, 1, 3, 9, 3, 1, 3, 9)
  assert.deepEqual(Array.from(ranksOf({ rows: 3, cols: 3, data })!.data), [0, 0.5, -1, 0.5, 0, 0.5, -1, 0.5, 0])
  assert.equal(ranksOf({ rows: 3, cols: 3, data: new Float64Array(9) }), undefined)
})

test('a person is the mean of their images, however many', async () => {
  const [first, second] = [gaussianTemplates(20, 6, 1), gaussianTemplates(20, 6, 2)]
  const once = await similarityOf(first, second)
  const twice = (m: TemplateMatrix) => ({ ...m, rows: 40, data: Float32Array.of(...m.data, ...m.data) })
  const labels = Array.from({ length: 40 }, (_, k) => `s${String(k % 20).padStart(4, '0')}`)
  const both = await similarityOf(twice(first), twice(second), indexIdentities(labels, labels.map((_, k) => String(k))))
  assert.equal(both.people, 20)
  assert.ok(Math.abs(once.cka!.value - both.cka!.value) < 1e-6)
})

test('people who all coincide have no similarity', async () => {
  const alike = { rows: 12, cols: 2, data: new Float32Array(24).fill(1) }
  const { rsa, cka, ckaBiased } = await similarityOf(alike, gaussianTemplates(12, 3, 1))
  assert.deepEqual([rsa, cka, ckaBiased], [null, null, null])
})

test('intervals have the truth in nearly 95 of 100 samples of people', async () => {
  const trials = 60
  const toFirst = gaussianMatrix(6, 8, 101)
  const toSecond = gaussianMatrix(6, 8, 102)
  const found: Awaited<ReturnType<typeof similarityOf>>[] = []
  for (let trial = 0; trial < trials; trial++) {
    const random = createRandom(1000 + trial)
    const seen = [toFirst, toSecond].map(() => new Float32Array(50 * 8))
    for (let p = 0; p < 50; p++) {
      const person = Float64Array.from({ length: 6 }, () => gaussian(random))
      ;[toFirst, toSecond].forEach((see, side) => {
        for (let j = 0; j < 8; j++) {
          let sum = gaussian(random)
          for (let i = 0; i < 6; i++) sum += person[i]! * see.data[i * 8 + j]!
          seen[side]![p * 8 + j] = sum
        }
      })
    }
    const [first, second] = seen.map(data => ({ rows: 50, cols: 8, data }))
    found.push(await similarityOf(first!, second!, people(50), trial))
  }
  for (const figure of ['rsa', 'cka'] as const) {
    const truth = found.reduce((sum, pair) => sum + pair[figure]!.value, 0) / trials
    const covered = found.filter(pair => pair[figure]!.lower <= truth && truth <= pair[figure]!.upper).length
    assert.ok(covered >= 0.85 * trials, `${figure}: ${covered} of ${trials} have ${truth}`)
    // Not by being wide.
    assert.ok(found.every(pair => pair[figure]!.upper - pair[figure]!.lower < 0.5))
  }
})
