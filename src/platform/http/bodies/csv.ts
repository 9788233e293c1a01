import { pipeline } from 'node:stream/promises'
import { CsvError, parse } from 'csv-parse'
import { Problem } from '../../../errors.js'
import { createTurns } from '../../turns.js'
import { requireUtf8 } from '../../utf8.js'

/** Maximum lines of a file: each line takes far more memory than the bytes of a short one. */
const maxLines = 2 ** 20
/** Maximum bytes of a record; its names have at most 200 characters. */
const maxRecordBytes = 2 ** 14
/** Bytes parsed between two checks of the clock: as lines of one character they take some milliseconds. */
const pieceBytes = 2 ** 12

/** A record by the names of the header, without empty fields. */
export type CsvRow = Readonly<Record<string, string>>

/**
 * Reads the records of a CSV file (RFC 4180): quoted fields may contain commas, quotes and line ends; each record has
 * as many fields as the header. A byte order mark, which spreadsheets write, is removed; empty lines are skipped.
 *
 * @param where where the client has the file, for the error
 * @param headers the allowed headers, each with its names separated by commas
 * @param read converts a record, given its number; the header is number 1. Line numbers would double the parser's time
 * @throws Problem `body-invalid`
 */
export async function readCsv<T> (
  file: Buffer,
  where: string,
  headers: readonly string[],
  read: (row: CsvRow, record: number) => T
): Promise<T[]> {
  requireUtf8(file, where)
  await requireLines(file, where)
  let header: string[] | undefined
  const rows: T[] = []
  const parser = parse({
    bom: true,
    skip_empty_lines: true,
    record_delimiter: ['\r\n', '\n'],
    max_record_size: maxRecordBytes
  })
  const unknownHeader = (received: string) =>
    new Problem(
      'body-invalid',
      `${where}: expected the header ${headers.map(known => `"${known}"`).join(' or ')}, received ${
        JSON.stringify(received.slice(0, 80))
      }`
    )
  try {
    await pipeline(piecesOf(file), parser, async function (records: AsyncIterable<string[]>) {
      for await (const record of records) {
        if (header !== undefined) rows.push(read(rowOf(header, record), rows.length + 2))
        else if (headers.includes(record.join())) header = record
        else throw unknownHeader(record.join())
      }
    })
  } catch (error) {
    if (error instanceof CsvError) {
      throw new Problem(
        'body-invalid',
        `${where}: expected CSV (RFC 4180), received something else: ${error.message.slice(0, 200)}`
      )
    }
    throw error
  }
  if (header === undefined) throw unknownHeader('')
  return rows
}

/** @throws Problem `body-invalid` when there are too many lines */
async function requireLines (file: Buffer, where: string): Promise<void> {
  const turns = createTurns()
  let lines = 0
  for (let at = file.indexOf('\n'); at >= 0; at = file.indexOf('\n', at + 1)) {
    if (++lines > maxLines) {
      throw new Problem('body-invalid', `${where}: expected at most ${maxLines} lines, received more`)
    }
    if (lines % 1024 === 0 && turns.over()) await turns.next()
  }
}

/** Yields to the event loop between two pieces. */
async function* piecesOf (file: Buffer): AsyncGenerator<Buffer, void> {
  const turns = createTurns()
  for (let at = 0; at < file.length; at += pieceBytes) {
    if (turns.over()) await turns.next()
    yield file.subarray(at, at + pieceBytes)
  }
}

const rowOf = (header: readonly string[], record: readonly string[]): CsvRow =>
  Object.fromEntries(header.map((name, i) => [name, record[i]!]).filter(([, value]) => value !== ''))

/** A number as JSON writes it (RFC 8259, section 6); any other text stays a text, for a schema to reject. */
export const numberOf = (text: string): number | string =>
  /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/.test(text) ? Number(text) : text
