import { beginning, linkRecords, type AuditHead, type AuditRow } from './audit-chain.js'
import type { Database, Session } from '../../platform/database/database.js'

interface Row {
  seq: string
  hash: string
  record: string
}

const columns = "seq, encode(hash, 'hex') AS hash, record"
/** Rows per read. */
const pageRows = 1000
/** Matches the index of migrations/0013_conditions_and_receipts.sql. */
const requestOf = String.raw`substring(audit_records.record FROM '"request":"([^"\\]*)"')`

export interface AuditSelection {
  /** number of the row before the first */
  readonly after: number
  readonly limit: number
  /** id of a request, to list its rows only */
  readonly request?: string | undefined
}

/** A row, and the hash that it was chained to. */
export interface ChainedRow extends AuditRow {
  readonly previous: string
}

async function headOf (session: Session, lock = ''): Promise<AuditHead> {
  const { rows: [head] } = await session.query<Omit<Row, 'record'>>(
    `SELECT seq, encode(hash, 'hex') AS hash FROM audit_head ${lock}`
  )
  return { seq: Number(head!.seq), hash: head!.hash }
}

/** Appends records at the end of the caller's transaction: concurrent appends wait for it. */
export async function appendRecords (session: Session, records: readonly object[]): Promise<void> {
  const head = await headOf(session, 'FOR UPDATE')
  const rows = linkRecords(head, records)
  // Arrays would be escaped and parsed element by element, at 29 us per record. One text with a record per line (JSON
  // text has no line breaks), and one run of bytes for the hashes, take 18.
  await session.query(
    `INSERT INTO audit_records (seq, hash, record)
     SELECT $1::bigint + n, substr($2::bytea, 32 * n::int - 31, 32), record
     FROM unnest(string_to_array($3, E'\\n')) WITH ORDINALITY AS added (record, n)`,
    [head.seq, Buffer.from(rows.map(({ hash }) => hash).join(''), 'hex'), rows.map(({ record }) => record).join('\n')]
  )
  const { seq, hash } = rows.at(-1)!
  await session.query("UPDATE audit_head SET seq = $1, hash = decode($2, 'hex')", [seq, hash])
}

/** The chain of decisions and changes. */
export function createAuditRepository (database: Database) {
  async function read (session: Session, after: number, limit: number): Promise<AuditRow[]> {
    const { rows } = await session.query<Row>(
      `SELECT ${columns} FROM audit_records WHERE seq > $1 ORDER BY seq LIMIT $2`,
      [after, limit]
    )
    return rows.map(row => ({ ...row, seq: Number(row.seq) }))
  }

  async function* all (session: Session, first: number): AsyncGenerator<AuditRow, void> {
    for (let after = first - 1;;) {
      const rows = await read(session, after, pageRows)
      yield* rows
      if (rows.length < pageRows) return
      after = rows.at(-1)!.seq
    }
  }

  return {
    /**
     * Appends all of the records or none. When it resolves they are on disk; other replicas append before or after
     * them.
     */
    async append (records: readonly object[]): Promise<void> {
      await database.transaction(session => appendRecords(session, records))
    },

    /** The selected rows, oldest first, and the end of the chain in the same snapshot. */
    async list ({ after, limit, request }: AuditSelection): Promise<{ rows: ChainedRow[], head: AuditHead }> {
      return await database.transaction(async session => {
        const { rows } = await session.query<Row & { previous: string | null }>(
          `SELECT ${columns},
             (SELECT encode(hash, 'hex') FROM audit_records before WHERE before.seq = audit_records.seq - 1) AS previous
           FROM audit_records WHERE seq > $1 ${
            request === undefined ? '' : `AND ${requestOf} = $3`
          } ORDER BY seq LIMIT $2`,
          request === undefined ? [after, limit] : [after, limit, request]
        )
        const chained = rows.map(({ previous, ...row }) => ({
          ...row,
          seq: Number(row.seq),
          previous: previous ?? beginning.hash
        }))
        return { rows: chained, head: await headOf(session) }
      }, { snapshot: true })
    },

    head: (): Promise<AuditHead> => headOf(database),

    /** Reads the chain in one snapshot. @param first the number of the first row */
    async inspect<T> (
      work: (head: AuditHead, rows: AsyncGenerator<AuditRow, void>) => Promise<T>,
      first = 1
    ): Promise<T> {
      return await database.transaction(async session => await work(await headOf(session), all(session, first)), {
        snapshot: true
      })
    }
  }
}

export type AuditRepository = ReturnType<typeof createAuditRepository>
