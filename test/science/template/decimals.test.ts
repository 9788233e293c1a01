import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { maxDecimalsBytes, readDecimals, writeDecimals } from '../../../src/science/template/decimals.js'

const single = fc.float({ noNaN: true, noDefaultInfinity: true })
const double = fc.double({ noNaN: true, noDefaultInfinity: true })
const read = (text: string) => readDecimals(Buffer.from(text), 1)

/** Values of an array in JSON, as single precision has them. */
function expectSame (text: string): void {
  const expected = JSON.parse(text) as number[]
  const found = read(text)
  assert.ok(found !== undefined, text)
  assert.equal(found.end, text.length)
  assert.deepEqual(Float32Array.from(found.values), Float32Array.from(expected), text)
  found.values.forEach(
    (value, i) => assert.ok(Math.abs(value - expected[i]!) <= 2e-14 * Math.abs(expected[i]!), `${text}: ${value}`)
  )
}

test('reads what JSON.stringify writes, of single and of double precision', () => {
  const numbers = fc.array(fc.oneof(single, double, fc.double({ min: -2, max: 2, noNaN: true })), { minLength: 1 })
  fc.assert(
    fc.property(numbers, values => {
      const text = JSON.stringify(values)
      if (values.every(value => Math.abs(value) < 1e9 || /e/.test(String(value)))) expectSame(text)
      expectSame(JSON.stringify(values.map(value => value % 1)))
    }),
    { numRuns: 2000 }
  )
})

test('reads texts of any number of digits, on both sides of the middle between two neighbours of single precision too', () => {
  const digits = (most: number) => fc.string({ unit: fc.constantFrom(...'0123456789'), minLength: 1, maxLength: most })
  const texts = fc.tuple(
    fc.constantFrom('', '-'),
    fc.integer({ min: 0, max: 999_999_999 }),
    digits(30),
    fc.constantFrom('', 'e-7', 'E+3', 'e12', 'e-320', 'e400')
  )
    .map(([sign, whole, fraction, exponent]) => `${sign}${whole}.${fraction}${exponent}`)
  fc.assert(
    fc.property(fc.array(texts, { minLength: 1, maxLength: 4 }), list => {
      expectSameUnlessInfinite(`[${list.join(', ')}]`)
    }),
    { numRuns: 2000 }
  )
  const number = fc.float({ min: Math.fround(0.001), max: Math.fround(0.9), noNaN: true })
  fc.assert(
    fc.property(number, fc.constantFrom(-1, 0, 1), (value, side) => {
      const above = new Float32Array(Uint32Array.of(new Uint32Array(Float32Array.of(value).buffer)[0]! + 1).buffer)[0]!
      // Exact: the middle has one binary digit more.
      const middle = ((value + above) / 2).toFixed(40).replace(/0+$/, '')
      expectSame(`[${side === 0 ? middle : side > 0 ? middle + '01' : middle.slice(0, -1) + '4999'}]`)
    }),
    { numRuns: 2000 }
  )
})

function expectSameUnlessInfinite (text: string): void {
  if ((JSON.parse(text) as number[]).every(Number.isFinite)) expectSame(text)
  else assert.deepEqual(Float32Array.from(read(text)!.values), Float32Array.from(JSON.parse(text) as number[]))
}

test('reads nothing that JSON does not have', () => {
  const grammar = fc.string({ unit: fc.constantFrom(...'0123456789.-+eE, ][/:\u0000\u007fé'), maxLength: 12 })
  fc.assert(
    fc.property(grammar, inside => {
      const text = `[${inside}]`
      const found = read(text)
      if (found === undefined) return
      assert.deepEqual(
        Float32Array.from(found.values),
        Float32Array.from(JSON.parse(text.slice(0, found.end)) as number[]),
        text
      )
    }),
    { numRuns: 20_000 }
  )
  assert.equal(read(JSON.stringify(new Array(4097).fill(0.5))), undefined)
  for (
    const text of [
      '[',
      '[]',
      '[1',
      '[1,',
      '[1,]',
      '[01]',
      '[1.]',
      '[.5]',
      '[-]',
      '[1e]',
      '[1e+]',
      '[+1]',
      '[1 2]',
      '[NaN]',
      '[null]',
      '["1"]',
      '[[1]]',
      '[1;2]',
      '[0.12:4]',
      '[0.1234567/]',
      '[0.12345678901é]'
    ]
  ) {
    assert.equal(read(text), undefined, text)
  }
})

test('what is written is JSON that has the same bits in single precision, within the bytes that it may take', () => {
  const near = [
    0,
    -0,
    1,
    -1,
    0.1,
    0.01,
    0.001,
    0.5,
    3.4028234663852886e38,
    1.401298464324817e-45,
    1.1754943508222875e-38
  ].flatMap(value => {
    const bits = new Uint32Array(Float32Array.of(value).buffer)[0]!
    return [...new Float32Array(Uint32Array.of(bits, Math.max(0, bits - 1), bits + 1).buffer)].filter(Number.isFinite)
  })
  const check = (values: Float32Array) => {
    const bytes = Buffer.alloc(maxDecimalsBytes(values.length) + 3)
    const end = writeDecimals(values, bytes, 3)
    assert.ok(end <= bytes.length)
    const text = bytes.toString('latin1', 3, end)
    assert.deepEqual(
      Float32Array.from(JSON.parse(text) as number[]),
      Float32Array.from(values, value => value + 0),
      text
    )
    // Whole numbers of ten digits and more are left to JSON.parse.
    if (values.length > 0 && values.every(value => Math.abs(value) < 1e9)) {
      assert.deepEqual(Float32Array.from(read(text)!.values), Float32Array.from(values, value => value + 0))
    }
  }
  check(Float32Array.from(near))
  check(new Float32Array(0))
  fc.assert(fc.property(fc.float32Array({ noNaN: true, noDefaultInfinity: true }), check), { numRuns: 2000 })
  fc.assert(fc.property(fc.float32Array({ min: -1, max: 1, noNaN: true }), check), { numRuns: 2000 })
})
