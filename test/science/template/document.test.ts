import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Problem } from '../../../src/errors.js'
import { readVector, writeTemplate } from '../../../src/science/template/document.js'
import { base64OfFloat32, float32FromBase64 } from '../../../src/science/template/float32.js'

const vector = fc.float32Array({ minLength: 1, maxLength: 40, noNaN: true, noDefaultInfinity: true })
  .filter(values => values.some(value => value * value > 0))
const spaceOf = (values: Float32Array) => ({ model: 'model', fingerprint: 'f'.repeat(64), dimension: values.length })

test('a template is read back bit by bit from either of its forms', () => {
  fc.assert(fc.property(vector, fc.constantFrom('numbers', 'base64'), (values, form) => {
    const space = spaceOf(values)
    const document = JSON.parse(JSON.stringify(writeTemplate(space, values, form))) as ReturnType<typeof writeTemplate>
    const read = readVector(document, space, 'template')
    // JSON has no sign of zero.
    assert.deepEqual(read.map(value => value + 0), values.map(value => value + 0))
  }))
})

test('a template of another dimension is refused, naming both', () => {
  fc.assert(fc.property(vector, fc.integer({ min: 1, max: 60 }), (values, dimension) => {
    fc.pre(dimension !== values.length)
    const space = { ...spaceOf(values), dimension }
    const document = writeTemplate(spaceOf(values), values, 'base64')
    assert.throws(
      () => readVector(document, space, 'template'),
      (error: unknown) =>
        error instanceof Problem && error.detail.includes(`${dimension} numbers`) &&
        error.detail.includes(`received ${values.length}`)
    )
  }))
})

test('base64 that lost a digit is not taken for numbers', () => {
  fc.assert(fc.property(vector, fc.nat(), (values, at) => {
    const text = base64OfFloat32(values)
    const position = at % text.replace(/=+$/, '').length
    assert.equal(float32FromBase64(text.slice(0, position) + text.slice(position + 1)), undefined)
  }))
})
