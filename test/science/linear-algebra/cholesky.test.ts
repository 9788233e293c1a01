import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { factorise, solve } from '../../../src/science/linear-algebra/cholesky.js'
import { frobenius, type Matrix } from '../../../src/science/linear-algebra/matrix.js'
import { referenceProducts } from '../../../src/science/linear-algebra/reference-products.js'
import { createEngineProducts } from '../../../src/engines/onnx/products.js'
import { gaussianMatrix, largestDifference } from '../../support/synthetic-pairs.js'

const engine = createEngineProducts({ threads: 1 })
after(() => engine.release())

/** Symmetric, positive definite, of condition number 1e3 or so. */
async function positiveDefinite (n: number): Promise<Matrix> {
  const a = gaussianMatrix(n + 20, n, n)
  return await engine.multiply(a, a, { transposeA: true })
}

// One block, its edge, one more than it, several with a rest.
for (const n of [1, 2, 63, 64, 65, 200]) {
  test(`order ${n}: L Lt = A, and A X = C`, async () => {
    const A = await positiveDefinite(n)
    for (const products of [referenceProducts, engine]) {
      const factor = await factorise(A, products)
      assert.ok(factor.positiveDefinite)
      assert.ok(
        largestDifference(
          await products.multiply(factor.lower, factor.lower, { transposeB: true }),
          A
        ) < 1e-12 * frobenius(A)
      )
      for (let i = 0; i < n; i++) {
        assert.ok(factor.lower.data.subarray(i * n + i + 1, (i + 1) * n).every(value => value === 0))
      }

      const C = gaussianMatrix(n, 3, 5)
      const X = await solve(factor, C, products)
      assert.ok(largestDifference(await products.multiply(A, X), C) < 1e-9)
    }
  })
}

test('a matrix that is not positive definite is told by its column', async () => {
  const A = await positiveDefinite(150)
  A.data[100 * 150 + 100] = -1
  assert.deepEqual(await factorise(A, engine), { positiveDefinite: false, column: 100 })
  assert.deepEqual(await factorise({ rows: 2, cols: 2, data: new Float64Array(4) }, engine), {
    positiveDefinite: false,
    column: 0
  })
})

test('a pivot of rounding noise counts as zero at the tolerance given', async () => {
  const rows = gaussianMatrix(300, 100, 8)
  for (let i = 0; i < 300; i++) rows.data[i * 100 + 90] = rows.data[i * 100 + 3]! + rows.data[i * 100 + 4]!
  const A = await engine.multiply(rows, rows, { transposeA: true })
  assert.deepEqual(await factorise(A, engine, 1e-12), { positiveDefinite: false, column: 90 })
})

test('shapes that do not fit are refused', async () => {
  await assert.rejects(factorise(gaussianMatrix(2, 3, 1), engine), { name: 'RangeError', message: /2 x 3/ })
  const factor = await factorise(await positiveDefinite(4), engine)
  assert.ok(factor.positiveDefinite)
  await assert.rejects(solve(factor, gaussianMatrix(3, 2, 1), engine), {
    name: 'RangeError',
    message: /4 rows, received 3 x 2/
  })
})
