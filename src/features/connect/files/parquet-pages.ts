import type { FileHandle } from 'node:fs/promises'
import type { ColumnMetaData, SchemaElement, SchemaTree } from 'hyparquet'
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

/** Enough for the header of a page, with its statistics. */
const headerBytes = 64 * 1024

/** The values of a column chunk, a page at a time, each row once and whole. */
export async function* readChunk (
  file: FileHandle,
  leaf: Leaf,
  metadata: ColumnMetaData
): AsyncGenerator<ParquetValue[], void> {
  const { start, end } = chunkBytes(metadata)
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
  /** the last row of a list, which may go on in the next page */
  let open: unknown[] | null | undefined
  for (let at = start; at < end;) {
    const head = await bytesAt(file, at, Math.min(headerBytes, end - at))
    const reader = { view: viewOf(head), offset: 0 }
    const header = parquetHeader(reader)
    at += reader.offset
    const body = await bytesAt(file, at, header.compressed_page_size)
    at += header.compressed_page_size
    if (header.type === 'DICTIONARY_PAGE') {
      const { data } = readPage({ view: viewOf(body), offset: 0 }, header, decoder, undefined, undefined, 0)
      dictionary = convertWithDictionary(data!, undefined, 'PLAIN', decoder)
      continue
    }
    const v1 = header.data_page_header
    const v2 = header.data_page_header_v2
    if (v1 === undefined && v2 === undefined) continue
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
    const count = (v1 ?? v2)!.num_values
    const levels = definitionLevels === undefined || definitionLevels.length === 0 ? undefined : definitionLevels
    if (!leaf.isList) {
      yield flatRows(values, levels, leaf.maxDefinition, count)
      continue
    }
    const rows: ParquetValue[] = []
    let at0 = 0
    for (let i = 0; i < count; i++) {
      const level = levels === undefined ? leaf.maxDefinition : levels[i]!
      if (repetitionLevels[i] === 0) {
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

function flatRows (
  values: ArrayLike<unknown>,
  levels: readonly number[] | undefined,
  present: number,
  count: number
): ParquetValue[] {
  if (levels === undefined) return Array.from(values)
  let at = 0
  return Array.from({ length: count }, (_, i) => levels[i] === present ? values[at++] : null)
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
