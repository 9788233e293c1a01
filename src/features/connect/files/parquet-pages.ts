import type { FileHandle } from 'node:fs/promises'
import type { ColumnMetaData, PageHeader, SchemaElement, SchemaTree } from 'hyparquet'
import { parquetHeader, readPage } from 'hyparquet/src/column.js'
import { convertWithDictionary, DEFAULT_PARSERS } from 'hyparquet/src/convert.js'
import { decompressPage, readDataPage, readDataPageV2 } from 'hyparquet/src/datapage.js'
import { compressors } from 'hyparquet-compressors'
import { bytesAt } from './bytes-at.js'
import { integer, types, writeStruct } from './thrift.js'

/** A value of a flat column, or the numbers of a list, where undefined stands for a null among them. */
export type ParquetValue = unknown

/** A leaf of the schema, and where its definition levels stand. */
export interface Leaf {
  readonly path: readonly SchemaTree[]
  readonly element: SchemaElement
  /** whether each row has a list of values */
  readonly isList: boolean
  /** definition level of a value that is there */
  readonly maxDefinition: number
  /** definition level of a list that is there and empty, or of a flat value that is there */
  readonly present: number
}

/** @returns undefined for what is neither a flat column nor a list of one */
export function leafOf (root: SchemaTree, name: string): Leaf | undefined {
  const column = root.children.find(child => child.element.name === name)
  if (column === undefined) return undefined
  const path = [root, column]
  while (path.at(-1)!.children.length === 1) path.push(path.at(-1)!.children[0]!)
  const last = path.at(-1)!
  if (last.children.length > 0 || (path.length !== 2 && path.length !== 4)) return undefined
  const repetitions = path.slice(1).map(({ element }) => element.repetition_type)
  const isList = path.length === 4
  if (isList ? repetitions[1] !== 'REPEATED' || repetitions[2] === 'REPEATED' : false) return undefined
  if (repetitions[0] === 'REPEATED') return undefined
  const maxDefinition = repetitions.filter(repetition => repetition !== 'REQUIRED').length
  return {
    path,
    element: last.element,
    isList,
    maxDefinition,
    present: isList ? (repetitions[0] === 'OPTIONAL' ? 1 : 0) : maxDefinition
  }
}

/** Bytes in which the header of a page mostly is, and in which it is with its statistics, too. */
const headerBytes = [2048, 64 * 1024] as const

/** A page of a column chunk. */
export interface ParquetPage {
  readonly header: PageHeader
  /** of what follows the header */
  readonly at: number
  /** values and what stands for none; undefined for a page that has no rows, such as a dictionary */
  readonly values: number | undefined
}

/** The pages of a column chunk by their headers, without what is in them. */
export async function* pagesOf (file: FileHandle, metadata: ColumnMetaData): AsyncGenerator<ParquetPage, void> {
  const { start, end } = chunkBytes(metadata)
  for (let at = start; at < end;) {
    const { header, bytes } = await headerAt(file, at, end)
    at += bytes
    const values = (header.data_page_header ?? header.data_page_header_v2)?.num_values
    yield { header, at, values: header.type === 'DICTIONARY_PAGE' ? undefined : values }
    at += header.compressed_page_size
  }
}

async function headerAt (file: FileHandle, at: number, end: number): Promise<{ header: PageHeader, bytes: number }> {
  const parse = async (count: number) => {
    const reader = { view: viewOf(await bytesAt(file, at, Math.min(count, end - at))), offset: 0 }
    return { header: parquetHeader(reader), bytes: reader.offset }
  }
  // What fails for few bytes goes on behind them, or fails again.
  return await parse(headerBytes[0]).catch(async () => await parse(headerBytes[1]))
}

/** What a page has: values, and levels that say which row each belongs to and where there is none. */
interface ReadPage {
  readonly values: ArrayLike<unknown>
  /** undefined where all values are there */
  readonly definitions: readonly number[] | undefined
  /** 0 where a row begins; empty for a flat column */
  readonly repetitions: readonly number[]
  /** values and what stands for none */
  readonly count: number
}

/** Reads pages of a column chunk: its dictionary before those that refer to it. */
export function createPageReader (file: FileHandle, leaf: Leaf, metadata: ColumnMetaData) {
  // The functions read these members of it.
  const decoder = {
    pathInSchema: metadata.path_in_schema,
    element: leaf.element,
    schemaPath: [...leaf.path],
    parsers: DEFAULT_PARSERS,
    compressors,
    utf8: isText(leaf.element),
    ...metadata
  } as unknown as Parameters<typeof readDataPage>[2]
  let dictionary: ArrayLike<unknown> | undefined
  return {
    /** @returns undefined for a page without rows */
    async read ({ header, at }: ParquetPage): Promise<ReadPage | undefined> {
      const body = await bytesAt(file, at, header.compressed_page_size)
      if (header.type === 'DICTIONARY_PAGE') {
        const { data } = readPage({ view: viewOf(body), offset: 0 }, header, decoder, undefined, undefined, 0)
        dictionary = convertWithDictionary(data!, undefined, 'PLAIN', decoder)
        return undefined
      }
      const v1 = header.data_page_header
      const v2 = header.data_page_header_v2
      if (v1 === undefined && v2 === undefined) return undefined
      const { definitionLevels, repetitionLevels, dataPage } = v1 === undefined
        ? readDataPageV2(body, header, decoder)
        : readDataPage(
          decompressPage(body, Number(header.uncompressed_page_size), metadata.codec, compressors),
          v1,
          decoder
        )
      const values = convertWithDictionary(
        dataPage,
        dictionary as Parameters<typeof convertWithDictionary>[1],
        (v1 ?? v2)!.encoding,
        decoder
      ) as ArrayLike<unknown>
      return {
        values,
        definitions: definitionLevels === undefined || definitionLevels.length === 0 ? undefined : definitionLevels,
        repetitions: repetitionLevels,
        count: (v1 ?? v2)!.num_values
      }
    }
  }
}

