import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { Matrix as DenseMatrix, QrDecomposition, solve as solveDense } from 'ml-matrix'
import { linear } from '../../../src/science/alignment/linear.js'
import { frobenius, trace, type Matrix } from '../../../src/science/linear-algebra/matrix.js'
import { normaliseRows } from '../../../src/science/linear-algebra/normalise.js'
import { createRandom } from '../../../src/science/linear-algebra/random.js'
import { referenceProducts } from '../../../src/science/linear-algebra/reference-products.js'
import { ridge } from '../../../src/science/alignment/ridge.js'
import {
  addStatistics,
  centre,
  gatherMutualStatistics,
  mutualMoments,
  gatherStatistics,
  meanOfRows,
  subtractStatistics
} from '../../../src/science/alignment/statistics.js'
import { createEngineProducts } from '../../../src/engines/onnx/products.js'
import { gaussianTemplates, largestDifference, syntheticPairs } from '../../support/synthetic-pairs.js'

const engine = createEngineProducts({ threads: 1 })
after(() => engine.release())

const pairs = syntheticPairs({ identities: 60, imagesEach: 5, dSource: 24, dTarget: 17 })
const source = normaliseRows(pairs.source)
const target = normaliseRows(pairs.target)
const everyRow = Array.from({ length: source.rows }, (_, i) => i)
const origins = { source: meanOfRows(source, everyRow), target: meanOfRows(target, everyRow) }
const gather = (rows: readonly number[], about = origins) => gatherStatistics(source, target, rows, about, engine)

/** Centred rows for the independent solvers. */
function centredRows (
  templates: { rows: number, cols: number, data: Float32Array },
  rows: readonly number[]
): DenseMatrix {
  const mean = meanOfRows(templates, rows)
  return new DenseMatrix(rows.map(row => Array.from(mean, (m, j) => templates.data[row * templates.cols + j]! - m)))
}
const flat = (matrix: DenseMatrix): Matrix => ({
  rows: matrix.rows,
  cols: matrix.columns,
  data: Float64Array.from(matrix.to1DArray())
})
const relative = (a: Matrix, b: Matrix) =>
  frobenius({ ...a, data: a.data.map((value, k) => value - b.data[k]!) }) / frobenius(b)

test('linear is what an independent least-squares solver finds', async () => {
  const W = await linear(centre(await gather(everyRow)), engine)
  const expected = new QrDecomposition(centredRows(source, everyRow)).solve(centredRows(target, everyRow))
  assert.ok(W !== undefined && relative(W, flat(expected)) < 1e-9)
})

test('statistics from both sides are those of either side, by the engine and by the reference', async () => {
  // More rows than are taken to double precision at once.
  const many = Array.from({ length: 5000 }, (_, i) => (i * 7) % source.rows)
  const turned = { source: origins.target, target: origins.source }
  const mutual = await gatherMutualStatistics(source, target, many, origins, engine)
  const forward = await gatherStatistics(source, target, many, origins, referenceProducts)
  const backward = await gatherStatistics(target, source, many, turned, referenceProducts)
  assert.equal(mutual.pairs, forward.pairs)
  assert.deepEqual([mutual.originSource, mutual.originTarget], [forward.originSource, forward.originTarget])
  for (const side of ['sumSource', 'sumTarget'] as const) {
    assert.ok(mutual[side].every((sum, j) => Math.abs(sum - forward[side][j]!) < 1e-11))
  }
  assert.ok(relative(mutual.gram, forward.gram) < 1e-13)
  assert.ok(relative(mutual.cross, forward.cross) < 1e-13)
  assert.ok(relative(mutual.gramTarget!, backward.gram) < 1e-13)
  const moments = mutualMoments(mutual)
  for (const [found, expected] of [[moments.forward, centre(forward)], [moments.backward, centre(backward)]] as const) {
    assert.ok(relative(found.gram, expected.gram) < 1e-12)
    assert.ok(relative(found.cross, expected.cross) < 1e-12)
    assert.ok(found.meanSource.every((mean, j) => Math.abs(mean - expected.meanSource[j]!) < 1e-12))
    assert.ok(found.meanTarget.every((mean, j) => Math.abs(mean - expected.meanTarget[j]!) < 1e-12))
  }
  assert.throws(() => mutualMoments(forward), /expected statistics with the Gram matrix of the target/)
})

test('linear holds its digits where the source is nearly singular', async () => {
  // Twelve directions at 1e-4 of the spread of the others: the normal equations have condition number 1e8 and more.
  const squeezed = gaussianTemplates(300, 24, 5)
  squeezed.data.forEach((value, k) => {
    if (k % 24 >= 12) squeezed.data[k] = value * 1e-4
  })
  const rows = normaliseRows(squeezed)
  const zero = { source: new Float64Array(24), target: new Float64Array(17) }
  const W = await linear(centre(await gatherStatistics(rows, target, everyRow, zero, engine)), engine)
  const expected = new QrDecomposition(centredRows(rows, everyRow)).solve(centredRows(target, everyRow))
  assert.ok(W !== undefined && relative(W, flat(expected)) < 1e-6)
})

