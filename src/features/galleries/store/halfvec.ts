import type { TemplateMatrix } from '../../../science/linear-algebra/matrix.js'
import { float16Bits } from '../../../science/template/float16.js'

/**
 * Encodes rows as a parameter of type `halfvec[]` in the binary array format (`array_recv`). Each element is a number
 * of dimensions, an unused word and big-endian half-precision numbers. PGlite writes 1,000 rows of 512 numbers in 30 ms
 * this way; as text they took 3.1 s.
 *
 * @param oid of the type `halfvec`, which differs from database to database
 */
export function halfvecArray ({ rows, cols, data }: TemplateMatrix, oid: number): Buffer {
  const bytesOfRow = 4 + 2 * cols
  const buffer = Buffer.alloc(20 + rows * (4 + bytesOfRow))
  // Header: one dimension, no nulls, element type, length, first subscript.
  let at = 0
  for (const word of [1, 0, oid, rows, 1]) at = buffer.writeUInt32BE(word, at)
  for (let row = 0; row < rows; row++) {
    at = buffer.writeUInt32BE(bytesOfRow, at)
    at = buffer.writeUInt16BE(cols, at)
    at = buffer.writeUInt16BE(0, at)
    for (let i = row * cols; i < (row + 1) * cols; i++) at = buffer.writeUInt16BE(float16Bits(data[i]!), at)
  }
  return buffer
}
