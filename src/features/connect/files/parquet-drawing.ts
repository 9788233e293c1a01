import type { FileHandle } from 'node:fs/promises'
import type { FileMetaData } from 'hyparquet'
import { drawFromParts } from './drawing.js'
import { createPageReader, flatRows, pagesOf, type Leaf, type ParquetPage, type ParquetValue } from './parquet-pages.js'

/** The rows of a column that are whole in one page. */
interface Part {
  /** number of the first one */
  readonly from: number
  readonly rows: number
  readonly page: ParquetPage
  /** values of the page before that row, which end one of the page before */
  readonly skipped: number
  readonly chunk: Chunk
}

interface Chunk {
  readonly reader: ReturnType<typeof createPageReader>
  /** to be read before any page */
  dictionary: ParquetPage | undefined
}

/** Which column is drawn from, and how long its lists are expected to be. */
interface Drawn {
  readonly file: FileHandle
  readonly metadata: FileMetaData
  readonly leaf: Leaf
  /** of the column in each row group */
  readonly at: number
  readonly dimension: number
}

/**
 * Draws rows of a column from some of its pages, and reads of the others the headers. Where a column of lists has as
 * many values as all of its rows would have with `dimension` each, the values before a page tell the number of its
 * first row; the rows that are drawn are looked at whether they are such lists.
 *
 * @returns undefined where the numbers of rows cannot be told without reading all
 */
export async function drawFromPages (
  drawn: Drawn,
  count: number
): Promise<{ readonly numbers: number[], readonly values: ParquetValue[] } | undefined> {
  const { leaf, dimension, metadata } = drawn
  const parts = await partsOf(drawn)
  const rows = parts?.reduce((sum, part) => sum + part.rows, 0) ?? 0
  // Of longer rows than pages, few are whole in one.
  if (parts === undefined || rows < Number(metadata.num_rows) / 2) return undefined
  const [numbers, values]: [number[], ParquetValue[]] = [[], []]
  for (const { part: { chunk, page, from, skipped }, numbers: some } of drawFromParts(parts, count)) {
    if (chunk.dictionary !== undefined) await chunk.reader.read(chunk.dictionary)
    chunk.dictionary = undefined
    const read = (await chunk.reader.read(page))!
    const flat = leaf.isList ? undefined : flatRows(read, leaf.maxDefinition)
    for (const number of some) {
      if (flat !== undefined) values.push(flat[number - from])
      else {
        const first = skipped + (number - from) * dimension
        const isList = read.values.length === read.count &&
          Array.from({ length: dimension }, (_, i) => read.repetitions[first + i]).every((level, i) =>
            (level === 0) === (i === 0)
          ) && (first + dimension === read.count || read.repetitions[first + dimension] === 0)
        if (!isList) return undefined
        values.push(Array.from({ length: dimension }, (_, i) => read.values[first + i]))
      }
    }
    numbers.push(...some)
  }
  return { numbers, values }
}

async function partsOf ({ file, metadata, leaf, at, dimension }: Drawn): Promise<Part[] | undefined> {
  const each = leaf.isList ? dimension : 1
  const parts: Part[] = []
  let before = 0
  for (const group of metadata.row_groups) {
    const chunkMetadata = group.columns[at]!.meta_data!
    if (Number(chunkMetadata.num_values) !== Number(group.num_rows) * each) return undefined
    const chunk: Chunk = { reader: createPageReader(file, leaf, chunkMetadata), dictionary: undefined }
    let first = 0
    for await (const page of pagesOf(file, chunkMetadata)) {
      if (page.values === undefined) {
        if (page.header.type === 'DICTIONARY_PAGE') chunk.dictionary = page
        continue
      }
      const [begin, end] = [Math.ceil(first / each), Math.floor((first + page.values) / each)]
      if (end > begin) {
        parts.push({ from: before + begin, rows: end - begin, page, skipped: begin * each - first, chunk })
      }
      first += page.values
    }
    before += Number(group.num_rows)
  }
  return parts
}
