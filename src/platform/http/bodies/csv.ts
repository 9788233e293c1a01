import { pipeline } from 'node:stream/promises'
import { CsvError, parse } from 'csv-parse'
import { Problem } from '../../../errors.js'
import { createTurns } from '../../turns.js'
import { requireUtf8 } from '../../utf8.js'

/** Lines of a file: each takes far more memory than a short one has bytes. */
const mostLines = 2 ** 20
/** Bytes of a record, whose names have 200 characters at most. */
const longestRecord = 2 ** 14
/** Bytes that are parsed without a look at the clock: as lines of one character they take some milliseconds. */
const pieceBytes = 2 ** 12

/** A record by the names of the header, without the fields that are empty. */
export type CsvRow = Readonly<Record<string, string>>

/**
 * The records of a CSV file (RFC 4180): fields may be quoted, and then hold commas, quotes and line ends; each record
 * has as many as the header. A byte order mark, which spreadsheets write, is taken off; empty lines are passed over.
 *
 * @param where the caller has the file
 * @param headers one of which it begins with, names separated by commas
 * @param read what becomes of a record and its number, that of the header being 1. The parser knows lines, for twice
 *   the time
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
    max_record_size: longestRecord
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
    if (++lines > mostLines) {
      throw new Problem('body-invalid', `${where}: expected at most ${mostLines} lines, received more`)
    }
    if (lines % 1024 === 0 && turns.over()) await turns.next()
  }
}

/** Others have the event loop between two pieces. */
async function* piecesOf (file: Buffer): AsyncGenerator<Buffer, void> {
  const turns = createTurns()
  for (let at = 0; at < file.length; at += pieceBytes) {
    if (turns.over()) await turns.next()
    yield file.subarray(at, at + pieceBytes)
  }
}

const rowOf = (header: readonly string[], record: readonly string[]): CsvRow =>
  Object.fromEntries(header.map((name, i) => [name, record[i]!]).filter(([, value]) => value !== ''))

/** A number as JSON writes it (RFC 8259, section 6); any other text is what it is, for a schema to refuse. */
export const numberOf = (text: string): number | string =>
  /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/.test(text) ? Number(text) : text
