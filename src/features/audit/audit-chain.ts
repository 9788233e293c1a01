import { hash } from 'node:crypto'
import { canonicalJson } from '../../platform/canonical-json.js'

/** A stored record with its place in the chain. */
export interface AuditRow {
  readonly seq: number
  /** SHA-256 over the hash of the row before and the record, in hexadecimal */
  readonly hash: string
  /** The JSON text that was hashed, see `recordVersion`. */
  readonly record: string
}

/**
 * The version of the rule that turns a record into the text that is hashed. The record names it in `version`, so the
 * hash covers the rule as well. Version 2 is canonical JSON (RFC 8785), which anybody can compute from the record,
 * whatever the order of its members. Records without a version are older: their text has its members in the order in
 * which they were written, and is kept as it is.
 */
export const recordVersion = 2

/** The end of the chain: the number of its last row, and that row's hash. */
export type AuditHead = Pick<AuditRow, 'seq' | 'hash'>

/** The head of an empty chain. */
export const beginning: AuditHead = { seq: 0, hash: '0'.repeat(64) }

/** @param previous hash of the row before */
export function linkHash (previous: string, record: string): string {
  return hash('sha256', Buffer.concat([Buffer.from(previous, 'hex'), Buffer.from(record)]), 'hex')
}

/**
 * Appends records to a chain.
 * @param records without `seq` and `version`, which the chain assigns
 */
export function linkRecords (head: AuditHead, records: readonly object[]): AuditRow[] {
  let last = head
  return records.map(content => {
    const seq = last.seq + 1
    const record = canonicalJson({ ...content, seq, version: recordVersion })
    const row = { seq, hash: linkHash(last.hash, record), record }
    last = row
    return row
  })
}

/**
 * Verifies a chain from its beginning.
 *
 * @param rows in the order of their numbers
 * @param head the last row according to the database
 * @param anchor a head that was noted elsewhere, which the chain has to contain
 * @returns the first fault, or undefined
 */
export async function findFault (
  rows: AsyncIterable<AuditRow>,
  head: AuditHead,
  anchor?: AuditHead
): Promise<string | undefined> {
  let last = beginning
  let anchored = anchor === undefined || (anchor.seq === 0 && anchor.hash === beginning.hash)
  for await (const row of rows) {
    if (row.seq > last.seq + 1) return `row ${last.seq + 1} is missing`
    const record = readRecord(row.record)
    if (row.seq !== last.seq + 1 || record?.seq !== row.seq) return `row ${row.seq} is out of place`
    if (record.version === recordVersion && row.record !== canonicalJson(record)) {
      return `row ${row.seq} does not have the form of its version`
    }
    if (row.hash !== linkHash(last.hash, row.record)) {
      return `row ${row.seq} was changed, or replaced another`
    }
    if (row.seq === anchor?.seq) {
      if (row.hash !== anchor.hash) return `row ${row.seq} is not the anchored one: the chain was rewritten`
      anchored = true
    }
    last = row
  }
  if (last.seq < head.seq) return `row ${last.seq + 1} is missing`
  if (last.seq > head.seq) return `row ${head.seq + 1} was added after the last row`
  if (last.hash !== head.hash) return `row ${last.seq} is not the last one written`
  if (!anchored) return `row ${anchor!.seq}, the anchored one, is missing`
  return undefined
}

/** @returns undefined for anything but a JSON object */
function readRecord (text: string): { readonly seq?: unknown, readonly version?: unknown } | undefined {
  try {
    const record: unknown = JSON.parse(text)
    return typeof record === 'object' && record !== null ? record : undefined
  } catch {
    return undefined
  }
}
