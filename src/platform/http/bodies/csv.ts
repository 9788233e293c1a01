import { pipeline } from 'node:stream/promises'
import { setImmediate } from 'node:timers/promises'
import { CsvError, parse } from 'csv-parse'
import { Problem } from '../../../errors.js'
import { requireUtf8 } from '../../utf8.js'

/** Lines of a file: each takes far more memory than a short one has bytes. */
const mostLines = 2 ** 20
/** Bytes of a record, whose names have 200 characters at most. */
const longestRecord = 2 ** 14
/** Bytes between two turns of the event loop: as lines of one character they are parsed in 5 ms. */
const pieceBytes = 2 ** 12

/** A record by the names of the header, without the fields that are empty. */
export type CsvRow = Readonly<Record<string, string>>

/**
 * The records of a CSV file (RFC 4180): fields may be quoted, and then hold commas, quotes and line ends; each record has as many as the header.
 * A byte order mark, which spreadsheets write, is taken off; empty lines are passed over.
 *
 * @param where the caller has the file
 * @param headers one of which it begins with, names separated by commas
 * @param read what becomes of a record, and of the line that it ends on, from 1
 * @throws Problem `body-invalid`
 */
export async function readCsv<T> (file: Buffer, where: string, headers: readonly string[], read: (row: CsvRow, line: number) => T): Promise<T[]> {
  requireUtf8(file, where)
  let header: string[] | undefined
  const rows: T[] = []
  const parser = parse({ bom: true, info: true, skip_empty_lines: true, record_delimiter: ['\r\n', '\n'], max_record_size: longestRecord })
  const unknownHeader = (received: string) =>
    new Problem('body-invalid', `${where}: expected the header ${headers.map(known => `"${known}"`).join(' or ')}, received ${JSON.stringify(received.slice(0, 80))}`)
  try {
    await pipeline(piecesOf(file, where), parser, async function (records: AsyncIterable<{ record: string[], info: { lines: number } }>) {
      for await (const { record, info } of records) {
        if (header !== undefined) rows.push(read(rowOf(header, record), info.lines))
        else if (headers.includes(record.join())) header = record
        else throw unknownHeader(record.join())
      }
    })
  } catch (error) {
    if (error instanceof CsvError) throw new Problem('body-invalid', `${where}: expected CSV (RFC 4180), received something else: ${error.message.slice(0, 200)}`)
    throw error
  }
  if (header === undefined) throw unknownHeader('')
  return rows
}

/** Others have the event loop between two pieces. @throws Problem `body-invalid` when there are too many lines */
async function * piecesOf (file: Buffer, where: string): AsyncGenerator<Buffer, void> {
  let lines = 0
  for (let at = 0; at < file.length; at += pieceBytes) {
    const piece = file.subarray(at, at + pieceBytes)
    for (const byte of piece) if (byte === 0x0a) lines++
    if (lines > mostLines) throw new Problem('body-invalid', `${where}: expected at most ${mostLines} lines, received more`)
    yield piece
    await setImmediate()
  }
}

const rowOf = (header: readonly string[], record: readonly string[]): CsvRow =>
  Object.fromEntries(header.map((name, i) => [name, record[i]!]).filter(([, value]) => value !== ''))

/** A number as JSON writes it (RFC 8259, section 6); any other text is what it is, for a schema to refuse. */
export const numberOf = (text: string): number | string => /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/.test(text) ? Number(text) : text
