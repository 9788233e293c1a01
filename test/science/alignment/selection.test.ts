import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { isDeepStrictEqual } from 'node:util'
import { candidatesFor, parametersOf } from '../../../src/science/alignment/candidates.js'
import {
  countIdentities,
  dealFolds,
  indexIdentities,
  limitRows,
  splitIdentities
} from '../../../src/science/linear-algebra/identities.js'
import { normaliseRows } from '../../../src/science/linear-algebra/normalise.js'
import { createRandom } from '../../../src/science/linear-algebra/random.js'
import type { TrainingPairs } from '../../../src/science/alignment/folds.js'
import { choose, select } from '../../../src/science/alignment/selection.js'
import { createEngineProducts } from '../../../src/engines/onnx/products.js'
import { syntheticPairs, type SyntheticOptions } from '../../support/synthetic-pairs.js'

const engine = createEngineProducts({ threads: 1 })
after(() => engine.release())

/** Identities of 1, 2, ... 30 images. */
const labels = Array.from({ length: 30 }, (_, who) => Array.from({ length: who + 1 }, () => `p${who}`)).flat()
const samples = labels.map((label, i) => `${label}/${i}`)
const index = indexIdentities(labels, samples)
const everyRow = labels.map((_, row) => row)

test('no identity is in two folds, every row is in one, and folds are about equal', () => {
  for (let seed = 0; seed < 20; seed++) {
    const folds = dealFolds(index, everyRow, 5, createRandom(seed))
    assert.deepEqual(folds.flat().sort((a, b) => a - b), everyRow)
    assert.equal(folds.reduce((sum, fold) => sum + countIdentities(index, fold), 0), 30)
    assert.ok(folds.every(fold => Math.abs(fold.length - everyRow.length / 5) <= 5))
  }
})

test('no identity is on both sides of a split, and the seed decides it', () => {
  const { training, heldOut } = splitIdentities(index, 0.3, createRandom(1))
  assert.equal(countIdentities(index, heldOut), 9)
  assert.equal(countIdentities(index, training), 21)
  assert.deepEqual([...training, ...heldOut].sort((a, b) => a - b), everyRow)
  assert.deepEqual(splitIdentities(index, 0.3, createRandom(1)), { training, heldOut })
  assert.notDeepEqual(splitIdentities(index, 0.3, createRandom(2)).heldOut, heldOut)
})

test('a bound on rows is kept, and no identity takes more than a tenth of it', () => {
  const rows = limitRows(index, everyRow, 100, createRandom(1))
  assert.equal(rows.length, 100)
  assert.equal(new Set(rows).size, 100)
  for (let who = 0; who < 30; who++) assert.ok(rows.filter(row => labels[row] === `p${who}`).length <= 10)
  assert.deepEqual(limitRows(index, everyRow, 1000, createRandom(1)), everyRow)
})

function training (options: SyntheticOptions): TrainingPairs {
  const pairs = syntheticPairs(options)
  return {
    source: normaliseRows(pairs.source),
    target: normaliseRows(pairs.target),
    identities: indexIdentities(pairs.identities, pairs.samples),
    rows: pairs.samples.map((_, row) => row)
  }
}

test('all candidates are listed with their scores, and the choice is among the tied', async () => {
  const { estimator, selection } = await select(
    training({ identities: 80, imagesEach: 4, dSource: 16, dTarget: 12, spread: 0.6 }),
    'auto',
    42,
    engine
  )
  assert.equal(selection.folds, 5)
  assert.match(selection.criterion ?? '', /mean TMR on different images at FMR 0.01/)
  const full = selection.candidates.filter(
    ({ method, spread }) => method === 'dual' || (method !== 'low-rank-ridge' && spread === 'fitted')
  )
  assert.deepEqual(
    full.map(({ method, lambda, shrinkage }) => ({ method, lambda, shrinkage })),
    candidatesFor('auto').map(candidate => ({
      method: candidate.method,
      lambda: candidate.lambda,
      shrinkage: candidate.method === 'dual' ? candidate.shrinkage : undefined
    }))
  )
  const best = Math.max(...selection.candidates.map(({ score }) => score ?? 0))
  const chosen = selection.candidates.find(({ method, lambda, rank, spread, shrinkage }) =>
    method === estimator.method &&
    isDeepStrictEqual(
      shrinkage === undefined ? { lambda, rank, spread } : { lambda, rank, spread, shrinkage },
      parametersOf(estimator)
    )
  )
  assert.ok(
    chosen?.score != null && chosen.standardError != null &&
      best - chosen.score <= Math.min(chosen.standardError, 0.001)
  )
})

test('the same seed gives the same selection', async () => {
  const pairs = training({ identities: 30, imagesEach: 3, dSource: 8, dTarget: 8, spread: 0.6 })
  assert.deepEqual(
    (await select(pairs, 'auto', 7, engine)).selection,
    (await select(pairs, 'auto', 7, engine)).selection
  )
})

test('where nobody has two images the same image decides', async () => {
  const { selection } = await select(
    training({ identities: 80, imagesEach: 1, dSource: 8, dTarget: 6 }),
    'ridge',
    42,
    engine
  )
  assert.match(selection.criterion ?? '', /mean cosine .* same image/)
})

test('linear is excluded with its reason where a fold has no more pairs than dimensions', async () => {
  const { selection } = await select(
    training({ identities: 15, imagesEach: 2, dSource: 32, dTarget: 6 }),
    'auto',
    42,
    engine
  )
  const candidate = selection.candidates.find(({ method }) => method === 'linear')
  assert.equal(candidate?.score, null)
  assert.match(candidate?.excluded ?? '', /too few/)
})

