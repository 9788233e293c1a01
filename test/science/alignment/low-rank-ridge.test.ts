import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { Matrix as DenseMatrix, QrDecomposition, SVD } from 'ml-matrix'
import { lowRankRidge } from '../../../src/science/alignment/low-rank-ridge.js'
import { frobenius, type Matrix } from '../../../src/science/linear-algebra/matrix.js'
import { ridge } from '../../../src/science/alignment/ridge.js'
import type { CentredMoments } from '../../../src/science/alignment/statistics.js'
import { createEngineProducts } from '../../../src/engines/onnx/products.js'
import { gaussianMatrix } from '../../support/synthetic-pairs.js'

const engine = createEngineProducts({ threads: 1 })
after(() => engine.release())

const dense = ({ rows, cols, data }: Matrix) => DenseMatrix.from1DArray(rows, cols, data)
const flat = (matrix: DenseMatrix): Matrix => ({
  rows: matrix.rows,
  cols: matrix.columns,
  data: Float64Array.from(matrix.to1DArray())
})
const relative = (a: Matrix, b: Matrix) =>
  frobenius({ ...a, data: a.data.map((value, k) => value - b.data[k]!) }) / frobenius(b)

/** B is a linear function of A and noise; the source directions are of uneven spread. */
async function problem (pairs: number, dSource: number, dTarget: number) {
  const A = gaussianMatrix(pairs, dSource, 1)
  A.data.forEach((value, k) => {
    A.data[k] = value * 10 ** (-2 * (k % dSource) / dSource)
  })
  const B = await engine.multiply(A, gaussianMatrix(dSource, dTarget, 2))
  const noise = gaussianMatrix(pairs, dTarget, 3)
  B.data.forEach((value, k) => {
    B.data[k] = value + noise.data[k]!
  })
  const moments: CentredMoments = {
    pairs,
    meanSource: new Float64Array(dSource),
    meanTarget: new Float64Array(dTarget),
    gram: await engine.multiply(A, A, { transposeA: true }),
    cross: await engine.multiply(A, B, { transposeA: true })
  }
  return { A, B, moments }
}

/** The rows that turn ridge regression into least squares: `sqrt(lambda s) I` under A, zeros under B. */
function augmented ({ A, B }: { A: Matrix, B: Matrix }, lambda: number): { A: DenseMatrix, B: DenseMatrix } {
  const d = A.cols
  const penalty = Math.sqrt(lambda * frobenius(A) ** 2 / d)
  return {
    A: new DenseMatrix([...dense(A).to2DArray(), ...DenseMatrix.eye(d).mul(penalty).to2DArray()]),
    B: new DenseMatrix([...dense(B).to2DArray(), ...DenseMatrix.zeros(d, B.cols).to2DArray()])
  }
}

/** Fits by QR, then projects the fitted values on their principal directions. */
function independent (rows: { A: DenseMatrix, B: DenseMatrix }, rank: number): Matrix {
  const W = new QrDecomposition(rows.A).solve(rows.B)
  const V = new SVD(rows.A.mmul(W), {
    autoTranspose: true
  }).rightSingularVectors.subMatrix(0, W.columns - 1, 0, rank - 1)
  return flat(W.mmul(V).mmul(V.transpose()))
}

// 200 -> 64 and back stand for spaces of very different dimensions.
for (
  const [dSource, dTarget, ranks] of [
    [24, 17, [1, 8, 16]],
    [17, 24, [1, 8, 16]],
    [20, 20, [5, 19]],
    [3, 40, [2]],
    [200, 64, [16, 48]],
    [64, 200, [16, 48]]
  ] as const
) {
  test(`${dSource} x ${dTarget}: what an independent solver finds by fitting and projecting`, async () => {
    const data = await problem(300, dSource, dTarget)
    for (const lambda of [1e-6, 0.1]) {
      const ofRank = await lowRankRidge(data.moments, lambda, engine)
      const rows = augmented(data, lambda)
      for (const rank of ranks) {
        const difference = relative(await ofRank(rank), independent(rows, rank))
        assert.ok(difference < 1e-6, `lambda ${lambda}, rank ${rank}: ${difference}`)
      }
    }
  })
}

test('the full rank is ridge', async () => {
  for (const [dSource, dTarget] of [[24, 17], [17, 24]] as const) {
    const { moments } = await problem(100, dSource, dTarget)
    assert.ok(
      relative(await (await lowRankRidge(moments, 0.01, engine))(17), await ridge(moments, 0.01, engine)) < 1e-10
    )
  }
})

test('the weights have the rank asked for, and the penalised error falls as it grows', async () => {
  const data = await problem(100, 24, 17)
  const rows = augmented(data, 0.1)
  const ofRank = await lowRankRidge(data.moments, 0.1, engine)
  const error = (W: DenseMatrix) => DenseMatrix.sub(rows.A.mmul(W), rows.B).norm()
  const full = new SVD(dense(await ridge(data.moments, 0.1, engine)))
  let before = Infinity
  for (let rank = 1; rank <= 17; rank++) {
    const W = dense(await ofRank(rank))
    assert.ok(new SVD(W).diagonal.filter(value => value > 1e-10).length === rank)
    assert.ok(error(W) < before)
    before = error(W)
    // Cutting the weights themselves is no better than cutting what they predict.
    const cut = DenseMatrix.diag(full.diagonal.map((value, k) => k < rank ? value : 0))
    assert.ok(error(full.leftSingularVectors.mmul(cut).mmul(full.rightSingularVectors.transpose())) >= error(W) - 1e-10)
  }
})

test('where the target sees few directions of the source, their number as rank comes closer than ridge', async () => {
  const A = gaussianMatrix(60, 24, 4)
  const truth = await engine.multiply(gaussianMatrix(24, 3, 5), gaussianMatrix(3, 20, 6))
  const B = await engine.multiply(A, truth)
  const noise = gaussianMatrix(60, 20, 7)
  B.data.forEach((value, k) => {
    B.data[k] = value + 2 * noise.data[k]!
  })
  const moments: CentredMoments = {
    pairs: 60,
    meanSource: new Float64Array(24),
    meanTarget: new Float64Array(20),
    gram: await engine.multiply(A, A, { transposeA: true }),
    cross: await engine.multiply(A, B, { transposeA: true })
  }
  const ofRank = await lowRankRidge(moments, 0.01, engine)
  const errors = await Promise.all([2, 3, 4].map(async rank => relative(await ofRank(rank), truth)))
  assert.ok(errors[1]! < errors[0]! && errors[1]! < errors[2]!)
  assert.ok(errors[1]! < 0.7 * relative(await ridge(moments, 0.01, engine), truth))
})

test('works with fewer pairs than dimensions, and refuses ranks that there are not', async () => {
  const { moments } = await problem(12, 24, 17)
  const ofRank = await lowRankRidge(moments, 1e-3, engine)
  const W = await ofRank(15)
  assert.ok(W.data.every(Number.isFinite) && relative(W, await ridge(moments, 1e-3, engine)) < 1e-6)
  for (const rank of [0, 18, 1.5, NaN]) {
    await assert.rejects(ofRank(rank), { name: 'RangeError', message: /rank: expected an integer from 1 to 17/ })
  }
})
