import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { factorise } from '../../../src/science/linear-algebra/cholesky.js'
import { gramOfRows } from '../../../src/science/linear-algebra/gram.js'
import { toSingle, type Matrix } from '../../../src/science/linear-algebra/matrix.js'
import { createRandom } from '../../../src/science/linear-algebra/random.js'
import { referenceProducts } from '../../../src/science/linear-algebra/reference-products.js'
import { createEngineProducts } from '../../../src/engines/onnx/products.js'
import { gaussianMatrix, largestDifference } from '../../support/synthetic-pairs.js'

const engine = createEngineProducts({ threads: 1 })
after(() => engine.release())

test('large products on several threads agree with the reference', async () => {
  const threaded = createEngineProducts({ threads: 2 })
  try {
    const [a, b] = [gaussianMatrix(300, 400, 1), gaussianMatrix(400, 300, 2)] // 36 million multiplications
    assert.ok(largestDifference(await threaded.multiply(a, b), await referenceProducts.multiply(a, b)) < 1e-11)
    assert.ok(
      largestDifference(
        await threaded.multiply(toSingle(a), toSingle(b)),
        await referenceProducts.multiply(toSingle(a), toSingle(b))
      ) < 1e-3
    )
  } finally {
    await threaded.release()
  }
})

test('both implementations agree for random shapes, precisions and transpositions', async () => {
  const random = createRandom(11)
  for (let round = 0; round < 40; round++) {
    const [rows, inner, cols] = [1 + random.integer(70), 1 + random.integer(150), 1 + random.integer(70)]
    const options = { transposeA: random.next() < 0.5, transposeB: random.next() < 0.5 }
    const a = options.transposeA ? gaussianMatrix(inner, rows, round) : gaussianMatrix(rows, inner, round)
    const b = options.transposeB ? gaussianMatrix(cols, inner, round + 99) : gaussianMatrix(inner, cols, round + 99)
    const shape = `${rows} x ${inner} x ${cols} ${JSON.stringify(options)}`

    const double = await engine.multiply(a, b, options)
    const expected = await referenceProducts.multiply(a, b, options)
    assert.deepEqual([double.rows, double.cols], [rows, cols], shape)
    assert.ok(largestDifference(double, expected) < 1e-12, shape)

    const single = await engine.multiply(toSingle(a), toSingle(b), options)
    assert.ok(single.data instanceof Float32Array)
    assert.ok(
      largestDifference(single, await referenceProducts.multiply(toSingle(a), toSingle(b), options)) < 1e-4,
      shape
    )
  }
})

test('both implementations sum the same rows, with columns in one part or in several', async () => {
  for (const [dA, dB, count] of [[3, 5, 0], [24, 17, 40], [130, 70, 9], [300, 31, 2100]] as const) {
    const shifted = (d: number, seed: number) => ({
      rows: toSingle(gaussianMatrix(50, d, seed)),
      origin: gaussianMatrix(1, d, seed + 1).data
    })
    const [a, b] = [shifted(dA, 1), shifted(dB, 5)]
    const indices = Array.from({ length: count }, (_, i) => (i * 7) % 50)
    const [actual, expected] = [await engine.sumRows(indices, a, b), await referenceProducts.sumRows(indices, a, b)]
    for (const member of ['gram', 'cross'] as const) {
      assert.ok(largestDifference(actual[member], expected[member]) < 1e-9, `${member} of ${dA}`)
    }
    for (const member of ['sum', 'sumB'] as const) {
      assert.ok(actual[member].every((value, j) => Math.abs(value - expected[member][j]!) < 1e-9), `${member} of ${dA}`)
    }
    const { gram, sum } = await engine.sumRows(indices, a)
    assert.ok(largestDifference(gram, expected.gram) < 1e-9 && sum.length === dA)
    await assert.rejects(engine.sumRows(indices, { ...a, origin: b.origin }), {
      name: 'RangeError',
      message: new RegExp(`origin of ${dA} numbers, received ${dB}`)
    })
  }
})

test('the engine returns the large elements and few others', async () => {
  const [a, b] = [toSingle(gaussianMatrix(200, 8, 1)), toSingle(gaussianMatrix(300, 8, 2))]
  const { large } = await engine.largeElements(a, b, Int32Array.of(0), 6000)
  assert.ok(large.length < 8000, String(large.length))
})

test('a Gram matrix in panels is the product of all rows with all rows', async () => {
  for (const n of [1, 64, 65, 300]) {
    const X = gaussianMatrix(n, 40, n)
    assert.ok(
      largestDifference(
        await gramOfRows(X, engine),
        await referenceProducts.multiply(X, X, { transposeB: true })
      ) < 1e-11,
      String(n)
    )
  }
})

