import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { Matrix as DenseMatrix, QrDecomposition, SVD } from 'ml-matrix'
import { normaliseRows } from '../../../src/science/linear-algebra/normalise.js'
import { toSingle, transpose, type Matrix } from '../../../src/science/linear-algebra/matrix.js'
import { polarFactor } from '../../../src/science/linear-algebra/polar.js'
import { procrustes } from '../../../src/science/alignment/procrustes.js'
import { centre, gatherStatistics } from '../../../src/science/alignment/statistics.js'
import { createEngineProducts } from '../../../src/engines/onnx/products.js'
import { gaussianMatrix, gaussianTemplates, largestDifference } from '../../support/synthetic-pairs.js'

const engine = createEngineProducts({ threads: 1 })
after(() => engine.release())

const dense = ({ rows, cols, data }: Matrix) => DenseMatrix.from1DArray(rows, cols, data)
const flat = (matrix: DenseMatrix): Matrix => ({
  rows: matrix.rows,
  cols: matrix.columns,
  data: Float64Array.from(matrix.to1DArray())
})
const identity = (n: number) => flat(DenseMatrix.eye(n))
const rotation = (n: number, seed: number) =>
  flat(new QrDecomposition(dense(gaussianMatrix(n, n, seed))).orthogonalMatrix)

/** U diag(values) Vt with random orthonormal U (m, r) and V (n, r). */
function withSingularValues (m: number, n: number, values: readonly number[], seed: number) {
  const U = dense(rotation(m, seed)).subMatrix(0, m - 1, 0, values.length - 1)
  const V = dense(rotation(n, seed + 1)).subMatrix(0, n - 1, 0, values.length - 1)
  return { matrix: flat(U.mmul(DenseMatrix.diag([...values])).mmul(V.transpose())), polar: flat(U.mmul(V.transpose())) }
}

test('recovers a known rotation from templates', async () => {
  const source = normaliseRows(gaussianTemplates(300, 40, 1))
  const Q = rotation(40, 2)
  const target = await engine.multiply(source, toSingle(Q))
  const rows = source.data.length / 40
  const zero = { source: new Float64Array(40), target: new Float64Array(40) }
  const W = await procrustes(
    centre(await gatherStatistics(source, target, Array.from({ length: rows }, (_, i) => i), zero, engine)),
    engine
  )
  assert.ok(largestDifference(W, Q) < 1e-6)
})

for (const [m, n] of [[30, 30], [50, 20], [20, 50], [1, 7], [128, 96]] as const) {
  test(`${m} x ${n}: semi-orthogonal, and the U Vt of ml-matrix's decomposition`, async () => {
    const M = gaussianMatrix(m, n, m + n)
    const W = await polarFactor(M, engine)
    const gram = m >= n
      ? await engine.multiply(W, W, { transposeA: true })
      : await engine.multiply(W, W, { transposeB: true })
    assert.ok(largestDifference(gram, identity(Math.min(m, n))) < 1e-12)
    const svd = new SVD(dense(M), { autoTranspose: true })
    const r = Math.min(m, n) - 1
    const expected = svd.leftSingularVectors.subMatrix(0, m - 1, 0, r).mmul(
      svd.rightSingularVectors.subMatrix(0, n - 1, 0, r).transpose()
    )
    assert.ok(largestDifference(W, flat(expected)) < 1e-9)
  })
}

test('singular values down to 1e-6 of the largest are as good as any', async () => {
  const { matrix, polar } = withSingularValues(40, 30, Array.from({ length: 30 }, (_, k) => 10 ** (-6 * k / 29)), 3)
  assert.ok(largestDifference(await polarFactor(matrix, engine), polar) < 1e-7)
})

test('without full rank: the partial isometry on what the matrix does not take to zero', async () => {
  const { matrix, polar } = withSingularValues(40, 30, [5, 3, 1, 0.5, 0.01], 7)
  assert.ok(largestDifference(await polarFactor(matrix, engine), polar) < 1e-6)
})

test('singular values between signal and noise: the decomposition decides', async () => {
  const { matrix, polar } = withSingularValues(24, 18, [1, 0.3, 1e-9, 1e-10], 9)
  assert.ok(largestDifference(await polarFactor(matrix, engine), polar) < 1e-4)
  const { matrix: wide, polar: widePolar } = withSingularValues(18, 24, [1, 0.3, 1e-9, 1e-10], 9)
  assert.ok(largestDifference(await polarFactor(wide, engine), widePolar) < 1e-4)
})

test('the scale of the matrix does not matter, and transposing commutes', async () => {
  const M = gaussianMatrix(25, 14, 4)
  const W = await polarFactor(M, engine)
  assert.ok(
    largestDifference(await polarFactor({ ...M, data: M.data.map(value => value * 1e-100) }, engine), W) < 1e-12
  )
  assert.ok(largestDifference(transpose(await polarFactor(transpose(M), engine)), W) < 1e-12)
})

test('a zero matrix has no polar factor', async () => {
  await assert.rejects(polarFactor({ rows: 3, cols: 2, data: new Float64Array(6) }, engine), RangeError)
})
