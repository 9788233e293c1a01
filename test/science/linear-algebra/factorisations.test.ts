import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { factorise, solve } from '../../../src/science/linear-algebra/cholesky.js'
import { transpose, type Matrix } from '../../../src/science/linear-algebra/matrix.js'
import { polarFactor } from '../../../src/science/linear-algebra/polar.js'
import { referenceProducts as products } from '../../../src/science/linear-algebra/reference-products.js'
import { whitening } from '../../../src/science/linear-algebra/whitening.js'
import { gaussianMatrix, largestDifference } from '../../support/synthetic-pairs.js'

const size = fc.integer({ min: 1, max: 12 })
const seed = fc.nat(1e6)
const scales = fc.double({ min: 1e-3, max: 1e3, noNaN: true })
const runs = { numRuns: 60 }

function identity (n: number): Matrix {
  return { rows: n, cols: n, data: Float64Array.from({ length: n * n }, (_, k) => k % (n + 1) === 0 ? 1 : 0) }
}

function scaled (matrix: Matrix, factor: number): Matrix {
  return { ...matrix, data: matrix.data.map(value => factor * value) }
}

/** Symmetric and positive definite. */
async function covariance (n: number, start: number): Promise<Matrix> {
  const a = gaussianMatrix(2 * n + 4, n, start)
  return await products.multiply(a, a, { transposeA: true })
}

test('a Cholesky factor multiplies back to its matrix, solves its system, and scales by the root', async () => {
  await fc.assert(
    fc.asyncProperty(size, seed, scales, async (n, start, scale) => {
      const A = await covariance(n, start)
      const factor = await factorise(A, products)
      assert.ok(factor.positiveDefinite)
      const back = await products.multiply(factor.lower, factor.lower, { transposeB: true })
      assert.ok(largestDifference(back, A) < 1e-10 * n * n)
      const inverse = await solve(factor, identity(n), products)
      assert.ok(largestDifference(await products.multiply(A, inverse), identity(n)) < 1e-8)
      const larger = await factorise(scaled(A, scale), products)
      assert.ok(larger.positiveDefinite)
      assert.ok(
        largestDifference(larger.lower, scaled(factor.lower, Math.sqrt(scale))) < 1e-10 * n * n * Math.sqrt(scale)
      )
    }),
    runs
  )
})

test('a matrix with a negative eigenvalue has no Cholesky factor, whatever direction it lies in', async () => {
  await fc.assert(
    fc.asyncProperty(size, seed, async (n, start) => {
      // `Q D Qt` with D the identity but for one element of -1.
      const Q = await polarFactor(gaussianMatrix(n, n, start), products)
      const turned = { ...Q, data: Q.data.map((value, k) => k % n === start % n ? -value : value) }
      const factor = await factorise(await products.multiply(turned, Q, { transposeB: true }), products)
      assert.equal(factor.positiveDefinite, false)
    }),
    runs
  )
})

test('a polar factor is semi-orthogonal, rotates with its matrix, and ignores its scale', async () => {
  await fc.assert(
    fc.asyncProperty(size, size, seed, async (rows, cols, start) => {
      const M = gaussianMatrix(rows, cols, start)
      const Q = await polarFactor(M, products)
      const wide = rows <= cols
      const gram = await products.multiply(Q, Q, wide ? { transposeB: true } : { transposeA: true })
      assert.ok(largestDifference(gram, identity(Math.min(rows, cols))) < 1e-7)
      // `M Qt` is symmetric: what is left of M when the rotation is taken off.
      const H = await products.multiply(M, Q, { transposeB: true })
      if (wide) assert.ok(largestDifference(H, transpose(H)) < 1e-6)
      assert.ok(largestDifference(await polarFactor(scaled(M, 1e-3), products), Q) < 1e-6)
      const R = await polarFactor(gaussianMatrix(rows, rows, start + 1), products)
      const rotated = await polarFactor(await products.multiply(R, M), products)
      assert.ok(largestDifference(rotated, await products.multiply(R, Q)) < 1e-6)
    }),
    runs
  )
})

test('whitening makes the shrunk covariance the identity, whatever its scale', async () => {
  const shrinkage = fc.double({ min: 0.01, max: 1, noNaN: true })
  await fc.assert(
    fc.asyncProperty(size, seed, shrinkage, async (n, start, g) => {
      const C = await covariance(n, start)
      const P = await whitening(C, g, products)
      const mean = identity(n).data.reduce((sum, one, k) => sum + one * C.data[k]!, 0) / n
      const shrunk = { ...C, data: C.data.map((value, k) => (1 - g) * value + (k % (n + 1) === 0 ? g * mean : 0)) }
      const white = await products.multiply(P, await products.multiply(shrunk, P), { transposeA: true })
      assert.ok(largestDifference(white, identity(n)) < 1e-9)
      const larger = await whitening(scaled(C, 4), g, products)
      assert.ok(largestDifference(scaled(larger, 2), P) < 1e-9)
    }),
    runs
  )
})
