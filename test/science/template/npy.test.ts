import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Problem } from '../../../src/errors.js'
import type { TemplateMatrix } from '../../../src/science/linear-algebra/matrix.js'
import { float16Bits } from '../../../src/science/template/float16.js'
import { npyHeader, readNpy, writeNpy } from '../../../src/science/template/npy.js'

const matrix: fc.Arbitrary<TemplateMatrix> = fc.tuple(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 40 }))
  .chain(([rows, cols]) =>
    fc.float32Array({ minLength: rows * cols, maxLength: rows * cols })
      .map(data => ({ rows, cols, data }))
  )

/** A file as NumPy writes it, of any of the types that are read. */
function fileOf (type: string, { rows, cols }: TemplateMatrix, elements: Uint8Array): Buffer {
  const header = npyHeader(rows, cols).toString('latin1').replace("'<f4'", `'${type}'`)
  return Buffer.concat([Buffer.from(header, 'latin1'), elements])
}

test('what is written is read back bit by bit, and its elements begin at a multiple of 64 bytes', () => {
  fc.assert(fc.property(matrix, templates => {
    const file = writeNpy(templates)
    const read = readNpy(file)
    assert.deepEqual([read.rows, read.cols], [templates.rows, templates.cols])
    assert.deepEqual(new Uint32Array(read.data.slice().buffer), new Uint32Array(templates.data.slice().buffer))
    assert.equal((file.length - 4 * templates.data.length) % 64, 0)
  }))
})

test('half and double precision are read as the nearest single precision', () => {
  fc.assert(fc.property(matrix, templates => {
    const doubles = Float64Array.from(templates.data)
    assert.deepEqual(readNpy(fileOf('<f8', templates, new Uint8Array(doubles.buffer))).data, templates.data)
    const halves = Uint16Array.from(templates.data, float16Bits)
    const read = readNpy(fileOf('<f2', templates, new Uint8Array(halves.buffer)))
    assert.deepEqual(
      Uint16Array.from(read.data, float16Bits),
      halves.map((bits, k) => bits === 0x8000 ? float16Bits(read.data[k]!) : bits)
    )
  }))
})

test('a file that is cut or continued anywhere is refused', () => {
  fc.assert(fc.property(matrix, fc.nat(), fc.uint8Array({ minLength: 1, maxLength: 8 }), (templates, at, more) => {
    const file = writeNpy(templates)
    const refused = (bytes: Uint8Array) => {
      assert.throws(() => readNpy(bytes), (error: unknown) => error instanceof Problem && error.code === 'body-invalid')
    }
    refused(file.subarray(0, at % file.length))
    refused(Buffer.concat([file, more]))
  }))
})
