import { rowRange, type TemplateMatrix } from '../../science/linear-algebra/matrix.js'
import { writeTemplate } from '../../science/template/document.js'
import { bytesOfFloat32 } from '../../science/template/float32.js'
import { npyHeader } from '../../science/template/npy.js'
import type { Space } from '../../science/template/space.js'
import { otherMembers, writeTemplateLine } from '../../science/template/template-line.js'
import type { FileFormat } from './file-format.js'
import type { BadRow, InputChunk } from './input-rows.js'

/** Translated rows, and where they come from. */
export interface TranslatedChunk extends Pick<InputChunk, 'places' | 'lines' | 'bad' | 'end'> {
  /** (n, dTarget) */
  readonly templates: TemplateMatrix
}

/** The bytes before the first row; their length does not depend on the number of rows. */
export const headerOf = (format: FileFormat, rows: number, target: Space): Buffer =>
  format === 'npy' ? npyHeader(rows, target.dimension) : Buffer.alloc(0)

/** @param chunk with templates of the space `target` */
export function encodeRows (format: FileFormat, { templates, places, lines }: TranslatedChunk, target: Space): Buffer {
  if (format !== 'ndjson') return bytesOfFloat32(templates.data)
  return ndjson(places.map((place, row) => {
    const vector = rowRange(templates, row, row + 1).data
    return lines === undefined
      ? JSON.stringify(writeTemplate(target, vector, 'base64', String(place)))
      : writeTemplateLine(lines[row]!, target, vector)
  }))
}

/** For each row of the output, its place in the input. */
export function encodeIndex ({ places, lines }: TranslatedChunk): Buffer {
  return ndjson(
    places.map((place, row) =>
      lines === undefined ? `{"row":${place}}` : `{"line":${place},"members":{${otherMembers(lines[row]!).join(',')}}}`
    )
  )
}

/** @param name of a place: a row or a line */
export function encodeBad (bad: readonly BadRow[], name: string): Buffer {
  return ndjson(bad.map(({ place, reason }) => JSON.stringify({ [name]: place, reason })))
}

const ndjson = (lines: readonly string[]): Buffer => Buffer.from(lines.map(line => `${line}\n`).join(''))
