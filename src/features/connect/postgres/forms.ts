import type { RowMemory } from '../../../engines/threads/row-memory.js'
import type { TemplateMatrix } from '../../../science/linear-algebra/matrix.js'
import { vectorDefect } from '../../../science/template/check.js'
import { decimalsText, maxDecimalsBytes } from '../../../science/template/decimals.js'
import { float16 } from '../../../science/template/float16.js'
import { bytesOfFloat32, float32FromBytes } from '../../../science/template/float32.js'

export interface WriteOptions {
  /** of the type `vector`, where there is pgvector */
  readonly oid: number | undefined
  /** for the bytes, which go back to it once they are sent */
  readonly memory: RowMemory
}

/**
 * How a column stores templates. Numbers travel in the binary form of Postgres where there is one: as text, 512 numbers
 * take 6 KB to send and 30 us to read.
 */
export interface Form {
  /** The type of a column of templates of `dimension` numbers. @param declared type of the column before */
  type(dimension: number, declared: { readonly type: string, readonly limited: boolean }): string
  /** An expression of type bytea that makes of a column what `read` takes. */
  select(column: string): string
  /**
   * Reads a template into a row of its length.
   * @returns how many numbers it has; undefined when it is no array of numbers. Others than the row has are not read
   */
  read(bytes: Buffer, row: Float32Array): number | undefined
  /**
   * SQL of a relation `given (id, template)` of the parameters $1, the ids, and $2, what `write` returns.
   * @param id type of the ids @param type of the column
   */
  given(id: string, type: string, dimension: number): string
  write(templates: TemplateMatrix, options: WriteOptions): Buffer | string[]
  /** The longest templates that an index of pgvector takes; undefined without one. */
  readonly maxIndexed: number | undefined
}

const realOid = 700
const doubleOid = 701

const vector: Form = {
  type: (dimension, { limited }) => limited ? `vector(${dimension})` : 'vector',
  select: column => `vector_send(${column})`,
  read (bytes, row) {
    const count = bytes.readUInt16BE(0)
    if (count === row.length) {
      const own = bytesOfFloat32(row)
      bytes.copy(own, 0, 4)
      own.swap32()
    }
    return count
  },
  given: id => `SELECT * FROM unnest($1::${id}[], $2::vector[]) AS given (id, template)`,
  write: (templates, { oid, memory }) => vectors(templates, oid!, memory),
  maxIndexed: 2000
}

const halfvec: Form = {
  ...vector,
  type: (dimension, { limited }) => limited ? `halfvec(${dimension})` : 'halfvec',
  select: column => `halfvec_send(${column})`,
  read (bytes, row) {
    const count = bytes.readUInt16BE(0)
    if (count === row.length) row.forEach((_, i) => (row[i] = float16(bytes.readUInt16BE(4 + 2 * i))))
    return count
  },
  given: id => `SELECT id, template::halfvec FROM unnest($1::${id}[], $2::vector[]) AS given (id, template)`,
  maxIndexed: 4000
}

const array: Form = {
  type: (_dimension, { type }) => type,
  select: column => `array_send(${column})`,
  read: readArray,
  // A slice of an array of fixed-length elements is found without reading those before it.
  given: (id, type, dimension) =>
    `SELECT given.id, ($2::real[])[(place - 1) * ${dimension} + 1 : place * ${dimension}]::${type} AS template
    FROM unnest($1::${id}[]) WITH ORDINALITY AS given (id, place)`,
  write: ({ data }, { memory }) => reals(data, memory),
  maxIndexed: undefined
}

