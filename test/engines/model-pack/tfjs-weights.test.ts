import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decodeWeights } from '../../../src/engines/model-pack/tfjs-weights.js'

/** IEEE 754 binary16 by its definition. */
function half (bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1
  const exponent = (bits >> 10) & 0x1f
  const fraction = (bits & 0x3ff) / 1024
  if (exponent === 0) return sign * fraction * 2 ** -14
  if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN
  return sign * (1 + fraction) * 2 ** (exponent - 15)
}

test('all 65,536 values of half precision become the same number in single precision', () => {
  const halves = Uint16Array.from({ length: 65536 }, (_, bits) => bits)
  const weights = decodeWeights(
    [{ name: 'w', shape: [256, 256], dtype: 'float32', quantization: { dtype: 'float16' } }],
    new Uint8Array(halves.buffer)
  )
  const values = weights.get('w')?.values
  // Object.is tells -0 from 0 and takes any NaN for any other.
  const wrong = halves.filter((bits) => !Object.is(values?.[bits], half(bits)))
  assert.deepEqual([values?.length, ...wrong], [65536])
})

test('tensors follow each other at any alignment, each in its own form', () => {
  const bytes = Buffer.alloc(3 + 4 + 4 + 2)
  bytes.set([0, 1, 255])
  bytes.writeFloatLE(-1.5, 3)
  bytes.writeInt32LE(-7, 7)
  bytes.writeUInt16LE(65535, 11)
  const weights = decodeWeights([
    { name: 'byte', shape: [3], dtype: 'float32', quantization: { dtype: 'uint8', scale: 0.5, min: -10 } },
    { name: 'single', shape: [], dtype: 'float32' },
    { name: 'integer', shape: [1], dtype: 'int32' },
    { name: 'word', shape: [1], dtype: 'float32', quantization: { dtype: 'uint16', scale: 2, min: 1 } }
  ], bytes)
  assert.deepEqual(Object.fromEntries(weights), {
    byte: { shape: [3], values: Float32Array.of(-10, -9.5, 117.5) },
    single: { shape: [], values: Float32Array.of(-1.5) },
    integer: { shape: [1], values: Int32Array.of(-7) },
    word: { shape: [1], values: Float32Array.of(131071) }
  })
})

test('a file that is shorter or longer than its tensors is refused', () => {
  const specification = [{ name: 'w', shape: [2, 2], dtype: 'float32' }]
  assert.throws(() => decodeWeights(specification, new Uint8Array(15)), {
    message: 'weight w: expected 16 bytes from 0, the file has 15'
  })
  assert.throws(() => decodeWeights(specification, new Uint8Array(17)), {
    message: 'weights: expected 16 bytes, the file has 17'
  })
})

test('an element type that is not known is refused by name', () => {
  assert.throws(
    () => decodeWeights([{ name: 'w', shape: [1], dtype: 'complex64' }], new Uint8Array(8)),
    /weight w: element type complex64/
  )
  assert.throws(
    () =>
      decodeWeights([{ name: 'w', shape: [1], dtype: 'float32', quantization: { dtype: 'uint8' } }], new Uint8Array(1)),
    /weight w: quantised without scale and min/
  )
})