/** The values of a column chunk, a page at a time, each row once and whole. */
export async function* readChunk (
  file: FileHandle,
  leaf: Leaf,
  metadata: ColumnMetaData
): AsyncGenerator<ParquetValue[], void> {
  const reader = createPageReader(file, leaf, metadata)
  /** the last row of a list, which may go on in the next page */
  let open: unknown[] | null | undefined
  for await (const page of pagesOf(file, metadata)) {
    const read = await reader.read(page)
    if (read === undefined) continue
    const { values, definitions, repetitions, count } = read
    if (!leaf.isList) {
      yield flatRows(read, leaf.maxDefinition)
      continue
    }
    const rows: ParquetValue[] = []
    let at0 = 0
    for (let i = 0; i < count; i++) {
      const level = definitions === undefined ? leaf.maxDefinition : definitions[i]!
      if (repetitions[i] === 0) {
        if (open !== undefined) rows.push(open)
        open = level < leaf.present ? null : []
        if (level <= leaf.present) continue
      }
      ;(open as unknown[]).push(level === leaf.maxDefinition ? values[at0++] : undefined)
    }
    if (rows.length > 0) yield rows
  }
  if (open !== undefined) yield [open]
}

/** The rows of a page of a flat column. */
export function flatRows ({ values, definitions, count }: ReadPage, present: number): ParquetValue[] {
  if (definitions === undefined) return Array.from(values)
  let at = 0
  return Array.from({ length: count }, (_, i) => definitions[i] === present ? values[at++] : null)
}

/** Whether bytes of a column are text. */
export const isText = ({ converted_type: converted, logical_type: logical }: SchemaElement): boolean =>
  converted === 'UTF8' || converted === 'JSON' || logical?.type === 'STRING' || logical?.type === 'JSON'

/** Where a column chunk stands; a dictionary that is not mentioned stands before the data all the same. */
export function chunkBytes (
  { dictionary_page_offset: dictionary, data_page_offset: data, total_compressed_size: bytes }: ColumnMetaData
): { readonly start: number, readonly end: number } {
  const start = dictionary === undefined || dictionary === 0n || dictionary > data ? Number(data) : Number(dictionary)
  return { start, end: start + Number(bytes) }
}

const viewOf = (bytes: Uint8Array<ArrayBuffer>) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)

/** A page of templates in the plain encoding, without compression, which numbers like these hardly have. */
export function writePage (
  { isList, maxDefinition, present }: Leaf,
  rows: readonly (Uint8Array | null)[],
  numbers: number
): Buffer {
  const levels: [repetition: Runs, definition: Runs] = [createRuns(), createRuns()]
  for (const row of rows) {
    if (isList) levels[0].add(0, 1)
    if (row === null) levels[1].add(isList ? present - 1 : maxDefinition - 1, 1)
    else {
      if (isList) levels[0].add(1, numbers - 1)
      levels[1].add(maxDefinition, isList ? numbers : 1)
    }
  }
  const [repetition, definition] = levels
  const body = Buffer.concat([
    ...isList ? [repetition.bytes()] : [],
    ...maxDefinition > 0 ? [definition.bytes()] : [],
    ...rows.filter(row => row !== null)
  ])
  // PageHeader and DataPageHeader of parquet.thrift: a data page, plain, levels by runs.
  const small = (value: number) => integer(value, types.i32)
  const page = new Map([[1, small(definition.count())], [2, small(0)], [3, small(3)], [4, small(3)]])
  const head = new Map([
    [1, small(0)],
    [2, small(body.length)],
    [3, small(body.length)],
    [5, { type: types.struct, value: page }]
  ])
  return Buffer.concat([writeStruct(head), body])
}

type Runs = ReturnType<typeof createRuns>

/** Levels below 256 as runs of the hybrid encoding, with their length before them. */
function createRuns () {
  const bytes: number[] = []
  let [value, length, count] = [-1, 0, 0]
  const end = () => {
    if (length === 0) return
    let header = length * 2
    for (; header >= 128; header = Math.floor(header / 128)) bytes.push(header % 128 + 128)
    bytes.push(header, value)
  }
  return {
    add (level: number, times: number) {
      count += times
      if (level === value) length += times
      else {
        end()
        ;[value, length] = [level, times]
      }
    },
    count: () => count,
    bytes (): Buffer {
      end()
      length = 0
      const size = Buffer.alloc(4)
      size.writeUInt32LE(bytes.length)
      return Buffer.concat([size, Buffer.from(bytes)])
    }
  }
}
