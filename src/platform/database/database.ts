import type { ClientBase } from 'pg'
import type { CopiedRow } from './copy-out.js'

/** Where the data are stored: a Postgres server, PGlite in a folder, or PGlite in memory (lost when it closes). */
export type DatabaseConfig = ServerConfig | { dataDir: string } | MemoryConfig

export interface MemoryConfig {
  memory: true
  /**
   * A file with what the database begins with: an archive as `dumpDataDir` of PGlite makes it. Without it PGlite runs
   * initdb, which takes five times as long to open.
   */
  copyOf?: string
}

export interface ServerConfig {
  /** where the address comes from, for errors; `DATABASE_URL` by default */
  readonly variable?: string
  /** with `sslmode`, `sslrootcert`, `sslcert` and `sslkey` as parameters */
  url: string
  /** past a pooler, for what needs a session of its own; `url` by default */
  directUrl?: string
  /** read for each connection; the password of the addresses by default */
  passwordFile?: string
  /** Maximum number of connections; 10 by default. */
  poolSize?: number
}

export interface DatabaseOptions {
  /** Called for errors of idle connections, which no query reports. */
  onConnectionError?: (error: Error) => void
  /**
   * Called when the embedded database has failed, for instance because its disk is full. It answers nothing from then
   * on, and recovers when it is reopened.
   */
  onPanic?: (error: Error) => void
}

interface QueryResult<Row> {
  rows: Row[]
  rowCount: number
}

export interface Session {
  /**
   * @param values of $1, $2, …; Buffers for bytea, arrays for arrays, JSON text for jsonb
   * @throws Problem `unavailable` when the connection fails, StatementError when the database rejects the statement
   */
  query<Row extends object = Record<string, unknown>>(
    text: string,
    values?: readonly unknown[]
  ): Promise<QueryResult<Row>>
  /** Receives the rows of a query without parameters in binary form, see `copyOut`. @throws as `query` */
  copyOut(text: string, onRow: (row: CopiedRow) => void): Promise<void>
}

export interface TransactionOptions {
  /** Read only; every statement sees the same snapshot of the data. */
  snapshot?: boolean
}

/**
 * @param payload of the notification, or null after a lost connection is back: notifications sent in between are lost,
 *   so caches have to be reloaded
 */
export type NotificationHandler = (payload: string | null) => void

export interface Database extends Session {
  readonly kind: 'postgres' | 'embedded'
  /**
   * Runs `work` in a transaction, which is rolled back when `work` throws. Inside, use only the given session: PGlite
   * has one connection, and a query outside the transaction would wait for it for ever.
   */
  transaction<T>(work: (session: Session) => Promise<T>, options?: TransactionOptions): Promise<T>
  /**
   * Runs a script of several statements, without parameters, on one connection. A transaction that the script leaves
   * open is rolled back.
   */
  script(text: string): Promise<void>
  /** Runs `work` on a connection of its own without timeouts, for migrations and the locks they take. */
  dedicated<T>(work: (client: ClientBase) => Promise<T>): Promise<T>
  /** Listens until the returned function is called. Resolves once the server is listening. */
  listen(channel: string, handler: NotificationHandler): Promise<() => Promise<void>>
  /**
   * Whether connections of the pool share sessions, as behind a pooler that gives a session to one transaction after
   * the other.
   */
  sharesSessions(): Promise<boolean>
  /** Connections of this process, and callers that wait for one. */
  connections(): { readonly open: number, readonly idle: number, readonly waiting: number }
  /** @throws Problem `unavailable` when the database does not answer */
  ping(): Promise<void>
  /** Waits for running queries, then closes every connection, PGlite and the lock on its folder. */
  close(): Promise<void>
}