test('the reference follows the definition', async () => {
  const a = { rows: 2, cols: 3, data: Float64Array.of(1, 2, 3, 4, 5, 6) }
  const b = { rows: 3, cols: 2, data: Float64Array.of(7, 8, 9, 10, 11, 12) }
  assert.deepEqual((await referenceProducts.multiply(a, b)).data, Float64Array.of(58, 64, 139, 154))
  assert.deepEqual((await referenceProducts.multiply(a, a, { transposeB: true })).data, Float64Array.of(14, 32, 32, 77))
  assert.deepEqual(
    (await referenceProducts.multiply(a, a, { transposeA: true })).data,
    Float64Array.of(17, 22, 27, 22, 29, 36, 27, 36, 45)
  )
})

for (const [name, products] of [['reference', referenceProducts], ['engine', engine]] as const) {
  test(`${name}: views into larger arrays are multiplied as views`, async () => {
    const whole = gaussianMatrix(20, 5, 3)
    const view: Matrix = { rows: 4, cols: 5, data: whole.data.subarray(30, 50) }
    const copy: Matrix = { rows: 4, cols: 5, data: whole.data.slice(30, 50) }
    assert.deepEqual(
      (await products.multiply(view, view, { transposeB: true })).data,
      (await products.multiply(copy, copy, { transposeB: true })).data
    )
  })

  test(`${name}: an empty sum is zero, an empty operand gives an empty product`, async () => {
    const empty = (rows: number, cols: number): Matrix => ({ rows, cols, data: new Float64Array(0) })
    assert.deepEqual(await products.multiply(empty(2, 0), empty(0, 3)), { rows: 2, cols: 3, data: new Float64Array(6) })
    assert.deepEqual(await products.multiply(empty(0, 4), gaussianMatrix(4, 3, 1)), {
      rows: 0,
      cols: 3,
      data: new Float64Array(0)
    })
  })

  test(`${name}: large elements are all those above some value, plus the positions asked for`, async () => {
    for (const [rows, inner, cols] of [[3, 5, 7], [60, 4, 50]] as const) {
      const [a, b] = [toSingle(gaussianMatrix(rows, inner, 1)), toSingle(gaussianMatrix(cols, inner, 2))]
      const all = (await products.multiply(a, b, { transposeB: true })).data
      for (const count of [1, 17, 300, rows * cols, 2 * rows * cols]) {
        const { picked, large, from } = await products.largeElements(a, b, Int32Array.of(0, rows * cols - 1, 5), count)
        assert.deepEqual(picked, Float32Array.of(all[0]!, all.at(-1)!, all[5]!))
        assert.deepEqual(large.slice().sort(), all.filter(value => value >= from).sort())
        assert.ok(large.length >= Math.min(count, rows * cols))
      }
    }
  })

  test(`${name}: substitution solves triangular systems, forwards and backwards`, async () => {
    for (const [n, m] of [[1, 3], [64, 5], [65, 1], [200, 7], [330, 20]] as const) {
      const gaussian = gaussianMatrix(n, n, n)
      const factor = await factorise(
        await referenceProducts.multiply(gaussian, gaussian, { transposeB: true }),
        referenceProducts
      )
      assert.ok(factor.positiveDefinite)
      const X = gaussianMatrix(n, m, 2)
      for (const direction of ['forwards', 'backwards'] as const) {
        const right = await referenceProducts.multiply(factor.lower, X, { transposeA: direction === 'backwards' })
        assert.ok(largestDifference(await products.substitute(factor, right, direction), X) < 1e-9, `${n} ${direction}`)
      }
      await assert.rejects(products.substitute(factor, gaussianMatrix(n + 1, m, 1), 'forwards'), {
        name: 'RangeError',
        message: new RegExp(`right-hand side of ${n} rows, received ${n + 1} x ${m}`)
      })
    }
  })

  test(`${name}: shapes that do not fit are refused, naming both`, async () => {
    await assert.rejects(products.multiply(gaussianMatrix(2, 3, 1), gaussianMatrix(4, 5, 1)), {
      name: 'RangeError',
      message: /2 x 3.*4 x 5/
    })
    await assert.rejects(products.multiply({ rows: 2, cols: 2, data: new Float64Array(3) }, gaussianMatrix(2, 2, 1)), {
      name: 'RangeError',
      message: /expected 2 x 2 = 4 elements, received 3/
    })
  })
}
