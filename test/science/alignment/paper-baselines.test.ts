import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { Matrix as DenseMatrix, pseudoInverse, QrDecomposition, solve } from 'ml-matrix'
import { prepare, translate } from '../../../src/science/alignment/apply.js'
import { toSingle, type Matrix, type TemplateMatrix } from '../../../src/science/linear-algebra/matrix.js'
import { normaliseRows } from '../../../src/science/linear-algebra/normalise.js'
import {
  completed,
  momentsAboutOrigin,
  padded,
  paperLambda,
  paperMap,
  paperMethods,
  paperWeights
} from '../../../src/science/alignment/paper-baselines.js'
import { createEngineProducts } from '../../../src/engines/onnx/products.js'
import { gaussianMatrix, gaussianTemplates, largestDifference } from '../../support/synthetic-pairs.js'

const engine = createEngineProducts({ threads: 1 })
after(() => engine.release())

const dense = ({ rows, cols, data }: Matrix<Float32Array | Float64Array>) => DenseMatrix.from1DArray(rows, cols, data)
const flat = (matrix: DenseMatrix): Matrix => ({
  rows: matrix.rows,
  cols: matrix.columns,
  data: Float64Array.from(matrix.to1DArray())
})
const identity = (n: number) => flat(DenseMatrix.eye(n))
const rotation = (n: number, seed: number) =>
  flat(new QrDecomposition(dense(gaussianMatrix(n, n, seed))).orthogonalMatrix)
const allRows = ({ rows }: TemplateMatrix) => Array.from({ length: rows }, (_, row) => row)

/** Normalised templates of two models that see one latent world, with noise and with means far from zero. */
async function pairOfSpaces (dSource: number, dTarget: number, rows = 200) {
  const latent = gaussianTemplates(rows, 24, 1)
  const side = async (d: number, seed: number) => {
    const seen = await engine.multiply(latent, toSingle(gaussianMatrix(24, d, seed)))
    const noise = gaussianTemplates(rows, d, seed + 1)
    return normaliseRows({ ...seen, data: seen.data.map((value, k) => value + noise.data[k]! + 2) })
  }
  return { source: await side(dSource, 2), target: await side(dTarget, 4) }
}

/** (d, d): W continued with zeros. */
function paddedWeights ({ rows, cols, data }: Matrix, d: number): Matrix {
  const wide = new Float64Array(d * d)
  for (let i = 0; i < rows; i++) wide.set(data.subarray(i * cols, (i + 1) * cols), i * d)
  return { rows: d, cols: d, data: wide }
}

for (const [dSource, dTarget] of [[16, 16], [12, 20], [20, 12]] as const) {
  const d = Math.max(dSource, dTarget)

  test(`${dSource} to ${dTarget}: ridge is the closed form on padded templates, as ml-matrix solves it`, async () => {
    const { source, target } = await pairOfSpaces(dSource, dTarget)
    const W = await paperWeights('ridge', await momentsAboutOrigin(source, target, allRows(source), engine), engine)
    const [A, B] = [dense(padded(source, d)), dense(padded(target, d))]
    const expected = solve(A.transpose().mmul(A).add(DenseMatrix.eye(d).mul(paperLambda)), A.transpose().mmul(B))
    assert.ok(largestDifference(paddedWeights(W, d), flat(expected)) < 1e-9)
  })

  test(`${dSource} to ${dTarget}: linear is the least-squares solution of least norm on padded templates`, async () => {
    const { source, target } = await pairOfSpaces(dSource, dTarget)
    const W = await paperWeights('linear', await momentsAboutOrigin(source, target, allRows(source), engine), engine)
    const expected = pseudoInverse(dense(padded(source, d)), 1e-9).mmul(dense(padded(target, d)))
    assert.ok(largestDifference(paddedWeights(W, d), flat(expected)) < 1e-9)
  })

  test(`${dSource} to ${dTarget}: procrustes is semi-orthogonal, and orthogonal when the source is not the smaller side`, async () => {
    const { source, target } = await pairOfSpaces(dSource, dTarget)
    const W = await paperWeights(
      'procrustes',
      await momentsAboutOrigin(source, target, allRows(source), engine),
      engine
    )
    assert.deepEqual([W.rows, W.cols], [dSource, d])
    assert.ok(largestDifference(await engine.multiply(W, W, { transposeB: true }), identity(dSource)) < 1e-10)
    if (dSource === d) {
      assert.ok(largestDifference(await engine.multiply(W, W, { transposeA: true }), identity(d)) < 1e-10)
    }
  })

  test(`${dSource} to ${dTarget}: no orthogonal matrix has a greater tr(Wt At B) on padded templates`, async () => {
    const { source, target } = await pairOfSpaces(dSource, dTarget)
    const W = await paperWeights(
      'procrustes',
      await momentsAboutOrigin(source, target, allRows(source), engine),
      engine
    )
    const cross = dense(padded(source, d)).transpose().mmul(dense(padded(target, d)))
    const gain = (candidate: DenseMatrix) => candidate.transpose().mmul(cross).trace()
    const own = gain(dense(paddedWeights(W, d)))
    for (let seed = 1; seed <= 20; seed++) assert.ok(gain(dense(rotation(d, seed))) < own)
  })
}