test('low ranks are tried at the lambda of the best ridge regression, and have to be better than it', async () => {
  const { selection: { candidates } } = await select(
    training({ identities: 40, imagesEach: 3, dSource: 16, dTarget: 12, spread: 0.6 }),
    'auto',
    42,
    engine
  )
  const fitted = candidates.filter(({ spread }) => spread === 'fitted')
  const low = fitted.filter(({ method }) => method === 'low-rank-ridge')
  const path = fitted.filter(({ method }) => method === 'ridge')
  const best = path.reduce((a, b) => b.score! > a.score! ? b : a)
  assert.deepEqual(
    low.map(({ lambda, rank }) => ({ lambda, rank })),
    [9, 6, 3].map(rank => ({ lambda: best.lambda, rank }))
  )
  assert.equal(fitted[fitted.indexOf(low[0]!) - 1], best)
  assert.ok(path.every(({ rank }) => rank === null))
})

test('the spread is restored of Procrustes, the best ridge regression, the low ranks and least squares, each as less simple than without', async () => {
  const { selection: { candidates } } = await select(
    training({ identities: 40, imagesEach: 3, dSource: 16, dTarget: 12, spread: 0.6 }),
    'auto',
    42,
    engine
  )
  const restored = candidates.filter(({ spread }) => spread === 'restored')
  const best = candidates.filter(
    ({ method, spread }) => method === 'ridge' && spread === 'fitted'
  ).reduce((a, b) => b.score! > a.score! ? b : a)
  const parameters = restored.map(({ method, lambda, rank }) => ({ method, lambda, rank }))
  assert.deepEqual(parameters, [
    { method: 'procrustes', lambda: null, rank: null },
    { method: 'ridge', lambda: best.lambda, rank: null },
    ...[9, 6, 3].map(rank => ({ method: 'low-rank-ridge' as const, lambda: best.lambda, rank })),
    { method: 'linear', lambda: null, rank: null }
  ])
  for (const { method, lambda, rank } of parameters) {
    const at = (spread: string) =>
      candidates.findIndex(
        other =>
          isDeepStrictEqual([other.method, other.lambda, other.rank, other.spread], [method, lambda, rank, spread])
      )
    assert.equal(at('restored'), at('fitted') + 1)
  }
})

test('of a low-rank ridge regression, what the caller did not name is selected', async () => {
  const pairs = training({ identities: 30, imagesEach: 3, dSource: 8, dTarget: 12, spread: 0.6 })
  const tried = async (known: { lambda?: number, rank?: number }) => {
    const { estimator, selection } = await select(pairs, { method: 'low-rank-ridge', ...known }, 42, engine)
    assert.equal(estimator.method, 'low-rank-ridge')
    assert.ok(selection.candidates.every(({ method }) => method === 'low-rank-ridge'))
    return {
      ranks: selection.candidates.map(({ rank }) => rank),
      lambdas: new Set(selection.candidates.map(({ lambda }) => lambda)),
      reason: selection.reason
    }
  }
  const { lambdas, ...both } = await tried({})
  assert.deepEqual(both.ranks, [6, 4, 2])
  assert.match(both.reason, /lambda is that of the best ridge regression/)
  assert.deepEqual((await tried({ rank: 5 })).ranks, [5])
  assert.deepEqual((await tried({ rank: 5 })).lambdas, lambdas)
  const { reason, ...named } = await tried({ lambda: 0.3 })
  assert.deepEqual(named, { ranks: [6, 4, 2], lambdas: new Set([0.3]) })
  assert.doesNotMatch(reason, /best ridge/)
})

test('ties within one standard error and 0.001 go to the first, but not beyond them', () => {
  const candidates = [
    { method: 'procrustes', lambda: null },
    { method: 'ridge', lambda: 1 },
    { method: 'linear', lambda: null }
  ] as const
  // Procrustes is behind in every fold alike: small, but no chance. Ridge is behind by chance, and by little.
  const clear = choose(candidates, [[0.7996, 0.6994], [0.7984, 0.7006], [0.8, 0.7]], 2)
  assert.equal(clear.estimator.method, 'ridge')
  assert.match(clear.reason, /ridge with lambda 1, 0.7495, is the first candidate .* linear, 0.7500/)
  // By chance, perhaps, but by too much to give away.
  assert.equal(choose(candidates, [[0.79, 0.69], [0.78, 0.71], [0.8, 0.7]], 2).estimator.method, 'linear')
  assert.equal(choose(candidates, [[0.79, 0.69], [0.7, 0.6], [0.8]], 2).estimator.method, 'procrustes')
  assert.throws(() => choose(candidates, [[], [], []], 2), RangeError)
})

test('of duals within one standard error of the best the first is considered, and no other', () => {
  const dual = (source: number) => ({
    method: 'dual' as const,
    lambda: null,
    shrinkage: { source, target: 0.3 },
    spread: 'centred' as const
  })
  const candidates = [dual(0.3), dual(0.1), { method: 'procrustes' as const, lambda: null }]
  const close = [[0.90, 0.92, 0.94], [0.93, 0.90, 0.95], [0.80, 0.81, 0.82]]
  assert.deepEqual(choose(candidates, close, 3).estimator, dual(0.3))
  assert.match(choose(candidates, close, 3).reason, /dual with shrinkage 0.3 of the source.* scored best, 0.9200/)
  // Better on every fold is better by more than a standard error.
  const apart = [[0.90, 0.92, 0.94], [0.93, 0.95, 0.97], [0.80, 0.81, 0.82]]
  assert.deepEqual(choose(candidates, apart, 3).estimator, dual(0.1))
  // Another estimator has to be beaten by the dual that is considered.
  const other = [[0.90, 0.92, 0.94], [0.93, 0.90, 0.95], [0.93, 0.94, 0.95]]
  assert.deepEqual(choose(candidates, other, 3).estimator, candidates[2])
})
