import type { TemplateMatrix } from '../linear-algebra/matrix.js'
import { Problem } from '../../errors.js'
import { float16 } from './float16.js'
import { bytesOfFloat32, float32FromBytes } from './float32.js'

/**
 * NumPy's .npy format, versions 1.0 to 3.0 (NEP 1): magic, version, length of the header, a Python literal with the
 * element type, the order and the shape, then the elements.
 */
const magic = Buffer.from('\x93NUMPY', 'latin1')

/** Element types that are read. Others, and Fortran order, are refused. */
const elementTypes: Readonly<
  Record<string, {
    bytes: number
    read: (data: Uint8Array, count: number) => Float32Array
  }>
> = {
  '<f2': { bytes: 2, read: readFloat16 },
  '<f4': { bytes: 4, read: data => float32FromBytes(data) },
  '<f8': { bytes: 8, read: readFloat64 }
}

/** Bytes of a file that tell where its elements begin. */
export const npyPrefixBytes = 12
/** A longer header cannot be that of templates: it is one line of text. */
const maxHeaderBytes = 65_536

/** The header of a file. */
export interface NpyHeader {
  readonly rows: number
  readonly cols: number
  /** the type of the elements, as NumPy writes it */
  readonly type: string
  /** bytes of one element */
  readonly elementBytes: number
  /** little-endian elements as float32, sharing the memory where they already are */
  read(data: Uint8Array, count: number): Float32Array
}

/** Whether a file begins like this format. */
export function isNpy (prefix: Buffer): boolean {
  return prefix.subarray(0, magic.length).equals(magic)
}

/**
 * Position of the first element.
 *
 * @param prefix the first 12 bytes, or fewer when the file is shorter
 * @throws Problem `body-invalid`
 */
export function npyElementsStart (prefix: Buffer): number {
  if (prefix.length < 10 || !isNpy(prefix)) {
    throw refused('the magic bytes \\x93NUMPY', `${prefix.length} bytes that begin otherwise`)
  }
  const version = prefix[6]
  if (version !== 1 && version !== 2 && version !== 3) throw refused('version 1, 2 or 3', `version ${version}`)
  if (prefix.length < npyPrefixBytes) throw refused('a complete header', `${prefix.length} bytes`)
  const length = version === 1 ? prefix.readUInt16LE(8) : prefix.readUInt32LE(8)
  if (length > maxHeaderBytes) throw refused(`a header of at most ${maxHeaderBytes} bytes`, `one of ${length}`)
  return (version === 1 ? 10 : 12) + length
}

/**
 * @param bytes everything before the elements
 * @throws Problem `body-invalid`
 */
export function readNpyHeader (bytes: Buffer): NpyHeader {
  const version = bytes[6]
  const { type, rows, cols } = readLiteral(bytes.toString(version === 3 ? 'utf8' : 'latin1', version === 1 ? 10 : 12))
  const element = elementTypes[type]
  if (element === undefined) throw refused(`elements of type ${Object.keys(elementTypes).join(', ')}`, `'${type}'`)
  return { rows, cols, type, elementBytes: element.bytes, read: element.read }
}

/**
 * @param received bytes of elements
 * @throws Problem `body-invalid` when they do not fit the header
 */
export function checkNpySize ({ rows, cols, type, elementBytes }: NpyHeader, received: number): void {
  const expected = rows * cols * elementBytes
  if (received !== expected) {
    throw refused(`${expected} bytes of elements for shape (${rows}, ${cols}) of '${type}'`, `${received} bytes`)
  }
}

/**
 * Reads an array of templates: shape (n, d), or (d) for one template.
 *
 * @throws Problem `body-invalid`
 */
export function readNpy (file: Uint8Array): TemplateMatrix {
  const bytes = Buffer.from(file.buffer, file.byteOffset, file.byteLength)
  const start = npyElementsStart(bytes.subarray(0, npyPrefixBytes))
  if (start > bytes.length) throw refused('a complete header', `${bytes.length} bytes`)
  const header = readNpyHeader(bytes.subarray(0, start))
  if (header.rows === 0) throw emptyNpy(header.cols)
  const data = bytes.subarray(start)
  checkNpySize(header, data.length)
  return { rows: header.rows, cols: header.cols, data: header.read(data, header.rows * header.cols) }
}

/** The problem of a file without rows where rows are needed. */
export const emptyNpy = (cols: number) => refused('shape (n, d) with n of 1 or more', `(0, ${cols})`)

/** The bytes before the elements: version 1.0, little-endian float32, shape (n, d). */
export function npyHeader (rows: number, cols: number): Buffer {
  const header = `{'descr': '<f4', 'fortran_order': False, 'shape': (${rows}, ${cols}), }`
  // NumPy aligns the elements to 64 bytes and ends the header in a newline.
  const length = Math.ceil((10 + header.length + 1) / 64) * 64 - 10
  const prefix = Buffer.alloc(10)
  magic.copy(prefix)
  prefix[6] = 1
  prefix.writeUInt16LE(length, 8)
  return Buffer.concat([prefix, Buffer.from(header.padEnd(length - 1) + '\n', 'latin1')])
}

/** Writes templates as version 1.0, little-endian float32, shape (n, d). */
export function writeNpy (templates: TemplateMatrix): Buffer {
  return Buffer.concat([npyHeader(templates.rows, templates.cols), bytesOfFloat32(templates.data)])
}

function readLiteral (header: string): { type: string, rows: number, cols: number } {
  const type = /'descr'\s*:\s*'([^']{1,16})'/.exec(header)?.[1]
  const order = /'fortran_order'\s*:\s*(True|False)/.exec(header)?.[1]
  const shape = /'shape'\s*:\s*\(([\d,\s]{0,64})\)/.exec(header)?.[1]
  if (type === undefined || order === undefined || shape === undefined) {
    throw refused("a header with 'descr', 'fortran_order' and 'shape'", JSON.stringify(header.slice(0, 80)))
  }
  if (order === 'True') throw refused('rows in C order', 'Fortran order')
  const sizes = shape.split(',').map(size => size.trim()).filter(size => size !== '').map(Number)
  const [rows, cols] = sizes.length === 1 ? [1, sizes[0]] : sizes
  if (sizes.length > 2 || !isCount(rows, 0) || !isCount(cols, 1)) {
    throw refused('shape (n, d) or (d) with d of 1 or more', `(${shape})`)
  }
  return { type, rows, cols }
}

const isCount = (size: number | undefined, least: number): size is number =>
  size !== undefined && Number.isSafeInteger(size) && size >= least

const refused = (expected: string, received: string) =>
  new Problem('body-invalid', `.npy: expected ${expected}, received ${received}`)

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
