import type { ClientBase } from 'pg'

/** Where the data are: a Postgres server, PGlite in a folder, or PGlite in memory (gone when it closes). */
export type DatabaseConfig = ServerConfig | { dataDir: string } | { memory: true }

export interface ServerConfig {
  url: string
  /** Connections at most; 10 when absent. */
  poolSize?: number
}

export interface DatabaseOptions {
  /** Told of what happens to connections while nobody waits for them. */
  onConnectionError?: (error: Error) => void
  /** Told that the embedded database cannot go on, its disk being full for instance. It answers nothing from then on, and is whole again when it is opened anew. */
  onPanic?: (error: Error) => void
}

interface QueryResult<Row> { rows: Row[], rowCount: number }

export interface Session {
  /**
   * @param values of $1, $2, …; Buffers for bytea, arrays for arrays, JSON text for jsonb
   * @throws Problem `unavailable` when the connection fails, StatementError when the database refuses the statement
   */
  query<Row extends object = Record<string, unknown>> (text: string, values?: readonly unknown[]): Promise<QueryResult<Row>>
}

export interface TransactionOptions {
  /** Read only, and every statement sees the data of the same moment. */
  snapshot?: boolean
}

/**
 * @param payload of the notification, or null when the connection was lost and is back: what was sent in between is
 *   lost, so whatever is cached has to be read again
 */
export type NotificationHandler = (payload: string | null) => void

export interface Database extends Session {
  readonly kind: 'postgres' | 'embedded'
  /**
   * Runs `work` in a transaction, rolled back when it throws. Inside, only the session given may be used: PGlite has one
   * connection, and a query beside the transaction would wait for it for ever.
   */
  transaction<T> (work: (session: Session) => Promise<T>, options?: TransactionOptions): Promise<T>
  /** Runs a text of several statements, which cannot have parameters, on one connection; a transaction that it leaves open is rolled back. */
  script (text: string): Promise<void>
  /** Runs `work` on a connection of its own without time limits, for migrations and the locks they take. */
  dedicated<T> (work: (client: ClientBase) => Promise<T>): Promise<T>
  /** Listens until the returned function is called. Resolves when the server is listening. */
  listen (channel: string, handler: NotificationHandler): Promise<() => Promise<void>>
  /** @throws Problem `unavailable` when the database does not answer */
  ping (): Promise<void>
  /** Waits for what is running, then closes every connection, PGlite and the lock on its folder. */
  close (): Promise<void>
}
