import type { TemplateMatrix } from '../../science/linear-algebra/matrix.js'
import { Problem } from '../../errors.js'
import { rawLayout, readNpyLayout, readRows } from '../../science/template/row-bytes.js'
import type { Space } from '../../science/template/space.js'
import { readTemplateLine, type TemplateLine } from '../../science/template/template-line.js'
import type { FileFormat } from './file-format.js'
import type { InputFile } from './input-file.js'
import { maxLineBytes, readLines } from '../../platform/lines.js'
import { decodeUtf8 } from '../../platform/utf8.js'

/** How far a file has been read. */
interface InputPosition {
  readonly bytes: number
  /** rows, or lines including empty ones */
  readonly rows: number
}

/** A row or a line that is not a template. */
export interface BadRow {
  /** The number of a row from 0, or of a line from 1. */
  readonly place: number
  readonly reason: string
}

export interface InputChunk {
  /** (n, d), with memory of its own */
  readonly templates: TemplateMatrix
  /** (n) position of each in the file, as in `BadRow` */
  readonly places: readonly number[]
  /** (n) for a file of lines */
  readonly lines: readonly TemplateLine[] | undefined
  /** Those known to be invalid; rows of numbers are checked when they are translated. */
  readonly bad: readonly BadRow[]
  readonly end: InputPosition
}

export interface InputRows {
  /** undefined for a file of lines, which are not counted in advance */
  readonly rows: number | undefined
  /** where the first row begins */
  readonly begin: InputPosition
  /** Yields the same chunks every time and from any position at which a chunk began. */
  chunks(from: InputPosition): AsyncGenerator<InputChunk, void>
}

/** Text of a chunk of lines after which the chunk ends, however few lines it has. */
const maxChunkTextBytes = 16 * 2 ** 20

/** @throws Problem when the file is not as its format says */
export async function openInputRows (
  file: InputFile,
  path: string,
  format: FileFormat,
  space: Space,
  rowsPerChunk: number
): Promise<InputRows> {
  if (format === 'ndjson') {
    return {
      rows: undefined,
      begin: { bytes: 0, rows: 0 },
      chunks: from => lineChunks(file, space, rowsPerChunk, from)
    }
  }
  const { bytes: size } = file.identity
  const layout = format === 'raw' ? rawLayout(space, size, path) : await readNpyLayout(file, space, size)
  return {
    rows: layout.rows,
    begin: { bytes: layout.start, rows: 0 },
    async *chunks (from) {
      file.seek(from.bytes)
      let row = from.rows
      for await (const templates of readRows(file, layout, rowsPerChunk, row)) {
        const first = row
        row += templates.rows
        yield {
          templates,
          places: Array.from({ length: templates.rows }, (_, i) => first + i),
          lines: undefined,
          bad: [],
          end: { bytes: layout.start + row * layout.rowBytes, rows: row }
        }
      }
    }
  }
}

async function* lineChunks (
  file: InputFile,
  space: Space,
  rowsPerChunk: number,
  from: InputPosition
): AsyncGenerator<InputChunk, void> {
  let [begin, end, place, textBytes] = [from.bytes, from.bytes, from.rows, 0]
  let [places, lines, bad]: [number[], TemplateLine[], BadRow[]] = [[], [], []]
  const chunk = (): InputChunk => {
    const data = new Float32Array(lines.length * space.dimension) // (n, d)
    lines.forEach(({ vector }, row) => {
      data.set(vector, row * space.dimension)
    })
    return {
      templates: { rows: lines.length, cols: space.dimension, data },
      places,
      lines,
      bad,
      end: { bytes: end, rows: place }
    }
  }
  file.seek(from.bytes)
  for await (const line of readLines(file, { tooLong: 'tell', from: from.bytes })) {
    const lineBytes = line.end - end
    place = from.rows + line.number
    end = line.end
    // Blank lines do not count towards a chunk: the parts in which they are reported depend on where reading began,
    // and the end of a chunk must not.
    if (line.bytes?.length === 0) continue
    textBytes += lineBytes
    try {
      lines.push(readTemplateLine(textOf(line.bytes), space))
      places.push(place)
    } catch (error) {
      if (!(error instanceof Problem)) throw error
      bad.push({ place, reason: error.detail })
    }
    if (lines.length + bad.length < rowsPerChunk && textBytes < maxChunkTextBytes) continue
    yield chunk()
    ;[places, lines, bad] = [[], [], []]
    textBytes = 0
    begin = end
  }
  if (end > begin) yield chunk()
}

function textOf (bytes: Buffer | undefined): string {
  if (bytes === undefined) {
    throw new Problem('body-invalid', `expected a line of at most ${maxLineBytes} bytes, received a longer one`)
  }
  return decodeUtf8(bytes, 'the line')
}
