import type { TemplateMatrix } from '../alignment/matrix.js'
import { Problem } from '../errors.js'
import { float16 } from './float16.js'
import { bytesOfFloat32, float32FromBytes } from './float32.js'

/**
 * NumPy's .npy format, versions 1.0 to 3.0 (NEP 1): magic, version, length of the header, a Python literal with the
 * element type, the order and the shape, then the elements.
 */
const magic = Buffer.from('\x93NUMPY', 'latin1')

/** Element types that are read, with the bytes of one element. Others, and Fortran order, are refused. */
const elementTypes: Readonly<Record<string, { bytes: number, read: (data: Uint8Array, count: number) => Float32Array }>> = {
  '<f2': { bytes: 2, read: readFloat16 },
  '<f4': { bytes: 4, read: data => float32FromBytes(data) },
  '<f8': { bytes: 8, read: readFloat64 }
}

/**
 * Reads an array of templates: shape (n, d), or (d) for one template.
 *
 * @throws Problem `body-invalid` saying what was expected and what was received
 */
export function readNpy (file: Uint8Array): TemplateMatrix {
  const bytes = Buffer.from(file.buffer, file.byteOffset, file.byteLength)
  if (bytes.length < 10 || !bytes.subarray(0, 6).equals(magic)) {
    throw refused('the magic bytes \\x93NUMPY', `${bytes.length} bytes that begin otherwise`)
  }
  const version = bytes[6]
  if (version !== 1 && version !== 2 && version !== 3) throw refused('version 1, 2 or 3', `version ${version}`)
  const start = version === 1 ? 10 : 12
  const end = bytes.length < start ? Infinity : start + (version === 1 ? bytes.readUInt16LE(8) : bytes.readUInt32LE(8))
  if (end > bytes.length) throw refused('a complete header', `${bytes.length} bytes`)
  const { type, rows, cols } = readHeader(bytes.toString(version === 3 ? 'utf8' : 'latin1', start, end))
  const element = elementTypes[type]
  if (element === undefined) throw refused(`elements of type ${Object.keys(elementTypes).join(', ')}`, `'${type}'`)
  const data = bytes.subarray(end)
  if (data.length !== rows * cols * element.bytes) {
    throw refused(`${rows * cols * element.bytes} bytes of elements for shape (${rows}, ${cols}) of '${type}'`, `${data.length} bytes`)
  }
  return { rows, cols, data: element.read(data, rows * cols) }
}

/** Writes templates as version 1.0, little-endian float32, shape (n, d). */
export function writeNpy (templates: TemplateMatrix): Buffer {
  const header = `{'descr': '<f4', 'fortran_order': False, 'shape': (${templates.rows}, ${templates.cols}), }`
  // The elements begin at a multiple of 64 bytes, as NumPy pads it, and the header ends in a newline.
  const length = Math.ceil((10 + header.length + 1) / 64) * 64 - 10
  const prefix = Buffer.alloc(10)
  magic.copy(prefix)
  prefix[6] = 1
  prefix.writeUInt16LE(length, 8)
  return Buffer.concat([prefix, Buffer.from(header.padEnd(length - 1) + '\n', 'latin1'), bytesOfFloat32(templates.data)])
}

function readHeader (header: string): { type: string, rows: number, cols: number } {
  const type = /'descr'\s*:\s*'([^']{1,16})'/.exec(header)?.[1]
  const order = /'fortran_order'\s*:\s*(True|False)/.exec(header)?.[1]
  const shape = /'shape'\s*:\s*\(([\d,\s]{0,64})\)/.exec(header)?.[1]
  if (type === undefined || order === undefined || shape === undefined) {
    throw refused("a header with 'descr', 'fortran_order' and 'shape'", JSON.stringify(header.slice(0, 80)))
  }
  if (order === 'True') throw refused('rows in C order', 'Fortran order')
  const sizes = shape.split(',').map(size => size.trim()).filter(size => size !== '').map(Number)
  const [rows, cols] = sizes.length === 1 ? [1, sizes[0]] : sizes
  if (sizes.length > 2 || !isCount(rows) || !isCount(cols)) throw refused('shape (n, d) or (d) with n and d of 1 or more', `(${shape})`)
  return { type, rows, cols }
}

const isCount = (size: number | undefined): size is number => size !== undefined && Number.isSafeInteger(size) && size >= 1

const refused = (expected: string, received: string) => new Problem('body-invalid', `.npy: expected ${expected}, received ${received}`)

function readFloat64 (data: Uint8Array, count: number): Float32Array {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength)
  const values = new Float32Array(count)
  for (let i = 0; i < count; i++) values[i] = view.getFloat64(i * 8, true)
  return values
}

function readFloat16 (data: Uint8Array, count: number): Float32Array {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength)
  const values = new Float32Array(count)
  for (let i = 0; i < count; i++) values[i] = float16(view.getUint16(i * 2, true))
  return values
}
