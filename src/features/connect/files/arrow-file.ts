import { open, type FileHandle } from 'node:fs/promises'
import {
  CompressionType,
  compressionRegistry,
  Data,
  Field,
  FixedSizeList,
  Float,
  Float32,
  Float64,
  LargeList,
  List,
  makeData,
  Message,
  RecordBatch,
  RecordBatchFileWriter,
  RecordBatchReader,
  Schema,
  Struct,
  type DataType,
  type Vector
} from 'apache-arrow'
import { compressors } from 'hyparquet-compressors'
import { StartupError } from '../../../errors.js'
import { bytesAt } from './bytes-at.js'
import { drawFromParts } from './drawing.js'
import { lz4Frame } from './lz4-frame.js'
import { checked, type StoredTemplate } from '../pages.js'
import type { OpenTemplateFile } from './template-file.js'

const blockRows = 2048

compressionRegistry.set(CompressionType.LZ4_FRAME, { decode: lz4Frame })
compressionRegistry.set(CompressionType.ZSTD, { decode: bytes => compressors.ZSTD!(bytes, 0).slice() })

/**
 * A column of an Arrow file (Feather 2): lists of float or double, of fixed length or not. The other columns keep their
 * values; what was compressed is not any more.
 */
export const openArrowFile: OpenTemplateFile = async (path, choice) => {
  if (choice.table !== undefined) throw new StartupError(`${path}: expected no --table, which an Arrow file has not`)
  const { column } = choice
  if (column === undefined) throw new StartupError(`${path}: expected --column, a column of the Arrow file`)
  const file = await open(path, 'r')
  const close = async () => await file.close().catch(() => {})
  try {
    const reader = await RecordBatchReader.from(file)
    await reader.open()
    if (!reader.isFile() || !reader.isAsync()) throw new StartupError(`${path}: expected an Arrow file, found a stream`)
    const { schema, numRecordBatches } = reader
    const at = indexOf(schema, column, path)
    const idAt = choice.id === undefined ? undefined : indexOf(schema, choice.id, path)
    const field = schema.fields[at]!
    const type = listType(field, path)
    const batch = async (number: number) => (await reader.readRecordBatch(number))!
    const batches: { number: number, from: number, rows: number }[] = []
    let rows = 0
    for (const [number, block] of [...reader.footer!.recordBatches()].entries()) {
      const count = await rowsOf(file, block)
      batches.push({ number, from: rows, rows: count })
      rows += count
    }

    return {
      rows,
      what: `column ${column}, ${type}`,
      nullable: field.nullable,
      lost: ['compression, where there is any'],
      triggers: [],

      async *read (from, { dimension }) {
        for (const { number, from: first, rows: count } of batches) {
          if (first + count <= from) continue
          const read = await batch(number)
          const [templates, names] = [read.getChildAt(at)!, idAt === undefined ? undefined : read.getChildAt(idAt)!]
          for (let row = Math.max(0, from - first); row < read.numRows; row += blockRows) {
            const block = Array.from({ length: Math.min(blockRows, read.numRows - row) }, (_, i) => row + i)
            yield {
              names: block.map(each => names === undefined ? String(first + each) : String(names.get(each))),
              templates: block.map(each => templateOf(templates.get(each) as Vector | null, dimension))
            }
          }
        }
      },

      async draw (count, { dimension }) {
        const [numbers, templates]: [number[], StoredTemplate[]] = [[], []]
        for (const { part: { number, from }, numbers: drawn } of drawFromParts(batches, count)) {
          const lists = (await batch(number)).getChildAt(at)!
          for (const each of drawn) templates.push(templateOf(lists.get(each - from) as Vector | null, dimension))
          numbers.push(...drawn)
        }
        return { numbers, templates }
      },

      async rewrite (out, { to: { dimension: to } }, templates) {
        const changed = new Field(column, withLength(type, to), field.nullable, field.metadata)
        const fresh = new Schema(schema.fields.with(at, changed), schema.metadata)
        const writer = new RecordBatchFileWriter()
        const written = await open(out, 'w', 0o600)
        const writing = (async () => {
          for await (const bytes of writer) await written.writeFile(bytes)
        })()
        try {
          writer.reset(undefined, fresh)
          let row = 0
          for (let number = 0; number < numRecordBatches; number++) {
            const old = await batch(number)
            const children = old.data.children.with(at, dataOf(changed.type, await templates(row, old.numRows), to))
            writer.write(
              new RecordBatch(fresh, makeData({ type: new Struct(fresh.fields), length: old.numRows, children }))
            )
            row += old.numRows
          }
          writer.finish()
          await writing
        } finally {
          await written.close()
        }
      },

      close
    }
  } catch (error) {
    await close()
    throw error instanceof StartupError
      ? error
      : new StartupError(`${path}: expected an Arrow file, ${(error as Error).message}`, { cause: error })
  }
}

