import type { ClientBase, Submittable } from 'pg'

/** The fields of a row, null where it has none. They are valid until the function that receives them returns. */
export type CopiedRow = readonly (Buffer | null)[]

/** What the driver calls while a statement runs. */
interface Copy extends Submittable {
  /** The driver puts its limit on the time of a query around it. */
  callback: (error: Error | null) => void
  handleCopyData(message: { readonly chunk: Buffer }): void
  handleCommandComplete(): void
  handleError(error: Error): void
  handleReadyForQuery(): void
}

/** Of the binary form of COPY: the signature, the flags, and the length of an extension, which there is none of. */
const headerBytes = 19
const none: Buffer = Buffer.alloc(0)

/**
 * Receives the rows of a query in the binary form of COPY
 * (https://www.postgresql.org/docs/current/sql-copy.html#SQL-COPY-FILE-FORMATS): bytes as they are stored, which are read
 * where the driver has them. A stream of them copies each row three times, and its garbage took as long as the rest.
 *
 * @param text of the query, without parameters
 * @throws as the driver does, and what `onRow` throws once the last row has arrived
 */
export async function copyOut (client: ClientBase, text: string, onRow: (row: CopiedRow) => void): Promise<void> {
  const read = createRowReader(onRow)
  let failure: { readonly error: unknown } | undefined
  await new Promise<void>((resolve, reject) => {
    const copy: Copy = {
      submit: connection => connection.query(`COPY (${text}) TO STDOUT (FORMAT binary)`),
      callback: error => error === null ? resolve() : reject(error),
      handleCopyData ({ chunk }) {
        // Read to the end whatever happens: what is left of an answer would be taken for the next one.
        if (failure !== undefined) return
        try {
          read(chunk)
        } catch (error) {
          failure = { error }
        }
      },
      handleCommandComplete () {},
      handleError: error => copy.callback(error),
      handleReadyForQuery: () => copy.callback(null)
    }
    client.query(copy)
  })
  if (failure !== undefined) throw failure.error
}

/** Reads rows from pieces, wherever those begin and end. */
function createRowReader (onRow: (row: CopiedRow) => void): (piece: Buffer) => void {
  let rest = none
  let header = headerBytes

  /** @returns the position behind the row at this one; undefined when its end has not arrived */
  function readRow (bytes: Buffer, at: number): number | undefined {
    if (at + 2 > bytes.length) return undefined
    const fields = bytes.readInt16BE(at)
    // The trailer.
    if (fields === -1) return bytes.length
    const row: (Buffer | null)[] = []
    let end = at + 2
    while (row.length < fields) {
      if (end + 4 > bytes.length) return undefined
      const length = bytes.readInt32BE(end)
      end += 4
      row.push(length === -1 ? null : bytes.subarray(end, end + length))
      end += Math.max(0, length)
      if (end > bytes.length) return undefined
    }
    onRow(row)
    return end
  }

  return piece => {
    const bytes = rest.length === 0 ? piece : Buffer.concat([rest, piece])
    if (header > 0 && bytes.length < header) {
      rest = bytes
      return
    }
    let at = header
    header = 0
    for (let next = readRow(bytes, at); next !== undefined; next = readRow(bytes, at)) at = next
    // What is left is the driver's, who takes it back.
    rest = at === bytes.length ? none : Buffer.from(bytes.subarray(at))
  }
}