const text: Form = {
  type: (_dimension, { type }) => type,
  select: column => `convert_to(${column}::text, 'UTF8')`,
  read (bytes, row) {
    try {
      const numbers: unknown = JSON.parse(bytes.toString())
      if (!Array.isArray(numbers) || !numbers.every(number => typeof number === 'number')) return undefined
      if (numbers.length === row.length) row.set(numbers)
      return numbers.length
    } catch {
      return undefined
    }
  },
  given: (id, type) =>
    `SELECT id, template::${type} AS template FROM unnest($1::${id}[], $2::text[]) AS given (id, template)`,
  write ({ rows, cols, data }) {
    const bytes = Buffer.allocUnsafe(maxDecimalsBytes(cols))
    return Array.from(
      { length: rows },
      (_, row) => decimalsText(data.subarray(row * cols, (row + 1) * cols) as Float32Array, bytes)
    )
  },
  maxIndexed: undefined
}

/** By the name of the type of the column. */
export const forms: Readonly<Record<string, Form>> = {
  vector,
  halfvec,
  _float4: array,
  _float8: array,
  text,
  varchar: text,
  json: text,
  jsonb: text
}

/** Why bytes are no template of the length of `row`; undefined when it has been put there. */
export function readTemplate (form: Form, bytes: Buffer, row: Float32Array): string | undefined {
  const count = form.read(bytes, row)
  if (count === undefined) return 'expected an array of numbers, received something else'
  return count === row.length ? vectorDefect(row) : `expected ${row.length} numbers, received ${count}`
}

/**
 * The binary form of a one-dimensional array: dimensions, whether there are nulls, type, length, lower bound, and each
 * element with its length before it. Other shapes and nulls are no templates.
 */
function readArray (bytes: Buffer, row: Float32Array): number | undefined {
  const dimensions = bytes.readInt32BE(0)
  if (dimensions === 0) return 0
  const [nulls, type] = [bytes.readInt32BE(4), bytes.readInt32BE(8)]
  if (dimensions !== 1 || nulls !== 0 || (type !== realOid && type !== doubleOid)) return undefined
  const count = bytes.readInt32BE(12)
  if (count !== row.length) return count
  if (type === doubleOid) row.forEach((_, i) => (row[i] = bytes.readDoubleBE(24 + 12 * i)))
  else {
    // Words of 32 bits: they are turned round at once, and every second one is a number.
    const { words, own } = scratchOf(2 * count)
    bytes.copy(own, 0, 20)
    own.swap32()
    for (let i = 0; i < count; i++) row[i] = words[2 * i + 1]!
  }
  return count
}

let scratch: { readonly words: Float32Array, readonly own: Buffer } = {
  words: new Float32Array(0),
  own: Buffer.alloc(0)
}

/** Words that a row is turned round in. One for each row would keep the garbage collector busy all the time. */
function scratchOf (count: number): typeof scratch {
  if (scratch.words.length !== count) {
    const words = new Float32Array(count)
    scratch = { words, own: bytesOfFloat32(words) }
  }
  return scratch
}

/** An array of vectors in binary form: words of 32 bits throughout, so that all are turned round at once. */
function vectors ({ rows, cols, data }: TemplateMatrix, oid: number, memory: RowMemory): Buffer {
  const { words, integers } = wordsOf(memory, 5 + rows * (2 + cols))
  integers.set([1, 0, oid, rows, 1])
  for (let row = 0; row < rows; row++) {
    const at = 5 + row * (2 + cols)
    integers[at] = 4 + 4 * cols
    integers[at + 1] = cols << 16
    words.set(data.subarray(row * cols, (row + 1) * cols), at + 2)
  }
  return bytesOfFloat32(words).swap32()
}

function reals (data: Float32Array, memory: RowMemory): Buffer {
  const { words, integers } = wordsOf(memory, 5 + 2 * data.length)
  integers.set([1, 0, realOid, data.length, 1])
  for (let i = 0; i < data.length; i++) {
    integers[5 + 2 * i] = 4
    words[6 + 2 * i] = data[i]!
  }
  return bytesOfFloat32(words).swap32()
}

function wordsOf (memory: RowMemory, count: number) {
  const words = float32FromBytes(memory.take(4 * count))
  return { words, integers: new Int32Array(words.buffer, words.byteOffset, count) }
}