test('procrustes recovers a rotation from padded templates, in either direction', async () => {
  const narrow = normaliseRows(gaussianTemplates(150, 9, 3))
  const Q = rotation(15, 5)
  const wide = await engine.multiply(padded(narrow, 15), toSingle(Q)) // the first 9 rows of Q, in 15 dimensions
  for (const [source, target] of [[narrow, wide], [wide, narrow]] as const) {
    const map = await paperMap('procrustes', await momentsAboutOrigin(source, target, allRows(source), engine), engine)
    const mapped = await translate(prepare(map), source, engine)
    assert.ok(largestDifference(mapped, padded(target, 15)) < 1e-5)
  }
})

test('from the larger side a procrustes score is x W y, whatever W is completed with', async () => {
  const { source, target } = await pairOfSpaces(20, 12)
  const map = await paperMap('procrustes', await momentsAboutOrigin(source, target, allRows(source), engine), engine)
  const scores = await engine.multiply(await translate(prepare(map), source, engine), padded(target, 20), {
    transposeB: true
  })
  const first = toSingle(flat(dense(map.weights).subMatrix(0, 19, 0, 11)))
  const expected = await engine.multiply(await engine.multiply(source, first), target, { transposeB: true })
  assert.ok(largestDifference(scores, expected) < 1e-5)
})

for (const [d, r] of [[2, 1], [7, 3], [40, 39], [130, 70]] as const) {
  test(`${r} orthonormal columns of ${d} numbers are completed to an orthogonal matrix`, async () => {
    const Q = rotation(d, d)
    const columns = flat(dense(Q).subMatrix(0, d - 1, 0, r - 1))
    const whole = await completed(columns, engine)
    assert.ok(largestDifference(await engine.multiply(whole, whole, { transposeA: true }), identity(d)) < 1e-10)
    assert.equal(largestDifference(flat(dense(whole).subMatrix(0, d - 1, 0, r - 1)), columns), 0)
  })
}

test('columns that are not orthonormal are refused', async () => {
  await assert.rejects(completed(gaussianMatrix(6, 3, 1), engine), /expected 3 orthonormal columns/)
})

test('linear is refused when the pairs do not determine it', async () => {
  const { source, target } = await pairOfSpaces(20, 12, 15)
  await assert.rejects(
    paperWeights('linear', await momentsAboutOrigin(source, target, allRows(source), engine), engine),
    RangeError
  )
})

test('the order of the pairs does not matter', async () => {
  const { source, target } = await pairOfSpaces(16, 12)
  const rows = allRows(source)
  for (const method of paperMethods) {
    const W = await paperWeights(method, await momentsAboutOrigin(source, target, rows, engine), engine)
    const reversed = await paperWeights(
      method,
      await momentsAboutOrigin(source, target, [...rows].reverse(), engine),
      engine
    )
    assert.ok(largestDifference(W, reversed) < 1e-9)
  }
})
