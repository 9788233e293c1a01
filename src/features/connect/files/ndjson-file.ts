import { open } from 'node:fs/promises'
import { Problem, StartupError } from '../../../errors.js'
import { readLines, type Line } from '../../../platform/lines.js'
import { decodeUtf8 } from '../../../platform/utf8.js'
import { decodeBase64 } from '../../../science/template/base64.js'
import { decimalsText } from '../../../science/template/decimals.js'
import { membersOf, type JsonMember } from '../../../science/template/json-text.js'
import type { TemplateKind } from '../end.js'
import { openInputFile } from '../../files/index.js'
import { bytesAt } from './bytes-at.js'
import { drawNumbers } from './drawing.js'
import { checked, type StoredTemplate } from '../pages.js'
import { bytesOfNumbers, formOfBytes, numbersOfBytes, type FileChoice, type OpenTemplateFile } from './template-file.js'

const blockRows = 1000
/** Lines of which one has to have the members that are asked for. */
const inspectedLines = 1000

/**
 * JSON objects, one a line: their member `--column`, or as the service has them, with `vector` or `data` and, where
 * they have them, `model` and `fingerprint`. Everything else of each line stays as it is, byte for byte.
 */
export const openNdjsonFile: OpenTemplateFile = async (path, choice) => {
  if (choice.table !== undefined) throw new StartupError(`${path}: expected no --table, which lines of JSON have not`)
  const { column, id } = choice
  const rows = await countRows(path, choice)

  return {
    rows,
    what: column === undefined ? 'vector or data of lines of JSON' : `member ${column} of lines of JSON`,
    nullable: true,
    lost: [],
    triggers: [],

    async *read (from, kind) {
      let row = 0
      let block: { names: string[], templates: StoredTemplate[] } = { names: [], templates: [] }
      for await (const { bytes, number } of linesOf(path)) {
        if (bytes.length === 0) continue
        if (row++ < from) continue
        const where = `${path}: line ${number}`
        const line = parseLine(bytes, where, choice)
        block.names.push(id === undefined ? String(row - 1) : nameOf(line, id, where))
        block.templates.push(templateOf(line, column, kind))
        if (block.names.length < blockRows) continue
        yield block
        block = { names: [], templates: [] }
      }
      if (block.names.length > 0) yield block
    },

    async draw (count, kind) {
      const numbers = drawNumbers(rows, count)
      const templates: StoredTemplate[] = []
      let row = 0
      for await (const { bytes, number } of linesOf(path)) {
        if (templates.length === numbers.length) break
        if (bytes.length === 0 || row++ !== numbers[templates.length]) continue
        templates.push(templateOf(parseLine(bytes, `${path}: line ${number}`, choice), column, kind))
      }
      return { numbers: numbers.slice(0, templates.length), templates }
    },

    async rewrite (out, { from, to }, templates) {
      const [read, written] = [await open(path, 'r'), await open(out, 'w', 0o600)]
      try {
        let [row, block, pieces]: [number, readonly (Float32Array | null)[], Uint8Array[]] = [0, [], []]
        for await (const line of linesOf(path)) {
          if (line.bytes.length === 0) {
            pieces.push(await bytesAt(read, line.from, line.end - line.from))
            continue
          }
          const at = row++ % blockRows
          if (at === 0) {
            await written.writeFile(Buffer.concat(pieces))
            pieces = []
            block = await templates(row - 1, Math.min(blockRows, rows - row + 1))
          }
          const found = parseLine(line.bytes, `${path}: line ${line.number}`, choice)
          const text = rewritten(found, column, { from, to }, block[at]!)
          // A last line may lack its newline.
          pieces.push(Buffer.from(line.end - line.from > line.bytes.length ? `${text}\n` : text))
        }
        await written.writeFile(Buffer.concat(pieces))
      } finally {
        await read.close()
        await written.close()
      }
    },

    close: async () => {}
  }
}

/** A line whose bytes are kept, and where it begins. */
type PlacedLine = Line & { readonly bytes: Buffer, readonly from: number }

/** The lines of a file; blank ones are without bytes. @throws StartupError at one that is too long */
async function* linesOf (path: string): AsyncGenerator<PlacedLine, void> {
  const file = await openInputFile(path)
  try {
    let from = 0
    for await (const line of readLines(file, { tooLong: 'refuse' })) {
      yield { ...line, bytes: line.bytes!, from }
      from = line.end
    }
  } catch (error) {
    throw error instanceof Problem ? new StartupError(`${path}: ${error.detail}`, { cause: error }) : error
  } finally {
    await file.close()
  }
}

interface ParsedLine {
  readonly text: string
  readonly document: Readonly<Record<string, unknown>>
  readonly members: readonly JsonMember[]
}

/** The members that hold the template, or say what it is. */
const ownMembers = ['vector', 'data', 'model', 'fingerprint']

