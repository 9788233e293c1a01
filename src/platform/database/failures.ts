import { Problem, StartupError } from '../../errors.js'

/** Maximum duration of a statement in seconds. */
export const statementSeconds = 60

/** A statement that the database rejected. It is not for clients: the repository decides what it means to them. */
export class StatementError extends Error {
  override readonly name = 'StatementError'

  /**
   * @param sqlState five characters, see "PostgreSQL Error Codes" in the manual
   * @param constraint name of the violated constraint or index, if any
   */
  constructor (
    message: string,
    readonly sqlState: string,
    readonly constraint: string | undefined,
    options?: ErrorOptions
  ) {
    super(message, options)
  }
}

const networkCodes = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ETIMEDOUT',
  'EPIPE',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOENT'
])

/** What to write where the certificate of the server is refused, by the code of the refusal. */
const certificateHints: Readonly<Record<string, string>> = {
  DEPTH_ZERO_SELF_SIGNED_CERT: untrusted('signed by itself'),
  SELF_SIGNED_CERT_IN_CHAIN: untrusted('signed by an authority that Node does not know'),
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: untrusted('signed by an authority that Node does not know'),
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: untrusted('signed by an authority that Node does not know'),
  CERT_HAS_EXPIRED: 'the certificate of the server has expired: renew it',
  CERT_NOT_YET_VALID: 'the certificate of the server is not valid yet: compare the clocks',
  ERR_TLS_CERT_ALTNAME_INVALID:
    'the certificate of the server names another host: write that name in the address, or sslmode=verify-ca with the ' +
    'authority in sslrootcert=FILE'
}

function untrusted (reason: string): string {
  return `the certificate of the server is ${reason}: write sslmode=verify-full&sslrootcert=FILE with the authority that ` +
    'signed it, or sslmode=no-verify to encrypt without checking who answers'
}

/** What an operator can do about an error of TLS; undefined for other errors. */
export function certificateHint (error: unknown): string | undefined {
  return error instanceof Error && 'code' in error ? certificateHints[String(error.code)] : undefined
}

/**
 * The server is shutting down, starting up, out of connections, or takes no writes, as a former primary after a
 * failover: another connection may work. Class 08 is "connection exception".
 */
const transientStates = new Set(['57P01', '57P02', '57P03', '57P05', '53300', '25006'])

/** The server cancelled a statement, at its timeout or at an administrator's request: the connection remains usable. */
const cancelled = '57014'
/** pg has waited longer for an answer than the server's own timeout: the state of the connection is unknown. */
const unanswered = /^Query read timeout/

/** Out of disk or memory, a file error, a conflict with another transaction: the connection remains usable. */
const busyStates = new Set(['53000', '53100', '53200', '53400', '58030', '40001', '40P01', '55P03'])

/**
 * What the coordinator of a cluster says when a worker dies under a statement, with the code of an internal error: the
 * connection to the coordinator remains usable.
 */
const lostNode = /^(server closed the connection unexpectedly|connection to the remote node |terminating connection )/

/** pg and pg-pool report a lost connection by message only. */
const lostConnection =
  /^(The server does not support SSL|Connection terminated|timeout exceeded when trying to connect|timeout expired|Query read timeout|Client (has encountered a connection error|was closed)|Cannot use a pool after)/

/** An error report of Postgres, as pg exposes it. */
interface ServerReport extends Error {
  code: string
  severity: string
  constraint?: string
  detail?: string
  where?: string
}

/** Postgres exits at these, and recovers from its write-ahead log. */
export const isPanic = (error: unknown): error is Error =>
  isServerReport(error) && ['PANIC', 'FATAL'].includes(error.severity)

function isServerReport (error: unknown): error is ServerReport {
  return error instanceof Error && 'severity' in error && 'code' in error &&
    typeof error.code === 'string' && error.code.length === 5
}

const isTimeout = (error: unknown): boolean =>
  isServerReport(error) ? error.code === cancelled : error instanceof Error && unanswered.test(error.message)

const timeoutDetail =
  `expected each database statement to finish within ${statementSeconds} s (statement_timeout may be shorter), one ` +
  `took longer and was cancelled; nothing of it is stored. Request less at once, or try again when the database ` +
  `is less busy; the statement is logged under the request id`

/** True when the connection failed, not the statement. */
export function isConnectionFailure (error: unknown): boolean {
  if (isServerReport(error)) return error.code.startsWith('08') || transientStates.has(error.code)
  if (!(error instanceof Error)) return false
  if ('code' in error && typeof error.code === 'string') {
    return networkCodes.has(error.code) || certificateHint(error) !== undefined
  }
  return lostConnection.test(error.message)
}

/**
 * Converts an error of the driver: to `unavailable` when the connection failed, to `database-timeout` when a statement
 * took too long, to `request-invalid` when a client's text contains U+0000 (which Postgres cannot store), otherwise to
 * a StatementError.
 */
export function describeFailure (error: unknown): Error {
  if (error instanceof Problem || error instanceof StartupError || error instanceof StatementError) return error
  if (isTimeout(error)) return new Problem('database-timeout', timeoutDetail, {}, { cause: error })
  if (isConnectionFailure(error)) {
    return new Problem('unavailable', 'the database cannot be reached at the moment', {}, { cause: error })
  }
  if (isServerReport(error)) {
    if (busyStates.has(error.code) || lostNode.test(error.message)) {
      return new Problem('unavailable', 'the database cannot do this at the moment', {}, { cause: error })
    }
    // Both contain the row or the key that failed, possibly a template or an identity label, and errors are logged.
    delete error.detail
    delete error.where
    if (error.code === '22021' || error.code === '22P05') {
      return new Problem('request-invalid', 'text must be Unicode without U+0000', {}, { cause: error })
    }
    return new StatementError(error.message, error.code, error.constraint, { cause: error })
  }
  return error instanceof Error ? error : new Error('The database failed', { cause: error })
}