test('linear gives dimensions that never vary weights of zero, and refuses those that others determine', async () => {
  const dead = { ...source, data: source.data.map((value, k) => k % 24 === 5 ? 0 : value) }
  const W = await linear(centre(await gatherStatistics(dead, target, everyRow, origins, engine)), engine)
  assert.ok(W !== undefined && W.data.subarray(5 * 17, 6 * 17).every(weight => weight === 0))
  assert.ok(W.data.subarray(0, 5 * 17).every(weight => weight !== 0))

  const copied = { ...source, data: source.data.map((value, k) => k % 24 === 5 ? source.data[k - 1]! : value) }
  assert.equal(
    await linear(centre(await gatherStatistics(copied, target, everyRow, origins, engine)), engine),
    undefined
  )
})

test('ridge is its closed form, with lambda relative to the mean variance', async () => {
  const moments = centre(await gather(everyRow))
  const A = centredRows(source, everyRow)
  const gram = A.transpose().mmul(A)
  for (const lambda of [1e-6, 0.1, 30]) {
    const expected = solveDense(
      DenseMatrix.add(gram, DenseMatrix.eye(24).mul(lambda * gram.trace() / 24)),
      A.transpose().mmul(centredRows(target, everyRow))
    )
    assert.ok(relative(await ridge(moments, lambda, engine), flat(expected)) < 1e-9)
  }
  assert.ok(Math.abs(trace(moments.gram) - gram.trace()) < 1e-9)
})

for (const [dSource, dTarget] of [[12, 300], [300, 12], [200, 150]] as const) {
  test(`${dSource} x ${dTarget}: linear and ridge are what independent solvers find`, async () => {
    const wide = { source: gaussianTemplates(400, dSource, 6), target: gaussianTemplates(400, dTarget, 7) }
    const rows = Array.from({ length: 400 }, (_, i) => i)
    const [A, B] = [centredRows(wide.source, rows), centredRows(wide.target, rows)]
    const means = { source: meanOfRows(wide.source, rows), target: meanOfRows(wide.target, rows) }
    const moments = centre(await gatherStatistics(wide.source, wide.target, rows, means, engine))
    const W = await linear(moments, engine)
    assert.ok(W !== undefined && relative(W, flat(new QrDecomposition(A).solve(B))) < 1e-9)
    const gram = A.transpose().mmul(A)
    const ridged = DenseMatrix.add(gram, DenseMatrix.eye(dSource).mul(0.03 * gram.trace() / dSource))
    assert.ok(relative(await ridge(moments, 0.03, engine), flat(solveDense(ridged, A.transpose().mmul(B)))) < 1e-9)
  })
}

test('ridge tends to linear as lambda vanishes, and to zero as it grows', async () => {
  const moments = centre(await gather(everyRow))
  const W = await linear(moments, engine)
  assert.ok(W !== undefined)
  // The difference is proportional to lambda, and the rest to its inverse.
  const [weak, weaker] = [
    relative(await ridge(moments, 1e-6, engine), W),
    relative(await ridge(moments, 1e-8, engine), W)
  ]
  assert.ok(weak < 1e-2 && Math.abs(weak / weaker - 100) < 1, `${weak}, ${weaker}`)
  const [strong, stronger] = [
    frobenius(await ridge(moments, 1e4, engine)),
    frobenius(await ridge(moments, 1e6, engine))
  ]
  assert.ok(strong < 0.01 * frobenius(W) && Math.abs(strong / stronger - 100) < 1, `${strong}, ${stronger}`)
})

test('ridge works with fewer pairs than dimensions', async () => {
  const few = everyRow.slice(0, 12)
  const W = await ridge(centre(await gather(few)), 1e-3, engine)
  assert.ok(W.data.every(Number.isFinite) && frobenius(W) > 0)
})

test('lambda below what double precision can carry is refused', async () => {
  const moments = centre(await gather(everyRow))
  for (const lambda of [0, -1, NaN, Infinity]) {
    await assert.rejects(ridge(moments, lambda, engine), { name: 'RangeError', message: /lambda/ })
  }
})

test('neither the order of the rows nor the origin matters', async () => {
  const moments = centre(await gather(everyRow))
  const shuffled = centre(await gather(createRandom(3).shuffle([...everyRow])))
  const elsewhere = centre(
    await gather(everyRow, { source: new Float64Array(24).fill(0.2), target: new Float64Array(17).fill(-0.1) })
  )
  for (const other of [shuffled, elsewhere]) {
    assert.ok(largestDifference(other.gram, moments.gram) < 1e-12)
    assert.ok(largestDifference(other.cross, moments.cross) < 1e-12)
    const [a, b] = [await linear(moments, engine), await linear(other, engine)]
    assert.ok(a !== undefined && b !== undefined && relative(a, b) < 1e-10)
  }
})

test('statistics of a training fold by subtraction are those gathered directly', async () => {
  const folds = [0, 1, 2, 3, 4].map(k => everyRow.filter(row => row % 5 === k))
  const parts = []
  for (const fold of folds) parts.push(await gather(fold))
  const total = addStatistics(parts)
  for (const [k, part] of parts.entries()) {
    const bySubtraction = centre(subtractStatistics(total, part))
    const direct = centre(await gather(everyRow.filter(row => row % 5 !== k)))
    assert.equal(bySubtraction.pairs, direct.pairs)
    assert.ok(largestDifference(bySubtraction.gram, direct.gram) < 1e-12)
    assert.ok(largestDifference(bySubtraction.cross, direct.cross) < 1e-12)
    for (const side of ['meanSource', 'meanTarget'] as const) {
      bySubtraction[side].forEach((value, j) => assert.ok(Math.abs(value - direct[side][j]!) < 1e-14))
    }
  }
})