/** @throws StartupError when it is not one object, or says something twice: nobody can tell then which is meant */
function parseLine (bytes: Buffer, where: string, { column, id }: FileChoice): ParsedLine {
  let [text, document]: [string, unknown] = ['', undefined]
  try {
    text = decodeUtf8(bytes, 'the line')
    document = JSON.parse(text)
  } catch {}
  if (typeof document !== 'object' || document === null || Array.isArray(document)) {
    throw new StartupError(`${where}: expected a JSON object in UTF-8, received something else`)
  }
  const members = membersOf(text)
  const wanted = [...(column === undefined ? ownMembers : [column]), ...(id === undefined ? [] : [id])]
  const twice = wanted.find(name => members.filter(member => member.name === name).length > 1)
  if (twice !== undefined) throw new StartupError(`${where}: expected "${twice}" once, received it more often`)
  return { text, document: document as Record<string, unknown>, members }
}

/** @throws StartupError when no line, of the first ones, has a member that is asked for */
async function countRows (path: string, choice: FileChoice): Promise<number> {
  const { column, id } = choice
  const [found, wanted] = [new Set<string>(), column === undefined ? ['vector', 'data'] : [column]]
  let rows = 0
  for await (const { bytes, number } of linesOf(path)) {
    if (bytes.length === 0) continue
    if (rows++ >= inspectedLines) continue
    for (const { name } of parseLine(bytes, `${path}: line ${number}`, choice).members) found.add(name)
  }
  const has = `found ${[...found].join(', ') || 'none'}`
  if (!wanted.some(name => found.has(name))) {
    throw new StartupError(
      column === undefined
        ? `${path}: expected lines with "vector" or "data", or --column, ${has}`
        : `${path}: expected lines with a member ${JSON.stringify(column)}, ${has}`
    )
  }
  if (id !== undefined && !found.has(id)) {
    throw new StartupError(`${path}: --id: expected lines with a member ${JSON.stringify(id)}, ${has}`)
  }
  return rows
}

/** @throws StartupError */
function nameOf ({ text, document, members }: ParsedLine, id: string, where: string): string {
  const value = document[id]
  const member = members.find(({ name }) => name === id)
  if (member === undefined || value === null) throw new StartupError(`${where}: --id: expected "${id}", found none`)
  // A number beyond double precision is the name that it was written as.
  return typeof value === 'string' ? value : text.slice(...member.value)
}

/** The members whose values are the template; those of the service are one of two. */
const holders = ({ members, document }: ParsedLine, column: string | undefined): JsonMember[] =>
  members.filter(({ name }) =>
    (column === undefined ? name === 'vector' || name === 'data' : name === column) && document[name] !== null
  )

function templateOf (line: ParsedLine, column: string | undefined, kind: TemplateKind): StoredTemplate {
  const { document } = line
  const [holder, other] = holders(line, column)
  if (holder === undefined) return null
  if (other !== undefined) return 'expected one of "vector" and "data", received both'
  if (column === undefined) {
    const { model, fingerprint } = document
    if (model !== undefined && model !== kind.model) {
      return `expected a template of model "${kind.model}", received one of ${JSON.stringify(model).slice(0, 65)}`
    }
    if (fingerprint !== undefined && fingerprint !== kind.fingerprint) {
      return `expected a template with fingerprint ${kind.fingerprint}, received one with another`
    }
  }
  const value = document[holder.name]
  if (Array.isArray(value) && holder.name !== (column === undefined ? 'data' : undefined)) {
    return value.every(number => typeof number === 'number')
      ? checked(Float32Array.from(value), kind.dimension)
      : 'expected an array of numbers, received something else among them'
  }
  const bytes = typeof value === 'string' ? decodeBase64(value) : undefined
  if (bytes === undefined || holder.name === (column === undefined ? 'vector' : undefined)) {
    return 'expected an array of numbers or base64 of them, received something else'
  }
  // What the service calls data is float32.
  const form = column === undefined ? 'float32' : formOfBytes(bytes.length, kind.dimension) ?? 'float32'
  return numbersOfBytes(bytes, form, kind.dimension)
}

/** The text of a line with another template, or without one. */
function rewritten (
  line: ParsedLine,
  column: string | undefined,
  { from, to }: { readonly from: TemplateKind, readonly to: TemplateKind },
  template: Float32Array | null
): string {
  const { text, members } = line
  const values = new Map(
    holders(line, column).map(({ name }) => [
      name,
      template === null ? 'null' : encode(line.document[name], from.dimension, template)
    ])
  )
  if (column === undefined && template !== null) {
    values.set('model', JSON.stringify(to.model))
    values.set('fingerprint', JSON.stringify(to.fingerprint))
  }
  let [written, at] = ['', 0]
  for (const { name, value: [start, end] } of members) {
    const value = values.get(name)
    if (value === undefined) continue
    written += text.slice(at, start) + value
    at = end
  }
  return written + text.slice(at)
}

/** In the form of the value before. */
function encode (before: unknown, dimension: number, template: Float32Array): string {
  if (typeof before === 'string') {
    const form = formOfBytes(decodeBase64(before)?.length ?? 0, dimension) ?? 'float32'
    return JSON.stringify(Buffer.from(bytesOfNumbers(template, form)).toString('base64'))
  }
  return decimalsText(template)
}
