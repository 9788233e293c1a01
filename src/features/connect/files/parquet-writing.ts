import type { FileHandle } from 'node:fs/promises'
import type { FileMetaData } from 'hyparquet'
import { StartupError } from '../../../errors.js'
import { chunkBytes, writePage, type Leaf } from './parquet-pages.js'
import type { TemplatesOf } from './template-file.js'
import { integer, readStruct, structs, structsOf, types, writeStruct, type Struct } from './thrift.js'

/** Bytes of a page, about, and of what is copied at once. */
const pageBytes = 2 ** 20
/** The arrow schema that pyarrow keeps beside that of Parquet. */
export const arrowSchema = 'ARROW:schema'

/** Numbers of fields in parquet.thrift. */
const fileFields = { schema: 2, groups: 4, pairs: 5 }
const elementFields = { length: 2 }
const groupFields = { columns: 1, bytes: 2, offset: 5, compressedBytes: 6 }
const chunkFields = { path: 1, offset: 2, metadata: 3, indexes: [4, 5, 6, 7] }
const columnFields = {
  encodings: 2,
  codec: 4,
  values: 5,
  bytes: 6,
  compressedBytes: 7,
  data: 9,
  index: 10,
  dictionary: 11,
  statistics: 12,
  encodingStatistics: 13,
  bloomFilter: [14, 15],
  sizeStatistics: 16
}
/** Encoding of parquet.thrift */
const [plain, runs] = [0n, 3n]

export interface Writing {
  readonly file: FileHandle
  readonly written: FileHandle
  readonly metadata: FileMetaData
  readonly leaf: Leaf
  /** number of the column chunk of the templates in each row group */
  readonly at: number
  readonly to: number
  /** pyarrow's schema with the new length; null where it is left out, undefined where it stays */
  readonly arrow: string | null | undefined
  readonly templates: TemplatesOf
  encode(template: Float32Array): Uint8Array
}

/** Copies a file but for one column. The metadata are changed where they have to be, and otherwise the same bytes. */
export async function writeParquet (writing: Writing): Promise<void> {
  const { written, metadata, leaf, to, arrow } = writing
  const footer = readStruct(await footerOf(writing.file))
  let position = 0
  const append = async (bytes: Uint8Array) => {
    await written.writeFile(bytes)
    position += bytes.length
  }
  await append(Buffer.from('PAR1'))
  let row = 0
  for (const [number, group] of structsOf(footer, fileFields.groups).entries()) {
    const { columns, num_rows: rows } = metadata.row_groups[number]!
    const begin = position
    let bytes = 0n
    for (const [index, chunk] of structsOf(group, groupFields.columns).entries()) {
      const meta = columns[index]!.meta_data
      if (meta === undefined || chunk.has(chunkFields.path)) {
        throw new StartupError('expected a Parquet file with all its columns, some stand in others')
      }
      const from = position
      const fields = chunk.get(chunkFields.metadata)!.value as Struct
      if (index === writing.at) {
        const values = await writeTemplates(writing, append, row, Number(rows))
        describePlain(fields, values, from, position - from)
      } else {
        const { start, end } = chunkBytes(meta)
        await copy(writing.file, start, end, append)
        for (const field of [columnFields.data, columnFields.index, columnFields.dictionary]) {
          const offset = fields.get(field)?.value as bigint | undefined
          if (offset !== undefined && offset > 0n) fields.set(field, integer(offset + BigInt(from - start)))
        }
      }
      for (const field of columnFields.bloomFilter) fields.delete(field)
      for (const field of chunkFields.indexes) chunk.delete(field)
      chunk.set(chunkFields.offset, integer(0))
      bytes += fields.get(columnFields.bytes)!.value as bigint
    }
    group.set(groupFields.bytes, integer(bytes))
    if (group.has(groupFields.offset)) group.set(groupFields.offset, integer(begin))
    if (group.has(groupFields.compressedBytes)) group.set(groupFields.compressedBytes, integer(position - begin))
    row += Number(rows)
  }
  if (leaf.element.type === 'FIXED_LEN_BYTE_ARRAY') {
    const element = structsOf(footer, fileFields.schema)[metadata.schema.indexOf(leaf.element)]!
    element.set(elementFields.length, integer(writing.encode(new Float32Array(to)).length, types.i32))
  }
  if (arrow !== undefined) setArrowSchema(footer, arrow)
  const bytes = writeStruct(footer)
  const end = Buffer.alloc(8)
  end.writeUInt32LE(bytes.length)
  end.write('PAR1', 4)
  await append(bytes)
  await append(end)
}

/** Bytes of FileMetaData; its length stands before the magic at the end of the file. */
async function footerOf (file: FileHandle): Promise<Uint8Array> {
  const { size } = await file.stat()
  const { buffer: end } = await file.read(Buffer.alloc(8), 0, 8, size - 8)
  const length = end.readUInt32LE(0)
  const { buffer } = await file.read(Buffer.alloc(length), 0, length, size - 8 - length)
  return buffer
}

/** Fields of ColumnMetaData for pages of `writePage`. */
function describePlain (fields: Struct, values: number, from: number, bytes: number): void {
  fields.set(columnFields.encodings, { type: types.list, value: { type: types.i32, values: [plain, runs] } })
  fields.set(columnFields.codec, integer(0, types.i32))
  fields.set(columnFields.values, integer(values))
  fields.set(columnFields.bytes, integer(bytes))
  fields.set(columnFields.compressedBytes, integer(bytes))
  fields.set(columnFields.data, integer(from))
  for (
    const field of [
      columnFields.index,
      columnFields.dictionary,
      columnFields.statistics,
      columnFields.encodingStatistics,
      columnFields.sizeStatistics
    ]
  ) fields.delete(field)
}

async function copy (
  file: FileHandle,
  start: number,
  end: number,
  append: (bytes: Uint8Array) => Promise<void>
): Promise<void> {
  for (let at = start; at < end;) {
    const bytes = Buffer.alloc(Math.min(pageBytes, end - at))
    const { bytesRead } = await file.read(bytes, 0, bytes.length, at)
    if (bytesRead === 0) throw new RangeError(`expected a column chunk up to ${end}, found ${at} bytes`)
    await append(bytes.subarray(0, bytesRead))
    at += bytesRead
  }
}

function setArrowSchema (footer: Struct, value: string | null): void {
  const pairs = structsOf(footer, fileFields.pairs)
  const isSchema = (pair: Struct) => Buffer.from(pair.get(1)!.value as Uint8Array).toString() === arrowSchema
  for (const pair of pairs) {
    if (isSchema(pair) && value !== null) pair.set(2, { type: types.binary, value: Buffer.from(value) })
  }
  if (value === null) footer.set(fileFields.pairs, structs(pairs.filter(pair => !isSchema(pair))))
}

/** @returns values of the column chunk, as its metadata count them */
async function writeTemplates (
  { leaf, to, templates, encode }: Writing,
  append: (bytes: Uint8Array) => Promise<void>,
  from: number,
  rows: number
): Promise<number> {
  const pageRows = Math.max(1, Math.floor(pageBytes / (4 * to)))
  let values = 0
  for (let row = 0; row < rows; row += pageRows) {
    const page = await templates(from + row, Math.min(pageRows, rows - row))
    await append(writePage(leaf, page.map(template => template === null ? null : encode(template)), to))
    for (const template of page) values += leaf.isList && template !== null ? to : 1
  }
  return values
}