/** Rows of a batch, without its values: those that its message says (Message.fbs, encapsulated as in IPC). */
async function rowsOf (
  file: FileHandle,
  block: { readonly offset: number, readonly metaDataLength: number }
): Promise<number> {
  const bytes = Buffer.from(await bytesAt(file, block.offset, block.metaDataLength))
  // Before Arrow 0.15 the length of the message came first, since then a mark does.
  const start = bytes.readInt32LE(0) === -1 ? 8 : 4
  return (Message.decode(bytes.subarray(start)).header() as { length: number }).length
}

function indexOf (schema: Schema, name: string, path: string): number {
  const at = schema.fields.findIndex(field => field.name === name)
  if (at >= 0) return at
  throw new StartupError(
    `${path}: expected a column ${JSON.stringify(name)}, found ${schema.fields.map(field => field.name).join(', ')}`
  )
}

type Lists = FixedSizeList | List | LargeList

/** @throws StartupError */
function listType ({ name, type, metadata }: Field, path: string): Lists {
  const extension = metadata.get('ARROW:extension:name')
  if (extension !== undefined) {
    throw new StartupError(`${path}: expected a column of lists, ${name} is of the extension type ${extension}`)
  }
  const kind: unknown = type
  if (kind instanceof FixedSizeList || kind instanceof List || kind instanceof LargeList) {
    const element: unknown = kind.children[0]?.type
    if (element instanceof Float && element.precision > 0) return kind as Lists
  }
  throw new StartupError(`${path}: expected a column of lists of float or double, ${name} is ${String(type)}`)
}

const withLength = (type: Lists, length: number): DataType =>
  type instanceof FixedSizeList ? new FixedSizeList(length, type.children[0]!) : type

function templateOf (list: Vector | null, dimension: number): StoredTemplate {
  if (list === null) return null
  if (list.nullCount > 0) return 'expected numbers, received a null among them'
  return checked(Float32Array.from(list.toArray() as Iterable<number>), dimension)
}

/** Lists of numbers as Arrow keeps them: a bit for each row, offsets where lengths differ, and all numbers. */
function dataOf (type: DataType, templates: readonly (Float32Array | null)[], to: number): Data {
  const length = templates.length
  const isFixed = type instanceof FixedSizeList
  const element = (type as Lists).children[0]!.type as Float32 | Float64
  const here = templates.filter(template => template !== null).length
  const slots = isFixed ? length : here
  const numbers = element instanceof Float64 || element.precision === 2
    ? new Float64Array(slots * to)
    : new Float32Array(slots * to)
  const nullBitmap = new Uint8Array(Math.ceil(length / 64) * 8)
  const offsets = type instanceof LargeList ? new BigInt64Array(length + 1) : new Int32Array(length + 1)
  let slot = 0
  templates.forEach((template, row) => {
    if (template !== null) {
      numbers.set(template, slot * to)
      nullBitmap[row >> 3]! |= 1 << (row & 7)
    }
    if (isFixed || template !== null) slot++
    if (offsets instanceof BigInt64Array) offsets[row + 1] = BigInt(slot * to)
    else offsets[row + 1] = slot * to
  })
  const child = makeData({ type: element as Float32, length: numbers.length, data: numbers as Float32Array })
  const common = { length, nullCount: length - here, nullBitmap, child }
  return isFixed
    ? makeData({ type, ...common })
    : makeData({ type: type as List, ...common, valueOffsets: offsets as Int32Array })
}
